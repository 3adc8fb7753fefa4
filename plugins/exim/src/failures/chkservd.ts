// Reads chkservd.log: which of cPanel's service checks were refused, and whether the last one got through.
import {redact} from './redact.js'

/** What the monitor's own log says of one service. */
export interface ServiceChecks {
  /** As in the log and in the account: `exim`. */
  readonly service: string
  /** Checks that ended with a 535. */
  refused: number
  /** Seconds since 1970 of the first and last check that was refused, 0 for none. */
  first: number
  last: number
  /** Seconds since 1970 of the last check that got through, 0 for none. */
  passed: number
  /** The line of the last refusal, redacted. */
  proof: string
}

const CYCLE = /^\[(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\] Service check/
// At the beginning of a line, or behind the dots that end the service before: newer versions write a cycle in one line.
const SERVICE = /(?:^|\.{3})([a-z0-9_-]{1,40}) \[/gi
const REFUSED = /^([a-z0-9_-]{1,40}): \*\* \[535 /i
const PASSED = '[socket connect:+]'

const timeOf = (match: RegExpExecArray): number => {
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number)
  const offset = (Number(match[8]) * 60 + Number(match[9])) * 60 * (match[7] === '-' ? -1 : 1)
  return Date.UTC(year!, month! - 1, day, hour, minute, second) / 1000 - offset
}

/** Takes the lines of the log one by one; `services` is what they say so far. */
export class ChkservdReader {
  readonly services = new Map<string, ServiceChecks>()
  private time = 0
  private current = ''

  line(text: string): void {
    const cycle = CYCLE.exec(text)
    if (cycle !== null) this.time = timeOf(cycle)
    const refused = REFUSED.exec(text)
    if (refused !== null) this.refuse(refused[1]!, text)
    let from = 0
    for (const match of text.matchAll(SERVICE)) {
      this.pass(text.slice(from, match.index))
      this.current = match[1]!
      from = match.index
    }
    this.pass(text.slice(from))
  }

  // The tokens stand at the end of a service's block, and right behind its name where nothing went wrong.
  private pass(part: string): void {
    if (part.includes(PASSED) && this.current !== '') this.of(this.current).passed = this.time
  }

  private of(service: string): ServiceChecks {
    let checks = this.services.get(service)
    if (checks === undefined) {
      checks = {service, refused: 0, first: 0, last: 0, passed: 0, proof: ''}
      this.services.set(service, checks)
    }
    return checks
  }

  private refuse(service: string, text: string): void {
    const checks = this.of(service)
    checks.refused++
    if (checks.first === 0) checks.first = this.time
    checks.last = this.time
    checks.proof = redact(text)
    this.current = service
  }
}
