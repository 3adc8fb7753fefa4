// lock/tcpto: hosts that did not answer, which qmail-remote then does not try for about an hour (tcpto.c).

const RECORD = 16
/** qmail-remote waits (60 + pid % 32) * 64 seconds. */
const LONGEST_SECONDS = 91 * 64

/** A host that may be passed over. */
export interface DeadHost {
  readonly address: string
  /** Seconds since the epoch of its last timeout. */
  readonly since: number
}

/**
 * Takes the bytes of lock/tcpto and the clock (seconds since the epoch) and returns the hosts that attempts may still pass
 * over: 16 bytes each, four of address, a count of timeouts that must be 2 or more, and at 8 the time, least byte first.
 */
export const deadHosts = (bytes: Buffer, now: number): DeadHost[] => {
  const hosts: DeadHost[] = []
  for (let at = 0; at + RECORD <= bytes.length; at += RECORD) {
    const since = bytes.readUInt32LE(at + 8)
    if (bytes.readInt8(at + 4) < 2 || now - since >= LONGEST_SECONDS) continue
    hosts.push({address: [...bytes.subarray(at, at + 4)].join('.'), since})
  }
  return hosts
}

/** What to say about them, undefined when there are none. */
export const deadHostsText = (hosts: readonly DeadHost[]): string | undefined => {
  if (hosts.length === 0) return undefined
  const named = hosts.slice(0, 5).map(({address}) => address).join(', ')
  const rest = hosts.length > 5 ? ` and ${hosts.length - 5} more` : ''
  return `${named}${rest} did not answer lately: mail to them is deferred unseen for up to 97 minutes; qmail-tcpok makes qmail forget that`
}
