// Cuts the bytes of a log into blocks of whole lines.
import {LONGEST_LINE, SHOWN} from './block-scan.js'
import {FAILURE_NEEDLE} from './failure-line.js'

/** What is done with the lines. */
export interface LineSink {
  /** Whole lines, the last with its newline too; the bytes are good until the call returns. */
  block(bytes: Buffer): void
  /** One line that is longer than any of Exim's: its beginning, null when it has not the needle of a failure. */
  overlong(start: string | null): void
}

const NEWLINE = 10
const FAILURE = Buffer.from(FAILURE_NEEDLE, 'latin1')
const EMPTY = Buffer.alloc(0)

/** Takes a log's bytes in chunks of any size. */
export class LineScanner {
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
      this.sink.block(line)
      from = first + 1
    }
    const to = chunk.lastIndexOf(NEWLINE) + 1
    if (to > from) this.sink.block(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to))
    // A copy: the chunk's memory is used again.
    if (to < chunk.length) this.hold(chunk.subarray(to))
  }

  /** The log ends here; its last line may have no newline. */
  end(): void {
    if (this.overlong !== null) this.endOverlong(EMPTY)
    else if (this.carry.length > 0) {
      const line = Buffer.concat([this.carry, Buffer.from('\n')])
      this.carry = EMPTY
      this.sink.block(line)
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
    const {found, start} = this.overlong!
    this.overlong = null
    this.carry = EMPTY
    this.sink.overlong(found ? start : null)
  }
}
