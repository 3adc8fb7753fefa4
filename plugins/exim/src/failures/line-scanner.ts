// Cuts the bytes of a log into lines and gives out only those that matter; the others are counted and never made a string.
import {FAILURE_NEEDLE} from './failure-line.js'
import {SUCCESS_NEEDLE} from './success-line.js'

/** What is done with the lines. */
export interface LineSink {
  /** The same from the bytes of the whole line, with the needle at `at`; true when that was enough. */
  quickFailure?(bytes: Buffer, start: number, stop: number, at: number): boolean
  quickSuccess?(bytes: Buffer, start: number, stop: number, at: number): boolean
  /** A line with the needle of a failure, a character a byte, no line end. */
  failure(line: string): void
  /** A line with the needle of a success. */
  success(line: string): void
  /** The beginning of a line with the needle of a failure that is longer than any of Exim's. */
  overlong(start: string): void
}

const NEWLINE = 10
const FAILURE = Buffer.from(FAILURE_NEEDLE, 'latin1')
// Without the blank before it, since blanks are in every line and this search is quick for rare bytes only.
const SUCCESS = Buffer.from(SUCCESS_NEEDLE, 'latin1')
const BLANK = 32

/** Exim's own lines have at most 8 kB (LOG_BUFFER_SIZE); what is longer than this is not read as a line. */
export const LONGEST_LINE = 64 * 1024
const SHOWN = 400
const EMPTY = Buffer.alloc(0)

/** Takes a log's bytes in chunks of any size. */
export class LineScanner {
  /** Lines so far; one without an end counts when `end` is called. */
  lines = 0
  private readonly sink: LineSink
  private carry: Buffer = EMPTY
  /** The line under way is too long: its beginning, and whether the needle was in it. */
  private overlong: {readonly start: string; found: boolean} | null = null

  constructor(sink: LineSink) {
    this.sink = sink
  }

  push(chunk: Buffer): void {
    const first = chunk.indexOf(NEWLINE)
    if (first < 0) return this.hold(chunk)
    let from = 0
    if (this.overlong !== null) {
      this.endOverlong(chunk.subarray(0, first))
      from = first + 1
    } else if (this.carry.length > 0) {
      const line = Buffer.concat([this.carry, chunk.subarray(0, first + 1)])
      this.carry = EMPTY
      this.block(line, 0, line.length)
      from = first + 1
    }
    const to = chunk.lastIndexOf(NEWLINE) + 1
    if (to > from) this.block(chunk, from, to)
    // A copy: the chunk's memory is used again.
    if (to < chunk.length) this.hold(chunk.subarray(to))
  }

  /** The log ends here; its last line may have no newline. */
  end(): void {
    if (this.overlong !== null) this.endOverlong(EMPTY)
    else if (this.carry.length > 0) {
      const line = Buffer.concat([this.carry, Buffer.from('\n')])
      this.carry = EMPTY
      this.block(line, 0, line.length)
    }
  }

  /** Bytes of a line whose end has not come yet. */
  get pending(): number {
    return this.carry.length
  }

  private hold(part: Buffer): void {
    if (this.overlong !== null) {
      this.look(part)
      return
    }
    this.carry = Buffer.concat([this.carry, part])
    if (this.carry.length <= LONGEST_LINE) return
    this.overlong = {start: this.carry.toString('latin1', 0, SHOWN), found: false}
    const whole = this.carry
    this.carry = EMPTY
    this.look(whole)
  }

  // Of what was seen, so much is kept that a needle across the border of two chunks is found.
  private look(part: Buffer): void {
    const joined = this.carry.length === 0 ? part : Buffer.concat([this.carry, part])
    this.overlong!.found ||= joined.includes(FAILURE)
    this.carry = Buffer.from(joined.subarray(Math.max(0, joined.length - FAILURE.length)))
  }

  private endOverlong(part: Buffer): void {
    this.look(part)
    this.lines++
    if (this.overlong!.found) this.sink.overlong(this.overlong!.start)
    this.overlong = null
    this.carry = EMPTY
  }

  // Whole lines from `from` to `to`; both needles in the order in which they stand, since time runs that way.
  private block(bytes: Buffer, from: number, to: number): void {
    const block = from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to)
    this.count(block)
    let failure = block.indexOf(FAILURE)
    let success = successFrom(block, 0)
    while (failure >= 0 || success >= 0) {
      const isFailure = failure >= 0 && (success < 0 || failure < success)
      const end = this.give(block, isFailure ? failure : success, isFailure)
      if (failure >= 0 && failure < end) failure = block.indexOf(FAILURE, end)
      if (success >= 0 && success < end) success = successFrom(block, end)
    }
  }

  private give(block: Buffer, at: number, isFailure: boolean): number {
    const start = lineStart(block, at)
    const end = block.indexOf(NEWLINE, at)
    const stop = block[end - 1] === 13 ? end - 1 : end
    if (stop - start > LONGEST_LINE) {
      if (isFailure) this.sink.overlong(block.toString('latin1', start, start + SHOWN))
    } else if (isFailure) {
      if (this.sink.quickFailure?.(block, start, stop, at) !== true) this.sink.failure(block.toString('latin1', start, stop))
    } else if (this.sink.quickSuccess?.(block, start, stop, at) !== true) this.giveSuccess(block, start, stop)
    return end
  }

  // A line may hold both: what stands first need not be what it is.
  private giveSuccess(block: Buffer, start: number, stop: number): void {
    const line = block.toString('latin1', start, stop)
    if (line.includes(FAILURE_NEEDLE)) this.sink.failure(line)
    else this.sink.success(line)
  }

  private count(block: Buffer): void {
    for (let at = block.indexOf(NEWLINE); at >= 0; at = block.indexOf(NEWLINE, at + 1)) this.lines++
  }
}

// By hand: it is near, and lastIndexOf costs more than the way there.
const lineStart = (block: Buffer, at: number): number => {
  let start = at
  while (start > 0 && block[start - 1] !== NEWLINE) start--
  return start
}

const successFrom = (block: Buffer, from: number): number => {
  let at = block.indexOf(SUCCESS, from)
  while (at > 0 && block[at - 1] !== BLANK) at = block.indexOf(SUCCESS, at + 2)
  return at
}
