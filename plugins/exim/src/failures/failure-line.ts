// Parses the line of a failed login: `... NAME authenticator failed for PEER: CODE text (set_id=ACCOUNT)`.
import {isLoopback, normalAddress} from './address.js'
import {carriedBy} from './carrier.js'
import type {LogClock} from './clock.js'
import type {Failure} from './event.js'
import {plainTime, readFraming} from './framing.js'
import {peerAt} from './peer.js'

/** What every such line holds, in all versions of Exim. */
export const FAILURE_NEEDLE = ' authenticator failed '

/** What a line with the needle is when it is not a failure of a client of ours. */
export type OtherLine = 'outgoing' | 'unparsed'

const INBOUND = ' authenticator failed for '
const NAME = /^[\w.-]{1,128}$/
const SET_ID = ' (set_id='
// What log summaries append. Only of a line without a time is the number believed: elsewhere it could be an account's.
const SUMMARY = /: (\d{1,9}) Time\(s\)$/
// Exim as client (transports/smtp.c): it logs no `for`, and of a callout no message id either.
const OUTGOING = /^H=\S+ \[[0-9a-fA-F:.]{2,45}\](?::\d{1,5})? /
const MESSAGE_ID = /(?:^| )(?:\w{6}-\w{6}-\w{2}|\w{6}-\w{11}-\w{4})$/

const isDigit = (code: number): boolean => code >= 48 && code <= 57

// `: NNN ` ends the peer.
const endsPeer = (text: string, index: number): boolean =>
  text.charCodeAt(index) === 58 && text.charCodeAt(index + 1) === 32 && text.charCodeAt(index + 5) === 32 &&
  isDigit(text.charCodeAt(index + 2)) && isDigit(text.charCodeAt(index + 3)) && isDigit(text.charCodeAt(index + 4))

const accountAt = (text: string, from: number, code: number): string | null => {
  const set = text.indexOf(SET_ID, from)
  if (set < 0) return null
  const start = set + SET_ID.length
  // A 435 goes on with its reason; otherwise the last parenthesis ends it, and a line that was cut off has none.
  const detail = code === 435 ? text.indexOf('): ', start) : -1
  const end = detail >= 0 ? detail : text.endsWith(')') ? text.length - 1 : text.length
  return text.slice(start, end)
}

// A second peer behind the first: in the account, or it is the true one and the first stood in the HELO.
const SECOND_PEER = /\) \[([0-9a-fA-F:.]{2,45})\](?::\d{1,5})?(?:: \d{3} | I=\[| U=| Ci=)/g

const secondPeers = (account: string | null): string[] =>
  account === null || !account.includes(') [') ? [] : [...account.matchAll(SECOND_PEER)].map(match => normalAddress(match[1]!))

/** Reads framing and name before the needle; null when something else stands there. */
const head = (text: string, at: number, clock: LogClock): {time: number; syslog: boolean; name: string} | null => {
  const blank = text.lastIndexOf(' ', at - 1)
  const name = text.slice(blank + 1, at)
  if (!NAME.test(name)) return null
  const plain = blank === 19 ? plainTime(text, clock) : NaN
  if (!Number.isNaN(plain)) return {time: plain, syslog: false, name}
  // The second message of a connection may still have the id of the first.
  const before = text.slice(0, Math.max(0, blank)).replace(MESSAGE_ID, '')
  const framing = readFraming(before, clock)
  return framing === null ? null : {...framing, name}
}

const otherLine = (text: string, at: number, clock: LogClock): OtherLine =>
  OUTGOING.test(text.slice(at + FAILURE_NEEDLE.length, at + 400)) && head(text, at, clock) !== null ? 'outgoing' : 'unparsed'

const parseBare = (text: string, clock: LogClock): Failure | OtherLine => {
  const at = text.indexOf(INBOUND)
  if (at < 0) return otherLine(text, text.indexOf(FAILURE_NEEDLE), clock)
  const start = head(text, at, clock)
  const peer = start === null ? null : peerAt(text, at + INBOUND.length, endsPeer)
  if (start === null || peer === null) return 'unparsed'
  const summary = SUMMARY.exec(text)
  const line = summary === null ? text : text.slice(0, summary.index)
  const code = Number(line.slice(peer.end + 2, peer.end + 5))
  const account = accountAt(line, peer.end, code)
  const others = secondPeers(account)
  // Of two, the one that is not this machine: nobody gains by looking like it.
  const foreign = isLoopback(peer.address) ? others.find(address => address !== '' && !isLoopback(address)) : undefined
  return {
    kind: 'failure', time: start.time, times: summary === null || !Number.isNaN(start.time) ? 1 : Number(summary[1]), authenticator: start.name,
    address: foreign ?? peer.address, port: peer.port, local: peer.local, code, account,
    forged: others.length > 0, syslog: start.syslog,
  }
}

// What containers and journals put around it is rare, so it is looked for only when the line is nothing by itself.
const parseCarried = (text: string, clock: LogClock): Failure | OtherLine => {
  const carried = carriedBy(text)
  if (carried === null || !carried.text.includes(FAILURE_NEEDLE)) return 'unparsed'
  const inner = parseBare(carried.text, clock)
  return typeof inner !== 'string' && Number.isNaN(inner.time) ? {...inner, time: carried.time} : inner
}

/**
 * Parses a line that holds the needle. Linear in the length of the line, throws for none.
 * @param text the line, a character a byte, without its newline
 * @returns the failure; `outgoing` when Exim was the client; `unparsed` for anything else
 */
export const parseFailure = (text: string, clock: LogClock): Failure | OtherLine => {
  const line = text.trimEnd()
  const bare = parseBare(line, clock)
  return bare === 'unparsed' ? parseCarried(line, clock) : bare
}
