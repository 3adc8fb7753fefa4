// How many entries of each group are pending, kept in memory while one walk over the store counts what was there before.
import {groupOf} from '../policy/address.js'
import type {Limits} from '../policy/types.js'

/** A row as far as counting goes; `passed` 0 is pending. */
export interface Counted {
  readonly id: number
  readonly network: string
  readonly passed: number
}

/** Exact once the walk has come round: a row counts when the walk has passed it, or when it is newer than the walk. */
export interface PendingCounts {
  /** Rows as they were, and as they are now. The other way round it takes itself back. */
  change(gone: readonly Counted[], come: readonly Counted[]): void
  /** The walk has come to `id` and met these rows on the way; null: to the end. */
  walked(rows: readonly Counted[], id: number | null): void
  inGroup(network: string): number
  readonly pending: number
  readonly passed: number
  readonly isComplete: boolean
}

/** @param newest highest id that is there at the start; 0 in an empty store */
export const pendingCounts = (limits: Limits, newest: number): PendingCounts => {
  const groups = new Map<number, number>()
  let walkedTo = newest === 0 ? Number.POSITIVE_INFINITY : 0
  let pending = 0
  let passed = 0
  const count = ({network, passed: since}: Counted, by: 1 | -1): void => {
    if (since > 0) {
      passed += by
      return
    }
    pending += by
    const group = groupOf(network, limits)
    if (group === null) return
    const left = (groups.get(group) ?? 0) + by
    if (left > 0) groups.set(group, left)
    else groups.delete(group)
  }
  const isCounted = ({id}: Counted): boolean => id <= walkedTo || id > newest
  return {
    change: (gone, come) => {
      for (const row of gone) if (isCounted(row)) count(row, -1)
      for (const row of come) if (isCounted(row)) count(row, 1)
    },
    walked: (rows, id) => {
      for (const row of rows) if (!isCounted(row)) count(row, 1)
      if (walkedTo !== Number.POSITIVE_INFINITY) walkedTo = id === null || id >= newest ? Number.POSITIVE_INFINITY : Math.max(walkedTo, id)
    },
    inGroup: network => {
      const group = groupOf(network, limits)
      return group === null ? 0 : (groups.get(group) ?? 0)
    },
    get pending() {
      return pending
    },
    get passed() {
      return passed
    },
    get isComplete() {
      return walkedTo === Number.POSITIVE_INFINITY
    },
  }
}
