// The line protocol between the filter mailops-greylist and the daemon: one request a connection, one line each way.
//
//   request   = "connect" fields LF                a client has connected; answered
//             | "envelope" fields LF               what a deferred client said afterwards; never answered
//             | "ping" LF                        is anybody there; answered "pong" LF
//   fields    = *( SP name "=" value )             any order; unknown names are ignored, of doubles the last counts
//   value     = *( %x21-24 / %x26-7E / "%" 2HEXDIG )    all other bytes, "%" among them, as %XX
//   reply     = "pass" LF                          exec the server
//             | "grey" SP seconds [SP text] LF     refuse for now: 450 4.2.0 text; seconds until a retry passes
//             | "deny" [SP text] LF                refuse for good: 553 5.7.1 text
//             | "fail" [SP reason] LF              no decision could be made: the filter's --fail decides
//   text      = printable ASCII, at most 400 bytes
//
// connect:  ip (TCPREMOTEIP as tcpserver gave it), host (TCPREMOTEHOST), and from the environment, that is from the
//           cdb of tcprules, delay, window and keep (GREYLIST_DELAY and so on): seconds, or with one of s m h d.
// envelope: ip, host, helo, from (empty: the null sender; absent: no MAIL was given), to (the first recipient),
//           rcpts (how many), end (quit, eof, idle, limit).
// A request is at most 4096 bytes long, a reply 1024. The filter gives up after one deadline over connect, write and
// read; a daemon that cannot answer closes, which counts as "fail".

import {textOfLatin1} from './bytes.js'

/** Longest request line that is looked at; a longer one is no request. */
export const MAX_REQUEST_BYTES = 4096
const MAX_TEXT = 400

/** A client has connected. */
export interface ConnectLine {
  readonly verb: 'connect'
  readonly ip: string
  readonly host: string
  /** As the environment gave them; the policy reads them as durations. */
  readonly overrides: {readonly delay?: string; readonly window?: string; readonly keep?: string}
}

/** How a dialog with a deferred client ended. */
export type DialogEnd = 'quit' | 'eof' | 'idle' | 'limit'

/** What a deferred client said before it went. */
export interface EnvelopeLine {
  readonly verb: 'envelope'
  readonly ip: string
  readonly host: string
  readonly helo: string
  /** Empty for the null sender, null when no MAIL was given. */
  readonly from: string | null
  readonly to: string | null
  readonly recipients: number
  readonly end: DialogEnd
}

export type FilterLine = ConnectLine | EnvelopeLine

/** What the daemon answers to `connect`. */
export type FilterReply =
  | {readonly verb: 'pass'}
  | {readonly verb: 'grey'; readonly seconds: number; readonly text: string}
  | {readonly verb: 'deny'; readonly text: string}
  | {readonly verb: 'fail'; readonly text: string}

const decoded = (value: string): string =>
  textOfLatin1(value.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))))

/** The reverse of what the filter's lines carry: every byte that is not plain becomes %XX. */
export const encodeValue = (value: string): string =>
  [...new TextEncoder().encode(value)]
    .map(byte => (byte > 0x20 && byte < 0x7f && byte !== 0x25 ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`))
    .join('')

const ENDS: readonly string[] = ['quit', 'eof', 'idle', 'limit']

const fieldsOf = (words: readonly string[]): Map<string, string> | null => {
  const fields = new Map<string, string>()
  for (const word of words) {
    const equals = word.indexOf('=')
    if (equals < 1) return null
    fields.set(word.slice(0, equals), decoded(word.slice(equals + 1)))
  }
  return fields
}

/**
 * One request, without its line feed, as latin1 text.
 * @returns null for what is no request of this protocol
 */
export const parseFilterLine = (line: string): FilterLine | null => {
  if (line.length > MAX_REQUEST_BYTES || /[^\x20-\x7e]/.test(line)) return null
  const [verb, ...words] = line.split(' ').filter(word => word !== '')
  const fields = fieldsOf(words)
  const ip = fields?.get('ip')
  if (fields === null || ip === undefined || ip === '') return null
  const host = fields.get('host') ?? ''
  if (verb === 'connect') {
    const overrides: Record<string, string> = {}
    for (const name of ['delay', 'window', 'keep']) if (fields.has(name)) overrides[name] = fields.get(name) ?? ''
    return {verb, ip, host, overrides}
  }
  if (verb !== 'envelope') return null
  const end = fields.get('end') ?? 'eof'
  return {
    verb, ip, host,
    helo: fields.get('helo') ?? '',
    from: fields.get('from') ?? null,
    to: fields.get('to') ?? null,
    recipients: Math.max(0, Number.parseInt(fields.get('rcpts') ?? '0', 10) || 0),
    end: (ENDS.includes(end) ? end : 'eof') as DialogEnd,
  }
}

/** A request as the filter sends it, line feed included: for the standalone filter, tests and tools. */
export const formatFilterLine = (request: FilterLine): string => {
  const fields: [string, string][] = [['ip', request.ip]]
  if (request.host !== '') fields.push(['host', request.host])
  if (request.verb === 'connect')
    for (const [name, value] of Object.entries(request.overrides)) fields.push([name, value as string])
  else {
    fields.push(['helo', request.helo])
    if (request.from !== null) fields.push(['from', request.from])
    if (request.to !== null) fields.push(['to', request.to])
    fields.push(['rcpts', String(request.recipients)], ['end', request.end])
  }
  return `${[request.verb, ...fields.map(([name, value]) => `${name}=${encodeValue(value)}`)].join(' ')}\n`
}

/** Text that may stand in a reply of SMTP: printable ASCII, one line, not too long. */
export const replyText = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_TEXT).trim()

/** A reply as the daemon sends it, line feed included. */
export const formatFilterReply = (reply: FilterReply): string => {
  switch (reply.verb) {
    case 'pass':
      return 'pass\n'
    case 'grey':
      return `${`grey ${Math.max(0, Math.ceil(reply.seconds))} ${replyText(reply.text)}`.trimEnd()}\n`
    case 'deny':
    case 'fail':
      return `${`${reply.verb} ${replyText(reply.text)}`.trimEnd()}\n`
  }
}

/**
 * A reply, without its line feed.
 * @returns null for what is none
 */
export const parseFilterReply = (line: string): FilterReply | null => {
  if (line === 'pass') return {verb: 'pass'}
  const grey = /^grey (\d{1,9})(?: ([\x20-\x7e]*))?$/.exec(line)
  if (grey !== null) return {verb: 'grey', seconds: Number(grey[1]), text: grey[2] ?? ''}
  const other = /^(deny|fail)(?: ([\x20-\x7e]*))?$/.exec(line)
  return other === null ? null : {verb: other[1] as 'deny' | 'fail', text: other[2] ?? ''}
}
