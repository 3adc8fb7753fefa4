// mboxrd: messages one after another in a file, so that any mail reader opens it and the quoting can be undone.

/** What precedes a message of the queue in the mbox. */
export interface MboxEnvelope {
  /** Latin1; '' is the null sender. */
  readonly sender: string
  /** Seconds since the epoch: birth of the message. */
  readonly queuedAt: number
  /** Message number, decimal. */
  readonly number: string
  readonly recipients: readonly {readonly address: string; readonly done: boolean}[]
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (value: number, fill = '0'): string => String(value).padStart(2, fill)

// asctime(3), UTC.
const dateText = (seconds: number): string => {
  const date = new Date(seconds * 1000)
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(part => two(part)).join(':')
  return `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${two(date.getUTCDate(), ' ')} ${time} ${date.getUTCFullYear()}`
}

/** A line that begins a message ends at the first blank, a header field at a newline: neither may come from an address. */
const onOneLine = (address: string): string => address.replace(/[\0-\x1f\x7f]/g, '?')
const withoutBlanks = (address: string): string => onOneLine(address).replaceAll(' ', '-')

/**
 * Returns what stands before a message (latin1): the From_ line, then the envelope as header fields, since mess/N has
 * none of it.
 */
export const mboxHead = ({sender, queuedAt, number, recipients}: MboxEnvelope): string =>
  `From ${sender === '' ? 'MAILER-DAEMON' : withoutBlanks(sender)} ${dateText(queuedAt)}\n` +
  `Return-Path: <${onOneLine(sender)}>\n` +
  `X-Qmail-Queue-Id: ${number}\n` +
  recipients.map(({address, done}) => `X-Qmail-Recipient: ${done ? 'done' : 'pending'} <${onOneLine(address)}>\n`).join('')

/** What may yet become a line to be quoted, at the end of a chunk. */
const MAY_BECOME_FROM = /(?:^|\n)(>*(?:F(?:r(?:om?)?)?)?)$/

/**
 * Quotes one message that comes in chunks: `From ` at the beginning of a line, with any number of > before it, gets one
 * more >, so that taking one off gives the message back byte for byte.
 */
export class MboxQuoting {
  /** End of the last chunk that could be the beginning of such a line; empty within a line. */
  #held = ''
  #atLineStart = true

  /** Takes the next bytes as latin1 and returns those that are settled. */
  push(chunk: string): string {
    const text = this.#held + chunk
    const pattern = this.#atLineStart ? /(^|\n)(>*From )/g : /(\n)(>*From )/g
    const match = MAY_BECOME_FROM.exec(text)
    const isOpen = match !== null && (this.#atLineStart || match[0].startsWith('\n'))
    this.#held = isOpen ? match[1]! : ''
    const settled = text.slice(0, text.length - this.#held.length)
    if (text !== '') this.#atLineStart = isOpen
    return settled.replace(pattern, '$1>$2')
  }

  /** Returns what ends the message: what was held back, a newline where its last line has none, and the empty line. */
  finish(): string {
    const rest = this.#held
    const open = rest !== '' || !this.#atLineStart
    this.#held = ''
    this.#atLineStart = true
    return `${rest}${open ? '\n' : ''}\n`
  }
}
