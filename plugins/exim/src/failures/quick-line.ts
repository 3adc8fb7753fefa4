// Reads the usual form of a line from its bytes: nearly all lines of a large log have it. Any other is left to the parsers
// of whole lines, which say the same of these.

const BLANK = 32
const COLON = 58
const OPEN = 91

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, character => character.charCodeAt(0))
const FOR = bytesOf('for ')
const REFUSED = bytesOf(': 535 Incorrect authentication data (set_id=')
const TIMES = bytesOf(' Time(s)')
const ARROW = bytesOf(' <= ')
const HOST = bytesOf('H=')
const PROTOCOL = bytesOf(' P=')
/** Length of ` authenticator failed `. */
const NEEDLE = 22

const stands = (bytes: Uint8Array, at: number, what: Uint8Array): boolean => {
  for (let index = 0; index < what.length; index++) if (bytes[at + index] !== what[index]) return false
  return true
}

// \w, and for names of instances also `.` and `-`.
const WORD = new Uint8Array(256)
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_') WORD[character.charCodeAt(0)] = 1
const NAME = WORD.slice()
for (const character of '.-') NAME[character.charCodeAt(0)] = 1

const areAll = (bytes: Uint8Array, start: number, end: number, table: Uint8Array): boolean => {
  for (let index = start; index < end; index++) if (table[bytes[index]!] === 0) return false
  return true
}

// Negative where it is no number: all others have fewer bits.
const twoDigits = (bytes: Uint8Array, at: number): number => {
  const tens = bytes[at]! - 48
  const ones = bytes[at + 1]! - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57

/** What was read last; the members hold good until the next line. */
export class QuickLine {
  /** YYYYMMDD. */
  date = 0
  /** HHMM times 128, and the seconds. */
  clock = 0
  /** IPv4 address as a signed number of 32 bits. */
  ip = 0
  port = 0
  /** Where the name of the authenticator and the account stand. */
  nameStart = 0
  nameEnd = 0
  accountStart = 0
  accountEnd = 0

  /** Takes a line from `start` to `stop` with ` authenticator failed ` at `at`; false when it has not the usual form. */
  failure(bytes: Uint8Array, start: number, stop: number, at: number): boolean {
    this.nameStart = start + 20
    this.nameEnd = at
    if (at <= this.nameStart || at - this.nameStart > 128 || !areAll(bytes, this.nameStart, at, NAME)) return false
    if (!stands(bytes, at + NEEDLE, FOR) || !this.stamp(bytes, start)) return false
    const end = this.peer(bytes, at + NEEDLE + FOR.length, stop)
    if (end < 0 || !stands(bytes, end, REFUSED) || bytes[stop - 1] !== 41) return false
    this.accountStart = end + REFUSED.length
    this.accountEnd = stop - 1
    if (this.accountEnd < this.accountStart) return false
    // It may be a second peer, or a key of a service: the whole parser looks closer.
    for (let index = this.accountStart; index < this.accountEnd; index++) if (bytes[index] === OPEN) return false
    // So it does at what a log summary appends.
    if (stands(bytes, stop - TIMES.length, TIMES)) return false
    return bytes[this.accountStart] !== 95
  }

  /** Takes a line from `start` to `stop` with the `A=` of a login at `at`; false when it has not the usual form. */
  success(bytes: Uint8Array, start: number, stop: number, at: number): boolean {
    const id = start + 20
    const arrow = stands(bytes, id + 16, ARROW) ? id + 16 : stands(bytes, id + 23, ARROW) ? id + 23 : -1
    if (arrow < 0 || !this.isId(bytes, id, arrow) || !this.stamp(bytes, start)) return false
    let sender = arrow + ARROW.length
    if (bytes[sender] === 34) return false
    while (sender < at && bytes[sender] !== BLANK) sender++
    const end = stands(bytes, sender + 1, HOST) ? this.peer(bytes, sender + 1, stop) : -1
    if (end < 0 || end > at || !stands(bytes, end, PROTOCOL)) return false
    // What follows ` T=` is the subject, anybody's words.
    for (let index = end; index < at; index++) if (bytes[index] === 84 && bytes[index + 1] === 61) return false
    let colon = at + 2
    while (colon < stop && bytes[colon] !== COLON && bytes[colon] !== BLANK) colon++
    if (bytes[colon] !== COLON) return false
    this.accountStart = colon + 1
    this.accountEnd = colon + 1
    while (this.accountEnd < stop && bytes[this.accountEnd] !== BLANK) this.accountEnd++
    return true
  }

  private isId(bytes: Uint8Array, start: number, end: number): boolean {
    const second = end - start === 16 ? start + 13 : start + 18
    return (
      bytes[start + 6] === 45 && bytes[second] === 45 &&
      areAll(bytes, start, start + 6, WORD) && areAll(bytes, start + 7, second, WORD) && areAll(bytes, second + 1, end, WORD)
    )
  }

  // `YYYY-MM-DD HH:MM:SS `
  private stamp(bytes: Uint8Array, start: number): boolean {
    if (bytes[start + 4] !== 45 || bytes[start + 7] !== 45 || bytes[start + 10] !== BLANK || bytes[start + 19] !== BLANK) return false
    if (bytes[start + 13] !== COLON || bytes[start + 16] !== COLON) return false
    const century = twoDigits(bytes, start)
    const year = twoDigits(bytes, start + 2)
    const month = twoDigits(bytes, start + 5)
    const day = twoDigits(bytes, start + 8)
    const hour = twoDigits(bytes, start + 11)
    const minute = twoDigits(bytes, start + 14)
    const second = twoDigits(bytes, start + 17)
    this.date = ((century * 100 + year) * 100 + month) * 100 + day
    this.clock = (hour * 100 + minute) * 128 + second
    return (century | year | month | day | hour | minute | second) >= 0
  }

  /** Index behind `[H=][name ][(helo) ][ip][:port]`, -1 for any other peer. */
  private peer(bytes: Uint8Array, from: number, stop: number): number {
    let at = stands(bytes, from, HOST) ? from + 2 : from
    if (bytes[at] !== 40 && bytes[at] !== OPEN) {
      while (at < stop && bytes[at] !== BLANK) at++
      at++
    }
    if (bytes[at] === 40) {
      while (at < stop && (bytes[at] !== 41 || bytes[at + 1] !== BLANK || bytes[at + 2] !== OPEN)) at++
      at += 2
    }
    return bytes[at] === OPEN ? this.address(bytes, at + 1) : -1
  }

  private address(bytes: Uint8Array, from: number): number {
    let [at, ip, value, parts] = [from, 0, -1, 1]
    for (; bytes[at] !== 93; at++) {
      const code = bytes[at]!
      if (code === 46 && value >= 0) {
        ip = (ip << 8) | value
        value = -1
        parts++
      } else if (isDigit(code) && value !== 0) value = value < 0 ? code - 48 : value * 10 + code - 48
      else return -1
      if (value > 255 || parts > 4) return -1
    }
    if (parts !== 4 || value < 0) return -1
    this.ip = (ip << 8) | value
    this.port = 0
    if (bytes[at + 1] !== COLON || !isDigit(bytes[at + 2]!)) return at + 1
    const digits = at + 2
    for (at = digits; isDigit(bytes[at]!); at++) this.port = this.port * 10 + bytes[at]! - 48
    return at - digits > 5 ? -1 : at
  }
}

/** The text of an address that `QuickLine` read. */
export const ipText = (ip: number): string => `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`
