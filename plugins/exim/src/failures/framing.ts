// What stands before Exim's own words in a line: times, zones, process ids, what syslog adds, LOG: of -bh.
import type {LogClock} from './clock.js'

/** What the framing says. */
export interface Framing {
  /** Seconds since 1970, NaN where there is no time. */
  readonly time: number
  /** Syslog's program tag was there. */
  readonly syslog: boolean
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
// No framing is longer: host names end at 253 characters, a file's name from grep -H at some more.
const LONGEST = 1024

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/
const CLOCK = /^(\d\d):(\d\d):(\d\d)(?:[.,]\d{1,9})?$/
// RFC 5424, as rsyslog writes it to files since Debian 12.
const ISO = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,]\d{1,9})?(Z|[+-]\d\d:?\d\d)?$/
const ZONE = /^([+-])(\d\d):?(\d\d)$/
const PID = /^\[\d+\]$/
// Exim cuts what is too long for syslog into numbered parts (log.c).
const PART = /^\[\d+[\\/]\d+\]$/
const TAG = /^[\w./-]+(?:\[\d+\])?:$/
// journalctl -o short-full: the day of the week, and behind the time the zone's name; -o short-unix: seconds since 1970.
const WEEKDAY = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)$/
const ZONE_NAME = /^[A-Z]{3,5}$/
const EPOCH = /^\d{9,10}\.\d{1,9}$/
// RFC 5424 whole: priority and version, time, host, application, process, message id, structured data.
const PRIORITY = /^<\d{1,3}>1$/

const offsetSeconds = (zone: string): number => {
  const [, sign, hours, minutes] = ZONE.exec(zone) ?? []
  return sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60)
}

const utc = (fields: readonly (string | undefined)[], zone: string): number => {
  const [year, month, day, hour, minute, second] = fields.map(Number)
  return Date.UTC(year!, month! - 1, day, hour, minute, second) / 1000 - offsetSeconds(zone)
}

/** Reads words from the left; each `take` eats what it knows and says whether it did. */
class Words {
  private readonly words: string[]
  private readonly clock: LogClock
  private index = 0
  private time = NaN
  private syslog = false

  constructor(words: string[], clock: LogClock) {
    this.words = words
    this.clock = clock
  }

  read(): Framing | null {
    while (this.index < this.words.length)
      if (!this.takeHeader() && !this.takeJournalDate() && !this.takeDate() && !this.takeSyslogDate() && !this.takeMark() && !this.takeHost()) return null
    return {time: this.time, syslog: this.syslog}
  }

  // `<22>1 TIME HOST APP PROCESS MSGID DATA`; data is `-` or `[id name="value" ...]`, which may hold blanks.
  private takeHeader(): boolean {
    if (this.index > 0 || !PRIORITY.test(this.words[0]!) || !ISO.test(this.words[1] ?? '')) return false
    this.index = 1
    this.takeDate()
    this.index += 4
    const from = this.index
    while (this.words[from]?.startsWith('[') === true && this.index < this.words.length && !this.words[this.index]!.endsWith(']')) this.index++
    this.index++
    this.syslog = true
    return true
  }

  private takeJournalDate(): boolean {
    const word = this.words[this.index]!
    if (EPOCH.test(word)) {
      this.time = Math.floor(Number(word))
      this.index++
      return true
    }
    if (!WEEKDAY.test(word) || !DATE.test(this.words[this.index + 1] ?? '')) return false
    this.index++
    if (!this.takeDate()) return false
    const zone = this.words[this.index] ?? ''
    // A name as CET is not one offset; the log's own zone is the likelier one, but for UTC.
    if (ZONE_NAME.test(zone)) {
      if (zone === 'UTC' || zone === 'GMT') this.time = utc([...DATE.exec(this.words[this.index - 2]!)!.slice(1), ...CLOCK.exec(this.words[this.index - 1]!)!.slice(1)], '')
      this.index++
    }
    return true
  }

