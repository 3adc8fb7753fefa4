// What is decided about keys: ordered rules over languages, the first whose conditions hold gives its tag.
import type {RegexNode} from '../regex/node.js'

/** A set of keys: those in which the tree matches somewhere, or one that only the engine knows. */
export type Language =
  | {readonly kind: 'regular'; readonly node: RegexNode}
  /** Two opaque languages are the same exactly when their keys are. */
  | {readonly kind: 'opaque'; readonly key: string}

export interface Condition {
  /** Conditions with the same object share one automaton. */
  readonly language: Language
  readonly negated: boolean
}

/** Answers `tag` for keys that fulfil all conditions, the one of its own last. */
export interface DecisionRule {
  readonly conditions: readonly Condition[]
  readonly tag: string
}

/** A key that no rule answers has the tag NO_ANSWER. */
export type Ruleset = readonly DecisionRule[]

/** The tag of keys that nothing answers; no rule of a table has it, save a failed if without endif. */
export const NO_ANSWER = ''

/** Bounds of the automata. All memory is proportional to them. */
export interface AutomatonLimits {
  /** States of all machines of one question together. */
  readonly states: number
  /** Nodes of the automata before they are made deterministic: repetitions are written out there. */
  readonly nodes: number
  /** Integers that describe the states, 4 bytes each. */
  readonly integers: number
  /** Asked at every state; true ends the work as a used up budget does. The place for a clock. */
  readonly stop?: () => boolean
}

export const AUTOMATON_LIMITS: AutomatonLimits = {states: 2_000_000, nodes: 8_000_000, integers: 100_000_000}

/** Thrown when a limit is reached; the questions of this folder answer 'budget' for it. */
export class BudgetError extends Error {
  override readonly name = 'BudgetError'
  readonly limit: 'states' | 'nodes' | 'integers' | 'stopped'
  readonly reached: number

  constructor(limit: 'states' | 'nodes' | 'integers' | 'stopped', reached: number) {
    super(`${limit}: ${reached}`)
    this.limit = limit
    this.reached = reached
  }
}
