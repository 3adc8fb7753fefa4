// Reads the mail log of cPanel's Dovecot: when it could not reach cpdoveauthd, so that right passwords were refused too.
import type {LogClock} from './clock.js'
import {readFraming} from './framing.js'
import {redact} from './redact.js'

/** What every line of interest holds. */
export const BACKEND_NEEDLE = 'cpdoveauthd'

const FAULT = /failed to connect|refused|unavailable|timed? ?out|no such file|permission denied|broken pipe|reset by peer/i
// `... host dovecot[7]: ` is framing; what follows is Dovecot's.
const FRAMING = /^.{0,200}?\bdovecot(?:\[\d+\])?:(?= )/
// An Exim that is refused logs it when Dovecot has answered: Dovecot waits up to a minute.
const LEEWAY = 60
const MOST_PERIODS = 100_000

interface Period {
  from: number
  to: number
}

/** Takes lines in the order of time; says when the daemon was away. */
export class BackendReader {
  /** Lines of a fault. */
  faults = 0
  /** The last one, redacted. */
  proof = ''
  private readonly periods: Period[] = []

  /** @param text a line that holds the needle */
  line(text: string, clock: LogClock): void {
    const framing = FRAMING.exec(text)
    if (framing === null || !FAULT.test(text)) return
    const time = readFraming(framing[0], clock)?.time ?? NaN
    if (Number.isNaN(time)) return
    this.faults++
    this.proof = redact(text)
    const last = this.periods.at(-1)
    if (last !== undefined && time >= last.from && time <= last.to + 2 * LEEWAY) last.to = Math.max(last.to, time)
    else if (this.periods.length < MOST_PERIODS) this.periods.push({from: time, to: time})
  }

  /** Call when all was read. */
  end(): void {
    this.periods.sort((a, b) => a.from - b.from)
  }

  /** True when a login at that time (seconds since 1970) could not be asked about. */
  wasAway(time: number): boolean {
    let [low, high] = [0, this.periods.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.periods[middle]!.to + LEEWAY < time) low = middle + 1
      else high = middle
    }
    const period = this.periods[low]
    return period !== undefined && time >= period.from - LEEWAY
  }
}
