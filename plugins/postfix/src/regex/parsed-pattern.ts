// What reading a pattern gives: a regular tree, something only the engine understands, or an error.
import type {RegexNode} from './node.js'

/** Why a pattern is left to the engine: its language is not regular, or this reading of it would be a guess. */
export type OpaqueReason =
  | 'back-reference'
  | 'lookaround'
  | 'atomic'
  | 'recursion'
  | 'condition'
  | 'verb'
  | 'match-reset'
  | 'unicode'
  | 'callout'
  | 'version'
  | 'too-big'
  | 'engine-quirk'

export type ParsedPattern =
  /** `groups` is the number of capturing groups, what Postfix compares the highest $n with. */
  | {readonly kind: 'regular'; readonly node: RegexNode; readonly groups: number}
  /** `certain` is false when the engine might also reject the pattern, which only it can tell. */
  | {readonly kind: 'opaque'; readonly reason: OpaqueReason; readonly groups: number; readonly certain: boolean}
  /** `message` is the engine's own text: regerror(3), or PCRE2's without the offset. */
  | {readonly kind: 'invalid'; readonly message: string}

/** Bounds that keep a reader's time and memory in proportion; a pattern beyond one is opaque, never half read. */
export interface PatternLimits {
  /** Longest pattern that is analysed, in bytes. */
  readonly patternBytes: number
  /** Deepest nesting of groups that is analysed. */
  readonly nesting: number
}

export const PATTERN_LIMITS: PatternLimits = {patternBytes: 1 << 20, nesting: 500}

/** Thrown by the readers for a pattern that the engine rejects; never leaves the dialect folder. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
}

/** Thrown by the readers where they meet what they do not analyse; never leaves the dialect folder. */
export class OpaqueError extends Error {
  override readonly name = 'OpaqueError'
  readonly reason: OpaqueReason

  constructor(reason: OpaqueReason) {
    super(reason)
    this.reason = reason
  }
}
