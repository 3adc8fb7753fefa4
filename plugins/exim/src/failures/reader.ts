// Reads one log: its lines become events, events are counted, and what is not understood is kept as a sample.
import type {LogClock} from './clock.js'
import type {Failure} from './event.js'
import {parseFailure} from './failure-line.js'
import {LineScanner, type LineSink} from './line-scanner.js'
import type {Source} from './once.js'
import {QuickLine} from './quick-line.js'
import {redact} from './redact.js'
import {parseSuccess} from './success-line.js'
import type {Tally, Told} from './tally.js'

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
  // The name of the authenticator that came last, as bytes and as text: there are few, and they come in runs.
  private name = ''

  constructor(reading: Reading, source: Source, clock: LogClock) {
    this.reading = reading
    this.source = source
    this.clock = clock
    this.quick = new QuickLine(clock)
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
    const account = reading.tally.accounts.ofBytes(bytes, quick.accountStart, quick.accountEnd)
    const address = reading.tally.addresses.ofIp(quick.ip)
    const event: Failure = {
      kind: 'failure', time, times: 1, authenticator: this.nameAt(bytes, quick.nameStart, quick.nameEnd), address: address.text, port: quick.port,
      local: '', code: 535, account: account.name, forged: false, syslog: false,
    }
    const line = (): string => bytes.toString('latin1', start, stop)
    const told = reading.tally.failAt(event, {account, address}, {source: this.source, line})
    if (told !== null) reading.watch?.(event, told, line())
    return true
  }

  quickSuccess(bytes: Buffer, start: number, stop: number, at: number): boolean {
    const {quick, reading} = this
    if (!quick.success(bytes, start, stop, at)) return false
    if (this.isOutside(quick.time)) return true
    if (quick.time > this.time) this.time = quick.time
    const account = reading.tally.accounts.ofBytes(bytes, quick.accountStart, quick.accountEnd)
    reading.tally.succeedAt({account, address: reading.tally.addresses.ofIp(quick.ip)})
    return true
  }

  private nameAt(bytes: Buffer, start: number, end: number): string {
    let isSame = this.name.length === end - start
    for (let index = start; isSame && index < end; index++) isSame = this.name.charCodeAt(index - start) === bytes[index]
    if (!isSame) this.name = bytes.toString('latin1', start, end)
    return this.name
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
