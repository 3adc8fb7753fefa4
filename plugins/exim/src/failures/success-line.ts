// Parses the line of a message that came from somebody who had logged in: `... ID <= SENDER H=... P=esmtpsa ... A=NAME:ACCOUNT`.
import {carriedBy} from './carrier.js'
import type {LogClock} from './clock.js'
import type {Success} from './event.js'
import {plainTime, readFraming} from './framing.js'
import {peerAt} from './peer.js'

/** What every such line holds. */
export const SUCCESS_NEEDLE = 'A='

// Message ids up to 4.96 have 16 characters, from 4.97 on 23 (ChangeLog JH/45).
const isIdLength = (length: number): boolean => length === 16 || length === 23
const ID = /^(?:\w{6}-\w{6}-\w{2}|\w{6}-\w{11}-\w{4})$/

const endsPeer = (text: string, index: number): boolean => text.startsWith(' P=', index)

const timeBefore = (text: string, arrow: number, clock: LogClock): number => {
  const blank = text.lastIndexOf(' ', arrow - 1)
  if (!isIdLength(arrow - blank - 1) || !ID.test(text.slice(blank + 1, arrow))) return NaN
  const plain = blank === 19 ? plainTime(text, clock) : NaN
  return Number.isNaN(plain) ? (readFraming(text.slice(0, Math.max(0, blank)), clock)?.time ?? NaN) : plain
}

// A sender is quoted where it holds blanks; what is in it is the client's own words.
const behindSender = (text: string, index: number): number => {
  const quoted = text.charCodeAt(index) === 34 ? text.indexOf('"@', index + 1) : index
  return quoted < 0 ? -1 : text.indexOf(' ', quoted)
}

const parseBare = (text: string, clock: LogClock): Success | null => {
  const arrow = text.indexOf(' <= ')
  if (arrow < 0 || arrow > 1100) return null
  const sender = behindSender(text, arrow + 4)
  // The subject, which anybody can write, comes behind A=.
  if (sender < 0 || !text.startsWith(' H=', sender)) return null
  const time = timeBefore(text, arrow, clock)
  const peer = Number.isNaN(time) ? null : peerAt(text, sender + 1, endsPeer)
  if (peer === null) return null
  const mark = text.indexOf(' A=', peer.end)
  const subject = text.indexOf(' T="', peer.end)
  if (mark < 0 || (subject >= 0 && subject < mark)) return null
  const end = text.indexOf(' ', mark + 3)
  const value = text.slice(mark + 3, end < 0 ? text.length : end)
  const colon = value.indexOf(':')
  return colon < 0 ? null : {kind: 'success', time, address: peer.address, account: value.slice(colon + 1)}
}

/** Parses a line that holds the needle; null for every other line, of which there are many. */
export const parseSuccess = (text: string, clock: LogClock): Success | null => {
  const bare = parseBare(text, clock)
  if (bare !== null || !text.includes(' <= ')) return bare
  const carried = carriedBy(text)
  return carried === null ? null : parseBare(carried.text, clock)
}
