// Reads one log: its lines become events, events are counted, and what is not understood is kept as a sample.
import {BlockScan} from './block-scan.js'
import type {LogClock} from './clock.js'
import type {Failure} from './event.js'
import {parseFailure} from './failure-line.js'
import {
  ACCEPTED, ACCEPTED_LINE, ACCOUNT_END, ACCOUNT_START, CLOCK, DATE, FAILED, FAILED_LINE, HIGH, IP, LineRecords, LOW, NAME_END, PORT, START, STOP, WIDTH,
} from './line-records.js'
import {LineScanner, type LineSink} from './line-scanner.js'
import type {Source} from './once.js'
import {redact} from './redact.js'
import {parseSuccess} from './success-line.js'
import type {Account, Address} from './names.js'
import type {Origin, Tally, Told} from './tally.js'

/** The time asked for, in seconds since 1970; -Infinity and Infinity where there is no limit. */
export interface Window {
  readonly since: number
  readonly until: number
}

/** What is counted besides events, over all logs. */
export interface Counts {
  lines: number
  unparsed: number
  outgoing: number
  /** Failures before or after the window, or without a time where there is a window. */
  outside: number
  readonly samples: string[]
}

const SAMPLES = 5
const SAMPLE_LENGTH = 300
// `YYYY-MM-DD HH:MM:SS `, behind which the usual failure names its authenticator.
const STAMP = 20

/** Told of every failure that is new. */
export type Watcher = (event: Failure, told: Told, line: string) => void

/** What the reading of all logs shares. */
export interface Reading {
  readonly tally: Tally
  readonly counts: Counts
  readonly window: Window
  readonly watch?: Watcher
}

/** Reads the bytes of one log, in order. */
export class LogReader implements LineSink {
  /** Seconds since 1970 of the last event, 0 before the first: which log is read next depends on it. */
  time = 0
  private readonly scanner = new LineScanner(this)
  private readonly reading: Reading
  private readonly source: Source
  private readonly clock: LogClock
  private readonly hasWindow: boolean
  private readonly scan = new BlockScan()
  private readonly records = new LineRecords()
  private readonly usual: {-readonly [member in keyof Failure]: Failure[member]} = {
    kind: 'failure', time: 0, times: 1, authenticator: '', address: '', port: 0, local: '', code: 535, account: '', forged: false, syslog: false,
  }
  private readonly place: {account: Account; address: Address}
  private readonly origin: Origin
  /** The line under way. */
  private bytes = Buffer.alloc(0) as Buffer
  private start = 0
  private stop = 0

  constructor(reading: Reading, source: Source, clock: LogClock) {
    this.reading = reading
    this.source = source
    this.clock = clock
    this.origin = {
      source, isLogin: true, line: () => this.line(),
      copy: (target, at, most) => this.bytes.copy(target, at, this.start, Math.min(this.stop, this.start + most)),
    }
    this.place = {account: reading.tally.accounts.get(''), address: reading.tally.addresses.get('')}
    this.hasWindow = reading.window.since > -Infinity || reading.window.until < Infinity
  }

  push(chunk: Buffer): void {
    this.scanner.push(chunk)
  }

  end(): void {
    this.scanner.end()
  }

  block(bytes: Buffer): void {
    this.records.clear()
    this.scan.scan(bytes, this.records)
    this.take(bytes, this.records)
  }

  /** Takes a block whose lines were looked for already. */
  take(bytes: Buffer, records: LineRecords): void {
    const {numbers, used} = records
    this.reading.counts.lines += records.lines
    this.bytes = bytes
    for (let at = 0; at < used; at += WIDTH) {
      const kind = numbers[at]!
      this.start = numbers[at + START]!
      this.stop = numbers[at + STOP]!
      if (kind === FAILED) this.usualFailure(numbers, at)
      else if (kind === ACCEPTED) this.usualSuccess(numbers, at)
      else if (kind === FAILED_LINE) this.failure(this.line())
      else if (kind === ACCEPTED_LINE) this.success(this.line())
      else this.sample(this.line())
    }
  }

  overlong(start: string | null): void {
    this.reading.counts.lines++
    if (start !== null) this.sample(start)
  }

  private line(): string {
    return this.bytes.toString('latin1', this.start, this.stop)
  }

  private account(numbers: Int32Array, at: number): Account {
    const {accounts} = this.reading.tally
    return (
      accounts.ofHash(numbers[at + HIGH]!, numbers[at + LOW]!) ??
      accounts.get(this.bytes.toString('latin1', numbers[at + ACCOUNT_START]!, numbers[at + ACCOUNT_END]!))
    )
  }

  private failure(line: string): void {
    const {tally, counts, watch} = this.reading
    const event = parseFailure(line, this.clock)
    if (event === 'outgoing') counts.outgoing++
    else if (event === 'unparsed') this.sample(line)
    else if (this.isOutside(event.time)) counts.outside += event.times
    else {
      if (event.time > this.time) this.time = event.time
      const told = tally.fail(event, this.source, () => line)
      if (told !== null) watch?.(event, told, line)
    }
  }

  private usualFailure(numbers: Int32Array, at: number): void {
    const {reading, usual, place, origin} = this
    const time = this.clock.ofDigits(numbers[at + DATE]!, numbers[at + CLOCK]!)
    if (this.isOutside(time)) {
      reading.counts.outside++
      return
    }
    if (time > this.time) this.time = time
    const {tally, watch} = reading
    // One object for all events of the kind, since nobody keeps it; who watches gets his own.
    place.account = this.account(numbers, at)
    place.address = tally.addresses.ofIp(numbers[at + IP]!)
    usual.time = time
    usual.port = numbers[at + PORT]!
    usual.account = place.account.name
    usual.address = place.address.text
    const told = tally.failAt(usual, place, origin)
    if (told === null || watch === undefined) return
    const authenticator = this.bytes.toString('latin1', this.start + STAMP, numbers[at + NAME_END])
    watch({...usual, authenticator}, told, this.line())
  }

  private usualSuccess(numbers: Int32Array, at: number): void {
    const {tally} = this.reading
    const time = this.clock.ofDigits(numbers[at + DATE]!, numbers[at + CLOCK]!)
    if (this.isOutside(time)) return
    if (time > this.time) this.time = time
    this.place.account = this.account(numbers, at)
    this.place.address = tally.addresses.ofIp(numbers[at + IP]!)
    tally.succeedAt(this.place)
  }

  private success(line: string): void {
    const event = parseSuccess(line, this.clock)
    if (event === null || this.isOutside(event.time)) return
    if (event.time > this.time) this.time = event.time
    this.reading.tally.succeed(event)
  }

  private isOutside(time: number): boolean {
    const {since, until} = this.reading.window
    return this.hasWindow && !(time >= since && time <= until)
  }

  private sample(line: string): void {
    const {counts} = this.reading
    counts.unparsed++
    if (counts.samples.length < SAMPLES) counts.samples.push(redact(line.slice(0, SAMPLE_LENGTH)))
  }
}
