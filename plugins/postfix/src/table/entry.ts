// What a table consists of, in the order of the file. The sources of all entries in order are the file.
import type {Finding} from './finding.js'
import type {Engine, PatternUse} from './pattern-use.js'
import type {RuleResult} from './result.js'

interface Place {
  /** First and last physical line, from 1. */
  readonly line: number
  readonly lastLine: number
  /** The bytes as they stand in the file. */
  readonly source: string
}

/** Comments and blank lines between logical lines. */
export interface Trivia extends Place {
  readonly kind: 'trivia'
}

/** A logical line without any effect on lookups: unreadable, stray, or broken beyond being a rule or an if. */
export interface Ignored extends Place {
  readonly kind: 'ignored'
  readonly text: string
}

export interface Rule extends Place {
  readonly kind: 'rule'
  readonly pattern: PatternUse
  /** The second pattern of `/a/!/b/`, regexp: only. */
  readonly second?: PatternUse
  readonly result: RuleResult
  /** Indices of the entries of kind 'if' around it, outermost first. */
  readonly guards: readonly number[]
  /** The comment lines right above it, without their newlines. */
  readonly comments: readonly string[]
}

export interface If extends Place {
  readonly kind: 'if'
  readonly pattern: PatternUse
  readonly guards: readonly number[]
  readonly comments: readonly string[]
  /** Index of its endif; undefined when there is none, and keys that fail it then find nothing further down. */
  readonly endif?: number
}

export interface Endif extends Place {
  readonly kind: 'endif'
  /** Index of the if it ends. */
  readonly if: number
}

export type Entry = Trivia | Ignored | Rule | If | Endif

export interface Table {
  readonly engine: Engine
  readonly entries: readonly Entry[]
  /** In the order of the file; unclosed ifs last, as Postfix finds them. */
  readonly findings: readonly Finding[]
}
