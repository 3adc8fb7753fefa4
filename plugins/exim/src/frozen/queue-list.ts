// The queue as `exim -bp` lists it.

/** One message of the queue. */
export interface QueuedMessage {
  /** 16 characters, 23 since Exim 4.97. */
  readonly id: string
  /** As printed: `25m`, `3d`. */
  readonly age: string
  /** Empty for a bounce. */
  readonly sender: string
  readonly isFrozen: boolean
  /** Recipients that are not delivered yet, addresses as printed. */
  readonly recipients: readonly string[]
}

const HEAD =
  /^\s*(\d+[smhdwy])\s+\S+\s+([0-9A-Za-z]{6}-[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{6}-[0-9A-Za-z]{11}-[0-9A-Za-z]{4})\s+<(.*?)>(.*)$/

/** Reads the list; lines that are neither head nor recipient are passed over. */
export const parseQueueList = (text: string): QueuedMessage[] => {
  const messages: (QueuedMessage & {recipients: string[]})[] = []
  for (const line of text.split('\n')) {
    const head = HEAD.exec(line)
    if (head !== null) {
      messages.push({
        age: head[1]!,
        id: head[2]!,
        sender: head[3]!,
        isFrozen: head[4]!.includes('*** frozen ***'),
        recipients: [],
      })
      continue
    }
    // `D` marks one that is delivered, `+D` one whose children are.
    const recipient = /^\s{8,}(\+?D\s+)?(\S.*)$/.exec(line)
    if (recipient !== null && recipient[1] === undefined) messages.at(-1)?.recipients.push(recipient[2]!.trim())
  }
  return messages
}

/** True when somebody at the domain waits for the message. */
export const isFor = ({recipients}: QueuedMessage, domain: string): boolean =>
  recipients.some(recipient => recipient.toLowerCase().replace(/>$/, '').endsWith(`@${domain}`))

/** True when a message log (`exim -Mvl`) or main log line says that a message was frozen because its best MX is this machine. */
export const isOfThatFault = (log: string, domain: string): boolean =>
  log.split('\n').some(line => {
    const [, named] =
      /(?:lowest numbered MX record points to local host|remote host address is the local host)(?:: (\S+))?/i.exec(
        line,
      ) ?? [null]
    if (named === null) return false
    return named === undefined ? line.toLowerCase().includes(`@${domain}`) : named.toLowerCase() === domain
  })
