// What a pattern is written for.
import type {Engine} from '../../table/pattern-use.js'

export interface PrintTarget {
  readonly engine: Engine
  /** Letters match both cases: REG_ICASE, PCRE2_CASELESS. */
  readonly icase: boolean
  /**
   * True keeps groups and their numbers, for results with $n. False writes the shortest pattern of the same language,
   * with groups only where the syntax needs them.
   */
  readonly captures?: boolean
  /** True keeps groups as brackets that only nest; their numbers mean nothing. */
  readonly nested?: boolean
}

/** Thrown inside this folder for what the target cannot say; printPattern turns it into its answer. */
export class PrintError extends Error {
  override readonly name = 'PrintError'
}