  private takeDate(): boolean {
    const word = this.words[this.index]!
    const iso = ISO.exec(word)
    if (iso !== null) {
      const zone = iso[7]
      this.time = zone === undefined ? this.local(iso.slice(1, 7)) : utc(iso.slice(1, 7), zone)
      this.index++
      return true
    }
    const date = DATE.exec(word)
    const clock = date === null ? null : CLOCK.exec(this.words[this.index + 1] ?? '')
    if (date === null || clock === null) return false
    const fields = [...date.slice(1), ...clock.slice(1)]
    const zone = this.words[this.index + 2] ?? ''
    const isZoned = ZONE.test(zone)
    this.time = isZoned ? utc(fields, zone) : this.local(fields)
    this.index += isZoned ? 3 : 2
    return true
  }

  private local(fields: readonly (string | undefined)[]): number {
    const [year, month, day, hour, minute, second] = fields.map(Number)
    return this.clock.at(year!, month!, day!, hour!, minute!, second!)
  }

  private takeSyslogDate(): boolean {
    const month = MONTHS.indexOf(this.words[this.index]!) + 1
    if (month === 0) return false
    const day = Number(this.words[this.index + 1])
    const [, hour, minute, second] = CLOCK.exec(this.words[this.index + 2] ?? '') ?? []
    if (!(day >= 1 && day <= 31) || hour === undefined) return false
    this.time = this.clock.withoutYear(month, day, Number(hour), Number(minute), Number(second))
    this.index += 3
    return true
  }

  private takeMark(): boolean {
    const word = this.words[this.index]!
    if (word === 'LOG:') this.takeRemains()
    else if (TAG.test(word)) this.syslog = true
    else if (!PID.test(word) && !PART.test(word) && !this.isDebugging(word)) return this.takeSolarisId()
    this.index++
    return true
  }

  // Exim's debugging output (`+pid`) has the process alone before the line.
  private isDebugging(word: string): boolean {
    return this.words.length === 1 && /^\d{1,7}$/.test(word)
  }

  // -bh writes no time, but what +millisec and log_timezone add to one all the same.
  private takeRemains(): void {
    while (/^(?:\d{3}|[+-]\d{4})$/.test(this.words[this.index + 1] ?? '')) this.index++
  }

  private takeSolarisId(): boolean {
    if (this.words[this.index] !== '[ID' || !/^[\w.]+\]$/.test(this.words[this.index + 2] ?? '')) return false
    this.index += 3
    return true
  }

  // A host's name is whatever stands before the tag, so only the tag tells it.
  private takeHost(): boolean {
    if (!TAG.test(this.words[this.index + 1] ?? '')) return false
    this.index++
    return true
  }
}

// `<22>Mar`, `exim_mainlog.1.gz:2026-03-03` (grep -H), `812:2026-03-03` (grep -n): the date is what is behind.
const BEFORE_DATE = /^(?:<\d{1,3}>|[^\s{]*:)(?=\d{4}-\d\d-\d\d(?:[ T]|$))|^<\d{1,3}>(?!1 \d{4}-)/

/**
 * Takes what stands before the name of the authenticator or the message id, without the blank at its end, and returns
 * what it says; null when any of it is not known framing.
 */
export const readFraming = (text: string, clock: LogClock): Framing | null => {
  if (text.length > LONGEST) return null
  // After a crash of the machine a log may hold NULs where a block was never written.
  const clean = text.replace(/^\0+/, '').trimStart().replace(BEFORE_DATE, '')
  return new Words(clean === '' ? [] : clean.split(/ +/), clock).read()
}

const digit = (text: string, index: number): number => text.charCodeAt(index) - 48
const two = (text: string, index: number): number => digit(text, index) * 10 + digit(text, index + 1)

/**
 * The way most lines begin, `YYYY-MM-DD HH:MM:SS `, read without a regular expression.
 * @returns seconds since 1970, or NaN when the line begins otherwise
 */
export const plainTime = (text: string, clock: LogClock): number => {
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45 || text.charCodeAt(10) !== 32) return NaN
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58 || text.charCodeAt(19) !== 32) return NaN
  for (let index = 0; index < 19; index++) {
    const value = digit(text, index)
    if ((value < 0 || value > 9) && index !== 4 && index !== 7 && index !== 10 && index !== 13 && index !== 16) return NaN
  }
  return clock.at(two(text, 0) * 100 + two(text, 2), two(text, 5), two(text, 8), two(text, 11), two(text, 14), two(text, 17))
}
