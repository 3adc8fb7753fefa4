// Lines that prove what is said of a pair: its first and its last, of the pairs that came first.

const PAIRS_WITH_FIRST = 20_000
const PAIRS_WITH_LAST = 50
// Exim's own lines are no longer than 8 kB; what a person reads is much shorter.
const LONGEST = 400

export interface Proof {
  readonly line: string
  readonly time: number
}

/** The text of a line, made only when it is wanted. */
export type LineText = () => string

/** Where the text of a line is to be had. */
export interface LineOrigin {
  readonly line: LineText
  /** Copies at most so many of its bytes and returns how many: cheaper by far, for a line that the next one may replace. */
  readonly copy?: (target: Buffer, at: number, most: number) => number
}

const shortened = (line: string): string => (line.length > LONGEST ? `${line.slice(0, LONGEST)}...` : line)

// One byte more than is shown tells that there is more.
const SPACE = LONGEST + 1

/** Keeps lines by the index of their pair. */
export class Proofs {
  private readonly firsts: (Proof | undefined)[] = []
  private readonly lasts: (Proof | undefined)[] = []
  /** Last lines as bytes; -1 for the length of those that are in `lasts`. */
  private readonly bytes = Buffer.alloc(PAIRS_WITH_LAST * SPACE)
  private readonly lengths = new Int32Array(PAIRS_WITH_LAST).fill(-1)
  private readonly times = new Float64Array(PAIRS_WITH_LAST)

  add(index: number, {line, copy}: LineOrigin, time: number): void {
    if (index >= PAIRS_WITH_FIRST) return
    if (this.firsts[index] === undefined) this.firsts[index] = {line: shortened(line()), time}
    else if (index < PAIRS_WITH_LAST) {
      this.lengths[index] = copy === undefined ? -1 : copy(this.bytes, index * SPACE, SPACE)
      this.times[index] = time
      if (copy === undefined) this.lasts[index] = {line: shortened(line()), time}
    }
  }

  /** The first and, where it is kept, the last line of a pair. */
  of(index: number): Proof[] {
    return [this.firsts[index], this.last(index)].filter(proof => proof !== undefined)
  }

  /** As it stands under another index in a new table. */
  move(index: number, into: Proofs, to: number): void {
    if (to >= PAIRS_WITH_FIRST) return
    if (this.firsts[index] !== undefined) into.firsts[to] = this.firsts[index]
    const last = this.last(index)
    if (to < PAIRS_WITH_LAST && last !== undefined) into.lasts[to] = last
  }

  private last(index: number): Proof | undefined {
    const length = this.lengths[index] ?? -1
    if (length < 0) return this.lasts[index]
    return {line: shortened(this.bytes.toString('latin1', index * SPACE, index * SPACE + length)), time: this.times[index]!}
  }
}
