// Drops from a set of nodes what can no longer change the answer; the machine stays small because of it.
import type {Nfa} from './nfa.js'
import {OP} from './nfa.js'
import type {Program} from './program.js'
import {Tags} from './tags.js'

/** A set of nodes on its way to becoming a state: sorted, the lists cut in place. */
export interface Draft {
  rest: Int32Array
  restLength: number
  loops: Int32Array
  loopsLength: number
  /** 0, or 1 + the tag that stands when nothing left in the set matches. */
  marker: number
}

/** Keeps of a draft what still matters, and says what is answered at the end of a key. */
export interface Decider {
  prune(draft: Draft): void
  /** The answer when the key ends and exactly the patterns of the accepting nodes match (`marker` as in Draft). */
  outcome(accepted: Int32Array, marker: number): number
}

/** The usual table: each rule one pattern. The lowest pattern that matches decides. */
export class PlainDecider implements Decider {
  private readonly nfa: Nfa
  private readonly tagOf: Int32Array

  constructor({nfa, rules}: Program) {
    this.nfa = nfa
    this.tagOf = Int32Array.from(rules, rule => rule.tag)
  }

  prune(draft: Draft): void {
    this.cutAtMatch(draft)
    // Rules just above the one that stands, with the same answer, need not be followed: they change nothing.
    const standing = draft.marker === 0 ? Tags.none : draft.marker - 1
    for (;;) {
      const pattern = Math.max(this.last(draft.rest, draft.restLength), this.last(draft.loops, draft.loopsLength))
      if (pattern < 0 || this.tagOf[pattern] !== standing) return
      this.cut(draft, pattern)
    }
  }

  /** A pattern that matched stays matched whatever follows, so all below it are out. */
  private cutAtMatch(draft: Draft): void {
    const {op, patternOf} = this.nfa
    for (let at = 0; at < draft.restLength; at++) {
      const node = draft.rest[at]!
      if (op.data[node] !== OP.accept) continue
      const pattern = patternOf.data[node]!
      draft.marker = this.tagOf[pattern]! + 1
      this.cut(draft, pattern)
      return
    }
  }

  private last(list: Int32Array, length: number): number {
    return length === 0 ? -1 : this.nfa.patternOf.data[list[length - 1]!]!
  }

  private cut(draft: Draft, pattern: number): void {
    const {data} = this.nfa.patternOf
    while (draft.restLength > 0 && data[draft.rest[draft.restLength - 1]!]! >= pattern) draft.restLength--
    while (draft.loopsLength > 0 && data[draft.loops[draft.loopsLength - 1]!]! >= pattern) draft.loopsLength--
  }

  outcome(accepted: Int32Array, marker: number): number {
    let lowest = Infinity
    for (const node of accepted) lowest = Math.min(lowest, this.nfa.patternOf.data[node]!)
    if (lowest !== Infinity) return this.tagOf[lowest]!
    return marker === 0 ? Tags.none : marker - 1
  }
}
