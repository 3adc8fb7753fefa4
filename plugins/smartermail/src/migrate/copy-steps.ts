// The files that a migration copies, as its record keeps them.

/** What stood at a place. */
export interface Stood {
  readonly bytes: number
  readonly mtimeMs: number
}

/** One file that is brought to its place, or taken away because its source is gone. */
export interface CopyStep {
  /** Name in the source; null for one that is taken away. */
  readonly name: string | null
  /** Absolute. */
  readonly to: string
  /** Directory below which everything that leads to `to` must be a real directory. */
  readonly base: string
  readonly bytes: number
  readonly mtimeMs: number
  /** Null: nothing stood there. */
  readonly before: Stood | null
}

/** All of a copy. */
export interface CopyPlan {
  readonly steps: readonly CopyStep[]
  /** Directories to make, parents first. */
  readonly directories: readonly string[]
  readonly bytes: number
  /** Files that are the same already. */
  readonly same: number
}

/** Times survive a copy to the millisecond. */
export const sameStood = (a: Stood, b: Stood): boolean => a.bytes === b.bytes && Math.abs(a.mtimeMs - b.mtimeMs) < 1.5
