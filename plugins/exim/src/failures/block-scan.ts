// Finds the lines that matter in a block of whole lines, and reads the usual ones from their bytes.
import {FAILURE_NEEDLE} from './failure-line.js'
import {
  ACCEPTED, ACCEPTED_LINE, ACCOUNT_END, ACCOUNT_START, CLOCK, DATE, FAILED, FAILED_LINE, HIGH, IP, LOW, NAME_END, OVERLONG, PORT, type LineRecords,
} from './line-records.js'
import {NameHash} from './name-hash.js'
import {QuickLine} from './quick-line.js'
import {SUCCESS_NEEDLE} from './success-line.js'

const NEWLINE = 10
const RETURN = 13
const BLANK = 32
const FAILURE = Buffer.from(FAILURE_NEEDLE, 'latin1')
// Without the blank before it, since blanks are in every line and this search is quick for rare bytes only.
const SUCCESS = Buffer.from(SUCCESS_NEEDLE, 'latin1')

/** Exim's own lines have at most 8 kB (LOG_BUFFER_SIZE); what is longer than this is not read as a line. */
export const LONGEST_LINE = 64 * 1024
/** So much is shown of those. */
export const SHOWN = 400

/** Reads blocks; knows nothing of the block before, so that any thread can read any block. */
export class BlockScan {
  private readonly quick = new QuickLine()
  private readonly hash = new NameHash()

  /** Adds what is in `block`, which ends with a newline, to the records: lines in the order in which they stand. */
  scan(block: Buffer, records: LineRecords): void {
    let failure = block.indexOf(FAILURE)
    let success = successFrom(block, 0)
    let lines = 0
    for (let start = 0, end = block.indexOf(NEWLINE); end >= 0; start = end + 1, end = block.indexOf(NEWLINE, start)) {
      lines++
      const isFailure = failure >= 0 && failure < end
      const isSuccess = success >= 0 && success < end
      if (!isFailure && !isSuccess) continue
      const stop = block[end - 1] === RETURN ? end - 1 : end
      // A line may hold both: what stands first need not be what it is.
      const isFirst = isFailure && !(isSuccess && success < failure)
      if (stop - start > LONGEST_LINE) {
        if (isFirst) records.add(OVERLONG, start, start + SHOWN)
      } else if (isFirst) this.failure(block, {start, stop, at: failure}, records)
      else this.success(block, {start, stop, at: success, isFailure}, records)
      if (isFailure) failure = block.indexOf(FAILURE, end)
      if (isSuccess) success = successFrom(block, end)
    }
    records.lines += lines
  }

  private failure(block: Buffer, {start, stop, at}: Line, records: LineRecords): void {
    if (!this.quick.failure(block, start, stop, at)) {
      records.add(FAILED_LINE, start, stop)
      return
    }
    const record = records.add(FAILED, start, stop)
    this.usual(block, record, records.numbers)
    records.numbers[record + PORT] = this.quick.port
    records.numbers[record + NAME_END] = at
  }

  private success(block: Buffer, {start, stop, at, isFailure}: Line, records: LineRecords): void {
    if (this.quick.success(block, start, stop, at)) {
      const record = records.add(ACCEPTED, start, stop)
      this.usual(block, record, records.numbers)
    } else records.add(isFailure === true ? FAILED_LINE : ACCEPTED_LINE, start, stop)
  }

  private usual(block: Buffer, record: number, numbers: Int32Array): void {
    const {quick, hash} = this
    hash.ofBytes(block, quick.accountStart, quick.accountEnd)
    numbers[record + DATE] = quick.date
    numbers[record + CLOCK] = quick.clock
    numbers[record + IP] = quick.ip
    numbers[record + ACCOUNT_START] = quick.accountStart
    numbers[record + ACCOUNT_END] = quick.accountEnd
    numbers[record + HIGH] = hash.high
    numbers[record + LOW] = hash.low
  }
}

// Where a line stands, and its needle; whether that of a failure is in it too.
interface Line {
  readonly start: number
  readonly stop: number
  readonly at: number
  readonly isFailure?: boolean
}

const successFrom = (block: Buffer, from: number): number => {
  let at = block.indexOf(SUCCESS, from)
  while (at > 0 && block[at - 1] !== BLANK) at = block.indexOf(SUCCESS, at + 2)
  return at
}
