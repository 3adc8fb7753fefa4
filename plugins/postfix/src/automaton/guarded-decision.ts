// The same for rules with guards, negations, second patterns and languages that only the engine knows.
import type {Decider, Draft} from './decision.js'
import type {Nfa} from './nfa.js'
import {OP} from './nfa.js'
import type {Literal, Program, ProgramRule} from './program.js'
import {Tags} from './tags.js'

/** What is known of a pattern so far: it cannot match any more, it may, it has. All but `may` are for good. */
const CANNOT = 0
const MAY = 1
const HAS = 2

interface Verdict {
  /** Rules that may still answer, in order. */
  undecided: ProgramRule[]
  /** The rule that answers if none of them does. */
  winner: ProgramRule | undefined
}

/** Follows the rules in order with what is known; exact for any mixture of conditions. */
export class GuardedDecider implements Decider {
  private readonly nfa: Nfa
  private readonly program: Program
  private readonly tags: Tags
  private readonly status: Uint8Array
  private readonly needed: Uint8Array
  /** Rules that a positive pattern can bring about, by that pattern. */
  private readonly triggered: number[][]
  /** Rules without one: they have to be looked at always. */
  private readonly always: number[] = []

  constructor(program: Program, tags: Tags) {
    this.nfa = program.nfa
    this.program = program
    this.tags = tags
    this.status = new Uint8Array(program.patterns)
    this.needed = new Uint8Array(program.patterns)
    this.triggered = Array.from({length: program.patterns}, () => [])
    for (const [number, rule] of program.rules.entries()) {
      const trigger = rule.literals.findLast(literal => !literal.opaque && !literal.negated)
      if (trigger === undefined) this.always.push(number)
      else this.triggered[trigger.pattern]!.push(number)
    }
  }

  prune(draft: Draft): void {
    const present = this.present(draft)
    const {undecided, winner} = this.judge(present)
    const standing = winner?.tag ?? Tags.none
    while (undecided.at(-1)?.tag === standing) undecided.pop()
    if (undecided.every(rule => rule.literals.every(literal => literal.opaque || this.known(literal))))
      this.settle(draft, this.decide(undecided, standing))
    else this.keep(draft, [...undecided, ...(winner === undefined ? [] : [winner])])
    for (const pattern of present) this.status[pattern] = CANNOT
    this.needed.fill(0)
  }

  private known({pattern}: Literal): boolean {
    return this.status[pattern] !== MAY
  }

  /** Notes what is known of every pattern in the draft; returns the patterns, ascending. */
  private present(draft: Draft): number[] {
    const {op, patternOf} = this.nfa
    const present: number[] = []
    const note = (pattern: number, status: number): void => {
      if (this.status[pattern] === CANNOT) present.push(pattern)
      this.status[pattern] = Math.max(this.status[pattern]!, status)
    }
    for (let at = 0; at < draft.restLength; at++) {
      const node = draft.rest[at]!
      note(patternOf.data[node]!, op.data[node] === OP.accept ? HAS : MAY)
    }
    for (let at = 0; at < draft.loopsLength; at++) note(patternOf.data[draft.loops[at]!]!, MAY)
    return present
  }

  private judge(present: readonly number[]): Verdict {
    const candidates = [...this.always, ...present.flatMap(pattern => this.triggered[pattern]!)].toSorted(
      (a, b) => a - b,
    )
    const undecided: ProgramRule[] = []
    for (const number of candidates) {
      const rule = this.program.rules[number]!
      const value = this.value(rule)
      if (value === HAS) return {undecided, winner: rule}
      if (value === MAY) undecided.push(rule)
    }
    return {undecided, winner: undefined}
  }

  private value(rule: ProgramRule): number {
    let value = HAS
    let refuted: Literal | undefined
    for (const literal of rule.literals) {
      const status = literal.opaque ? MAY : this.status[literal.pattern]!
      if (status === MAY) value = MAY
      else if ((status === HAS) === literal.negated) {
        // A pattern that cannot match needs no memory, one that has matched does.
        if (!literal.negated) return CANNOT
        refuted = literal
      }
    }
    if (refuted === undefined) return value
    this.needed[refuted.pattern] = 1
    return CANNOT
  }

  private keep(draft: Draft, rules: readonly ProgramRule[]): void {
    const {needed, status} = this
    for (const {literals} of rules) for (const {opaque, pattern} of literals) if (!opaque) needed[pattern] = 1
    const {op, patternOf} = this.nfa
    let length = 0
    for (let at = 0; at < draft.restLength; at++) {
      const node = draft.rest[at]!
      const pattern = patternOf.data[node]!
      if (needed[pattern] === 1 && (status[pattern] === MAY || op.data[node] === OP.accept)) draft.rest[length++] = node
    }
    draft.restLength = length
    length = 0
    for (let at = 0; at < draft.loopsLength; at++) {
      const pattern = patternOf.data[draft.loops[at]!]!
      if (needed[pattern] === 1 && status[pattern] === MAY) draft.loops[length++] = draft.loops[at]!
    }
    draft.loopsLength = length
  }

  private settle(draft: Draft, tag: number): void {
    draft.restLength = 0
    draft.loopsLength = 0
    draft.marker = tag + 1
  }

  private decide(undecided: readonly ProgramRule[], otherwise: number): number {
    const rules = undecided.map(({literals, tag}) => ({
      literals: literals
        .filter(({opaque}) => opaque)
        .map(({pattern, negated}) => `${negated ? '!' : ''}${this.program.opaque[pattern]}`),
      tag,
    }))
    return this.tags.decision({rules, otherwise})
  }

  outcome(accepted: Int32Array, marker: number): number {
    if (marker !== 0) return marker - 1
    const present = [...new Set(Array.from(accepted, node => this.nfa.patternOf.data[node]!))]
    for (const pattern of present) this.status[pattern] = HAS
    const {undecided, winner} = this.judge(present)
    const tag = this.decide(undecided, winner?.tag ?? Tags.none)
    for (const pattern of present) this.status[pattern] = CANNOT
    this.needed.fill(0)
    return tag
  }
}
