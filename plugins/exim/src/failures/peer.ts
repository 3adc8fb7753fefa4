// The peer in a log line of Exim: [H=][name ][(helo) ][ip][:port][ I=[ip][:port]][ U=ident][ Ci=id] (host.c, smtp_in.c).
import {normalAddress} from './address.js'

export interface Peer {
  /** Normal form, '' for a local session. */
  readonly address: string
  readonly port: number
  /** `I=[...]`: the server's own address, '' where the log has none. */
  readonly local: string
  /** Index in the text right behind it. */
  readonly end: number
}

/** Says whether a peer may end at this index of the text. */
export type MayEnd = (text: string, index: number) => boolean

const isDigit = (code: number): boolean => code >= 48 && code <= 57

/** Index behind the digits at `index`. */
const behindDigits = (text: string, index: number): number => {
  let end = index
  while (isDigit(text.charCodeAt(end))) end++
  return end
}

interface Bracket {
  readonly address: string
  readonly port: number
  readonly end: number
}

const bracketAt = (text: string, index: number): Bracket | null => {
  const close = text.indexOf(']', index)
  if (text.charCodeAt(index) !== 91 || close < 0 || close - index > 65) return null
  const address = normalAddress(text.slice(index + 1, close))
  if (address === '') return null
  if (text.charCodeAt(close + 1) !== 58 || !isDigit(text.charCodeAt(close + 2))) return {address, port: 0, end: close + 1}
  const end = behindDigits(text, close + 2)
  return {address, port: Number(text.slice(close + 2, Math.min(end, close + 7))), end}
}

// 127 bytes (smtp_in.c), each written as four characters at the most. The bound keeps the reading of any line linear.
const LONGEST_IDENT = 4 * 127

// ` U=ident`: Exim prints any ident, so it ends where the next thing that is known begins.
const behindIdent = (text: string, index: number, mayEnd: MayEnd): number => {
  for (let end = index; end <= index + LONGEST_IDENT && end <= text.length; end++)
    if (mayEnd(text, end) || text.startsWith(' Ci=', end) || text.startsWith(' I=[', end)) return end
  return -1
}

const behindTag = (text: string, index: number, mayEnd: MayEnd): number => {
  if (text.startsWith(' U=', index)) return behindIdent(text, index + 3, mayEnd)
  if (!text.startsWith(' Ci=', index)) return -1
  let end = index + 4
  while (/\w/.test(text.charAt(end))) end++
  return end
}

const tailAt = (text: string, index: number, mayEnd: MayEnd): Peer | null => {
  const remote = bracketAt(text, index)
  if (remote === null) return null
  const {address, port} = remote
  let {end} = remote
  let local = ''
  while (!mayEnd(text, end)) {
    const own = text.startsWith(' I=', end) ? bracketAt(text, end + 3) : null
    if (own !== null) local = own.address
    end = own === null ? behindTag(text, end, mayEnd) : own.end
    if (end < 0) return null
  }
  return {address, port, local, end}
}

// The HELO is the client's own words: its end is the first place from which the rest reads as a peer.
const behindHelo = (text: string, index: number, mayEnd: MayEnd): Peer | null => {
  for (let close = text.indexOf(') [', index); close >= 0; close = text.indexOf(') [', close + 1)) {
    const peer = tailAt(text, close + 2, mayEnd)
    if (peer !== null) return peer
  }
  return null
}

// `-bs`: `U=amy`, `unknown`, `amy`.
const localPeer = (text: string, index: number, mayEnd: MayEnd): Peer | null => {
  const end = behindIdent(text, index, mayEnd)
  return end > index && mayEnd(text, end) ? {address: '', port: 0, local: '', end} : null
}

/** Reads the peer at `index`; null when there is none that ends where one may. */
export const peerAt = (text: string, index: number, mayEnd: MayEnd): Peer | null => {
  const start = text.startsWith('H=', index) ? index + 2 : index
  const first = text.charCodeAt(start)
  if (first === 40) return behindHelo(text, start, mayEnd)
  if (first === 91) return tailAt(text, start, mayEnd)
  const blank = text.indexOf(' ', start)
  const next = blank < 0 ? NaN : text.charCodeAt(blank + 1)
  const named = next === 40 ? behindHelo(text, blank + 1, mayEnd) : next === 91 ? tailAt(text, blank + 1, mayEnd) : null
  return named ?? localPeer(text, start, mayEnd)
}
