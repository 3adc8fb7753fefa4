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

const proofOf = (text: LineText, time: number): Proof => {
  const line = text()
  return {line: line.length > LONGEST ? `${line.slice(0, LONGEST)}...` : line, time}
}

/** Keeps lines by the index of their pair. */
export class Proofs {
  private readonly firsts: (Proof | undefined)[] = []
  private readonly lasts: (Proof | undefined)[] = []

  add(index: number, line: LineText, time: number): void {
    if (index >= PAIRS_WITH_FIRST) return
    if (this.firsts[index] === undefined) this.firsts[index] = proofOf(line, time)
    else if (index < PAIRS_WITH_LAST) this.lasts[index] = proofOf(line, time)
  }

  /** The first and, where it is kept, the last line of a pair. */
  of(index: number): Proof[] {
    return [this.firsts[index], this.lasts[index]].filter(proof => proof !== undefined)
  }

  /** As it stands under another index in a new table. */
  move(index: number, into: Proofs, to: number): void {
    if (to >= PAIRS_WITH_FIRST) return
    if (this.firsts[index] !== undefined) into.firsts[to] = this.firsts[index]
    if (to < PAIRS_WITH_LAST && this.lasts[index] !== undefined) into.lasts[to] = this.lasts[index]
  }
}
