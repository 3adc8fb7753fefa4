// Reads one log: its lines become events, events are counted, and what is not understood is kept as a sample.
import type {LogClock} from './clock.js'
import type {Failure} from './event.js'
import {parseFailure} from './failure-line.js'
import {LineScanner, type LineSink} from './line-scanner.js'
import type {Source} from './once.js'
import {QuickLine} from './quick-line.js'
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
  private counted = 0
  private readonly quick: QuickLine
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
    this.quick = new QuickLine(clock)
    this.origin = {source, isLogin: true, line: () => this.bytes.toString('latin1', this.start, this.stop)}
    this.place = {account: reading.tally.accounts.get(''), address: reading.tally.addresses.get('')}
    this.hasWindow = reading.window.since > -Infinity || reading.window.until < Infinity
  }

  push(chunk: Buffer): void {
    this.scanner.push(chunk)
    this.countLines()
  }

  end(): void {
    this.scanner.end()
    this.countLines()
  }

  failure(line: string): void {
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

  quickFailure(bytes: Buffer, start: number, stop: number, at: number): boolean {
    const {quick, reading} = this
    if (!quick.failure(bytes, start, stop, at)) return false
    const {time} = quick
    if (this.isOutside(time)) {
      reading.counts.outside++
      return true
    }
    if (time > this.time) this.time = time
    const {tally, watch} = reading
    // One object for all events of the kind, since nobody keeps it; who watches gets his own.
    const {usual, place, origin} = this
    place.account = tally.accounts.ofBytes(bytes, quick.accountStart, quick.accountEnd)
    place.address = tally.addresses.ofIp(quick.ip)
    usual.time = time
    usual.port = quick.port
    usual.account = place.account.name
    usual.address = place.address.text
    this.bytes = bytes
    this.start = start
    this.stop = stop
    const told = tally.failAt(usual, place, origin)
    if (told !== null && watch !== undefined) watch({...usual, authenticator: bytes.toString('latin1', quick.nameStart, quick.nameEnd)}, told, origin.line())
    return true
  }

  quickSuccess(bytes: Buffer, start: number, stop: number, at: number): boolean {
    const {quick, reading} = this
    if (!quick.success(bytes, start, stop, at)) return false
    if (this.isOutside(quick.time)) return true
    if (quick.time > this.time) this.time = quick.time
    this.place.account = reading.tally.accounts.ofBytes(bytes, quick.accountStart, quick.accountEnd)
    this.place.address = reading.tally.addresses.ofIp(quick.ip)
    reading.tally.succeedAt(this.place)
    return true
  }

  success(line: string): void {
    const event = parseSuccess(line, this.clock)
    if (event === null || this.isOutside(event.time)) return
    if (event.time > this.time) this.time = event.time
    this.reading.tally.succeed(event)
  }

  overlong(start: string): void {
    this.sample(start)
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

  private countLines(): void {
    this.reading.counts.lines += this.scanner.lines - this.counted
    this.counted = this.scanner.lines
  }
}
