// The lines of a block that matter, as numbers: a thread that looks for them hands them over without making strings.

/** What a record is about: the two usual forms with all their fields, and lines that want the whole parser. */
export const FAILED = 0
export const ACCEPTED = 1
export const FAILED_LINE = 2
export const ACCEPTED_LINE = 3
export const OVERLONG = 4

/** Numbers of a record, and what stands where in it; all positions are those of the block. */
export const WIDTH = 12
export const KIND = 0
export const START = 1
/** Behind the last byte, the line's end not counted. */
export const STOP = 2
/** YYYYMMDD. */
export const DATE = 3
/** HHMM times 128, and the seconds. */
export const CLOCK = 4
/** IPv4 as a signed number of 32 bits. */
export const IP = 5
export const PORT = 6
/** Behind the authenticator's name, which begins behind the stamp of 20 bytes. */
export const NAME_END = 7
export const ACCOUNT_START = 8
export const ACCOUNT_END = 9
/** Both halves of the hash of the account. */
export const HIGH = 10
export const LOW = 11

const FIRST = 1 << 10

/** Records one behind the other. */
export class LineRecords {
  /** Numbers that are in use of `numbers`; more than there are when shared memory was too small for them. */
  used = 0
  /** Lines of the block, those without a record included. */
  lines = 0
  numbers: Int32Array
  private readonly isShared: boolean

  /** @param shared memory of a fixed size */
  constructor(shared?: Int32Array) {
    this.numbers = shared ?? new Int32Array(FIRST * WIDTH)
    this.isShared = shared !== undefined
  }

  clear(): void {
    this.used = 0
    this.lines = 0
  }

  /** Adds a record and returns where it stands; the members behind `STOP` hold anything yet. */
  add(kind: number, start: number, stop: number): number {
    const at = this.used
    this.used += WIDTH
    // What is written behind the end of shared memory is nowhere.
    if (this.used > this.numbers.length && !this.isShared) this.grow()
    const {numbers} = this
    numbers[at] = kind
    numbers[at + START] = start
    numbers[at + STOP] = stop
    return at
  }

  private grow(): void {
    const old = this.numbers
    this.numbers = new Int32Array(2 * old.length)
    this.numbers.set(old)
  }
}
