// Transactions: one for each call, or one that stays open for a moment, so that a page that is written again and again goes to the disk once.
import type {Database} from './load.js'
import type {SqliteTable} from './table.js'

/** How long the daemon's transaction stays open: what a crash may lose. */
const OPEN_MS = 100

/** So much in one transaction makes its commit take a few milliseconds. */
const MOST_CALLS = 512

/**
 * So long after a failure each call is committed before it is answered: on a full disk a deferral that is given, and then
 * lost with its transaction, would be given to every retry again.
 */
const DOUBT_MS = 60_000

export interface Transaction {
  /** True while a failure is so recent that the next is likely. */
  readonly isDoubtful: boolean
  /** Runs inside; what it throws takes everything back that is not committed yet. */
  run<T>(work: () => T): T
  /** As `run`, and committed when it returns. */
  now<T>(work: () => T): T
  /** Commits what is open. */
  commit(): void
}

/**
 * @param isResident leaves it open; what a commit on the timer throws, the next call throws in its place
 */
export const makeTransaction = (database: Database, table: SqliteTable, isResident: boolean): Transaction => {
  const begin = database.prepare('BEGIN IMMEDIATE')
  const end = database.prepare('COMMIT')
  const undo = database.prepare('ROLLBACK')
  let isOpen = false
  let calls = 0
  let timer: NodeJS.Timeout | undefined
  let failed: {error: unknown} | null = null
  let failedAt = Number.NEGATIVE_INFINITY

  // A clock that was set back must not make it last.
  const isDoubtful = (): boolean => Math.abs(Date.now() - failedAt) < DOUBT_MS

  const takeBack = (): void => {
    clearTimeout(timer)
    isOpen = false
    failedAt = Date.now()
    table.rolledBack()
    try {
      undo.run()
    } catch {
      // A full disk or a damaged file may have ended the transaction already.
    }
  }
  const commit = (): void => {
    if (!isOpen) return
    try {
      end.run()
    } catch (error) {
      takeBack()
      throw error
    }
    clearTimeout(timer)
    isOpen = false
    table.committed()
  }
  const commitLater = (): void => {
    try {
      commit()
    } catch (error) {
      // Nobody is there to be told: the next call is.
      failed = {error}
    }
  }
  const open = (): void => {
    if (failed !== null) {
      const {error} = failed
      failed = null
      throw error
    }
    if (isOpen) return
    try {
      begin.run()
    } catch (error) {
      failedAt = Date.now()
      throw error
    }
    isOpen = true
    calls = 0
    if (isResident) timer = setTimeout(commitLater, OPEN_MS).unref()
  }
  const inside = <T>(work: () => T): T => {
    open()
    try {
      return work()
    } catch (error) {
      takeBack()
      throw error
    }
  }
  const now = <T>(work: () => T): T => {
    const value = inside(work)
    commit()
    return value
  }
  return {
    get isDoubtful() {
      return isDoubtful()
    },
    now,
    commit,
    run: work => {
      if (!isResident || isDoubtful()) return now(work)
      const value = inside(work)
      if (++calls >= MOST_CALLS) commit()
      return value
    },
  }
}
