// Times of log lines as seconds since 1970: their zones, and the years that syslog leaves out.

/** Seconds since 1970 of a wall clock time; the month is 1 to 12. */
export type WallClock = (year: number, month: number, day: number, hour: number, minute: number) => number

/** The zone that this process runs in (TZ). */
export const localClock: WallClock = (year, month, day, hour, minute) =>
  new Date(year, month - 1, day, hour, minute).getTime() / 1000

/** A zone so many minutes east of UTC. */
export const offsetClock = (minutesEast: number): WallClock => (year, month, day, hour, minute) =>
  Date.UTC(year, month - 1, day, hour, minute) / 1000 - minutesEast * 60

const FIELDS = {year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric'} as const

/** A zone of the tz database, `Europe/Berlin`; RangeError when there is no such zone. */
export const namedClock = (name: string): WallClock => {
  const format = new Intl.DateTimeFormat('en-US', {...FIELDS, timeZone: name, hourCycle: 'h23', calendar: 'gregory'})
  const wallOf = (utc: number): number => {
    const parts = Object.fromEntries(format.formatToParts(utc).map(({type, value}) => [type, Number(value)]))
    return Date.UTC(parts['year']!, parts['month']! - 1, parts['day'], parts['hour'], parts['minute'])
  }
  return (year, month, day, hour, minute) => {
    const wall = Date.UTC(year, month - 1, day, hour, minute)
    // Twice, since the offset at the first guess may be that before a change of the clocks.
    let utc = wall - (wallOf(wall) - wall)
    utc = wall - (wallOf(utc) - utc)
    return utc / 1000
  }
}

const OFFSET = /^([+-])(\d{2}):?(\d{2})$/

/** Takes `+0100`, `-03:00`, `UTC`, `Z`, `local` or a zone's name; null for anything else. */
export const parseZone = (text: string): WallClock | null => {
  if (text === 'local') return localClock
  if (text === 'UTC' || text === 'Z') return offsetClock(0)
  const [, sign, hours, minutes] = OFFSET.exec(text) ?? []
  if (sign !== undefined) return offsetClock((sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)))
  try {
    return namedClock(text)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** Turns the fields of one log's lines into seconds; remembers the minute, since most lines share it with the one before. */
export class LogClock {
  private readonly wall: WallClock
  /** Seconds since 1970 that no line of this log is later than: syslog's years are guessed from it. */
  private readonly latest: number
  private minuteKey = -1
  private minuteStart = NaN
  private digitsDate = -1
  private digitsMinute = -1
  private digitsStart = NaN

  constructor(wall: WallClock, latest: number) {
    this.wall = wall
    this.latest = latest
  }

  /** A full date in the log's zone. */
  at(year: number, month: number, day: number, hour: number, minute: number, second: number): number {
    const key = (((year * 13 + month) * 32 + day) * 25 + hour) * 61 + minute
    if (key !== this.minuteKey) {
      this.minuteStart = this.wall(year, month, day, hour, minute)
      this.minuteKey = key
    }
    return this.minuteStart + second
  }

  /** The same from numbers as they are read: `YYYYMMDD`, and `HHMM` times 128 plus the seconds. */
  ofDigits(date: number, clock: number): number {
    const minute = clock >> 7
    if (date !== this.digitsDate || minute !== this.digitsMinute) {
      const day = date % 100
      const month = Math.floor(date / 100) % 100
      this.digitsStart = this.wall(Math.floor(date / 10_000), month, day, Math.floor(minute / 100), minute % 100)
      this.digitsDate = date
      this.digitsMinute = minute
    }
    return this.digitsStart + (clock & 127)
  }

  /** A date without a year: the last one that is not after the end of the log, a day of leeway for clocks and zones. */
  withoutYear(month: number, day: number, hour: number, minute: number, second: number): number {
    const limit = this.latest + 86_400
    const last = new Date(limit * 1000).getUTCFullYear() + 1
    for (let year = last; year >= last - 9; year--) {
      // 29 February is in leap years only.
      if (month === 2 && day === 29 && new Date(Date.UTC(year, 1, 29)).getUTCMonth() !== 1) continue
      const time = this.at(year, month, day, hour, minute, second)
      if (time <= limit) return time
    }
    return NaN
  }
}
