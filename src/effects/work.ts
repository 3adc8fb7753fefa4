// What applying and recovering a plan share: the plan, its journal, what was saved, and the steps on one change.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {isOpsError} from '../errors.js'
import type {BulkChange, Plan} from '../plan.js'
import {handlerOf, type BulkContext, type BulkHandler} from './bulk.js'
import {effectOf, type SimpleChange, type Slot} from './changes/index.js'
import {removeIfThere} from './files.js'
import type {Journal} from './journal.js'
import type {Saved} from './journal-records.js'
import type {StatePlace} from './state.js'

/** How a person is kept informed, and how he stops it. */
export interface Talk {
  readonly progress?: (done: number, total: number) => void
  readonly warn?: (text: string) => void
  readonly signal?: AbortSignal
}

/** A plan under way: what every step of it needs. */
export interface Work {
  readonly plan: Plan
  readonly journal: Journal
  readonly handlers: readonly BulkHandler[]
  readonly place: StatePlace
  readonly talk: Talk
  readonly saved: Saved[]
}

/** Where the change of that number keeps what it needs. */
export const slotOf = ({journal, place}: Work, n: number): Slot => ({
  n,
  journalId: journal.id,
  backups: join(place.backups, journal.id),
  note: note => journal.append({type: 'note', n, note}),
})

/** What a bulk handler is given. */
export const bulkContext = ({journal, place, talk}: Work, n: number): BulkContext => ({
  journalId: journal.id,
  place,
  note: note => journal.append({type: 'note', n, note}),
  progress: talk.progress ?? (() => undefined),
  warn: talk.warn ?? (() => undefined),
  signal: talk.signal ?? new AbortController().signal,
})

/** Removes what still waits beside its target. */
export const dropTemporaries = ({saved}: Work): void => {
  for (const entry of saved) if (entry?.temporary !== undefined) removeIfThere(entry.temporary)
}

/** True when the change of that number was made and its outcome is in the journal. */
export const isDone = ({journal}: Work, n: number): boolean =>
  journal.records.some(record => record.type === 'done' && record.n === n)

/** Makes one simple change, with the journal one step ahead. */
export const commitSimple = async (work: Work, n: number, change: SimpleChange): Promise<void> => {
  const effect = effectOf(change)
  work.journal.append({type: 'begin', n})
  await effect.commit(change, slotOf(work, n), work.saved[n] ?? {})
  work.journal.append({type: 'done', n, after: effect.outcome(change)})
}

// A program is not run, and a handler not called, a second time to take back what is taken back already.
const isReverted = ({journal}: Work, n: number): boolean =>
  journal.records.some(record => record.type === 'reverted' && record.n === n)

/** Takes a whole bulk change back; gives what could not be. */
const rollBackBulk = async (work: Work, n: number, change: BulkChange): Promise<string[]> => {
  if (!isDone(work, n)) return []
  const direction = change.direction === 'apply' ? 'undo' : 'apply'
  const {complete} = await handlerOf(work.handlers, change.handler)[direction](change, bulkContext(work, n))
  return complete ? [] : [change.summary]
}

/** Takes a simple change back; gives what somebody else has changed since, or what its program would not take back. */
const rollBackSimple = async (work: Work, n: number, change: SimpleChange): Promise<string[]> => {
  const effect = effectOf(change)
  const slot = slotOf(work, n)
  const saved = work.saved[n] ?? {}
  const standing = effect.standing(change, slot, saved)
  if (standing === 'other') return ['path' in change ? change.path : change.argv.join(' ')]
  if (standing === 'before') return []
  try {
    await effect.revert(change, slot, saved)
    return []
  } catch (error) {
    // A program that fails today fails tomorrow too: told as left behind, or recovery would never come to an end.
    if (change.kind === 'run' && isOpsError(error)) return [error.message]
    throw error
  }
}

/**
 * Takes back what was begun, last first; gives what somebody else has changed since and that stays as it is. One that
 * fails does not keep the others from being taken back; it is thrown in the end, and recovery may try again.
 */
export const rollBack = async (work: Work, last: number): Promise<string[]> => {
  // First: a directory that the plan made can only go when nothing of ours waits in it.
  dropTemporaries(work)
  const conflicts: string[] = []
  const failures: unknown[] = []
  for (let n = last; n >= 0; n--) {
    const change = work.plan.changes[n]
    if (change === undefined || isReverted(work, n)) continue
    try {
      const left = change.kind === 'bulk' ? await rollBackBulk(work, n, change) : await rollBackSimple(work, n, change)
      conflicts.push(...left)
      if (left.length === 0) work.journal.appendIfPossible({type: 'reverted', n})
    } catch (error) {
      // Thrown below.
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
  return conflicts
}

/** Writes how it ended: `null` = done, else rolled back, with the conflicts that remained. */
export const writeEnd = (work: Work, {conflicts, complete}: {conflicts: readonly string[] | null; complete: boolean}): void => {
  dropTemporaries(work)
  // Copies that nothing will be undone from; with conflicts they are what the administrator compares with.
  if (conflicts?.length === 0) fs.rmSync(slotOf(work, 0).backups, {recursive: true, force: true})
  const at = new Date().toISOString()
  if (conflicts === null) work.journal.append({type: 'end', status: 'done', at, complete})
  else if (conflicts.length === 0) work.journal.append({type: 'end', status: 'rolled-back', at, complete})
  else work.journal.append({type: 'end', status: 'conflict', at, complete, conflicts})
}

/** Number of the last change that was begun; -1 when none was. */
export const lastBegun = ({journal}: Work): number =>
  journal.records.reduce((last, record) => (record.type === 'begin' ? Math.max(last, record.n) : last), -1)
