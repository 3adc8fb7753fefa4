// After a crash: what a journal left unfinished is finished or taken back.
import * as fs from 'node:fs'

import type {Change} from '../plan.js'
import {handlerOf, type BulkHandler} from './bulk.js'
import {effectOf} from './changes/index.js'
import {readSeen, removeIfThere} from './files.js'
import {listJournals, notesOf, planOf, savedOf, statusOf, type JournalEntry, type JournalStatus} from './journal-entries.js'
import {reopenJournal, settleJournal} from './journal.js'
import {tryLock} from './lock/index.js'
import {lockResource} from './resource-lock.js'
import type {StatePlace} from './state.js'
import {bulkContext, isDone, lastBegun, rollBack, slotOf, writeEnd, type Talk, type Work} from './work.js'

const BLANK_MS = 10_000

export interface Recovered {
  readonly id: string
  readonly subject: string
  readonly resource: string
  /** `running`: another process is still at work on it, nothing was done. */
  readonly outcome: JournalStatus | 'running'
  readonly conflicts: readonly string[]
}

/** Goes on where the crash was. */
const finish = async (work: Work): Promise<void> => {
  const begun = lastBegun(work)
  for (const [n, change] of work.plan.changes.entries()) {
    if (change.kind === 'bulk') continue
    const effect = effectOf(change)
    const slot = slotOf(work, n)
    const saved = work.saved[n] ?? {}
    if (isDone(work, n)) continue
    // A program that was cut off is run again; everything else shows on the disk whether it was made.
    const isMade = n === begun && change.kind !== 'run' && effect.standing(change, slot, saved) === 'after'
    if (isMade) effect.complete?.(change)
    else await effect.commit(change, slot, saved)
  }
}

/** A plan can only be finished when all that is still to be written had been staged before the crash. */
const mayFinish = (work: Work): boolean => {
  const {plan, journal, saved} = work
  const begun = lastBegun(work)
  const isReady = (change: Change, n: number): boolean => {
    if (change.kind !== 'write' || n < begun) return change.kind !== 'bulk'
    const {temporary = '', afterSha256} = saved[n] ?? {}
    // A torn one is there too, with other bytes.
    if (readSeen(temporary, {digest: true})?.sha256 === afterSha256 && afterSha256 !== undefined) return true
    return n === begun && effectOf(change).standing(change, slotOf(work, n), saved[n] ?? {}) === 'after'
  }
  return (
    plan.onCrash === 'finish' && journal.records.some(({type}) => type === 'staged') && plan.changes.every(isReady)
  )
}

const settle = async (work: Work): Promise<void> => {
  if (mayFinish(work)) {
    await finish(work)
    writeEnd(work, {conflicts: null, complete: true})
    return
  }
  const begun = lastBegun(work)
  const change = work.plan.changes[begun]
  const done = work.journal.records.find(record => record.type === 'done' && record.n === begun)
  // Everything was done, only the last record is missing.
  if (done?.type === 'done' && begun === work.plan.changes.length - 1 && change?.kind === 'bulk') {
    writeEnd(work, {conflicts: null, complete: done.complete ?? true})
    return
  }
  if (change?.kind === 'bulk' && done === undefined) {
    const notes = notesOf(work.journal.records, begun)
    const context = {...bulkContext(work, begun), notes}
    if ((await handlerOf(work.handlers, change.handler).recover(change, context)) === 'done') {
      writeEnd(work, {conflicts: null, complete: false})
      return
    }
    writeEnd(work, {conflicts: await rollBack(work, begun - 1), complete: true})
    return
  }
  writeEnd(work, {conflicts: await rollBack(work, begun), complete: true})
}

/** Recovers one unfinished change. Idempotent: it may itself be cut off at any instant and be run again. */
const recoverOne = async (entry: JournalEntry, {handlers, place, talk}: RecoverOptions): Promise<Recovered> => {
  const {id, plan} = entry
  const said = {id, subject: plan.subject, resource: plan.resource}
  const journal = await reopenJournal(entry, place)
  if (journal === null) return {...said, outcome: 'running', conflicts: []}
  try {
    const lock = await lockResource(plan.resource, place)
    try {
      const work: Work = {plan: planOf(entry), journal, handlers, place, talk, saved: savedOf(journal.records)}
      await settle(work)
    } finally {
      await lock.release()
    }
  } finally {
    await journal.close()
    settleJournal(place, journal)
  }
  const end = journal.records.findLast(record => record.type === 'end')
  return end?.type === 'end'
    ? {...said, outcome: end.status, conflicts: end.conflicts ?? []}
    : {...said, outcome: 'interrupted', conflicts: []}
}

/** Removes journals that a crash left without a record, unless somebody is just about to write one. */
const dropBlank = async (paths: readonly string[], {run}: StatePlace): Promise<void> => {
  for (const path of paths) {
    const lock = await tryLock(path, {runDir: run})
    if (lock === null) continue
    // Between its creation and its lock a new journal is blank too; only an old one is a leftover.
    if (Date.now() - fs.statSync(path).mtimeMs > BLANK_MS) removeIfThere(path)
    await lock.release()
  }
}

export interface RecoverOptions {
  readonly handlers: readonly BulkHandler[]
  readonly place: StatePlace
  readonly talk: Talk
  /** Only this change; all of them unless given. */
  readonly id?: string
}

/**
 * Finishes or takes back every change that was cut off, newest first, since a later one may rest on an earlier one.
 * @returns what became of each; a journal that cannot be read is given to `talk.warn`
 */
export const recover = async (options: RecoverOptions): Promise<Recovered[]> => {
  const {entries, unreadable, blank} = listJournals(options.place)
  await dropBlank(blank, options.place)
  for (const {path, error} of unreadable) options.talk.warn?.(`${path}: ${(error as Error).message}`)
  const left = entries.filter(
    entry => statusOf(entry, entries) === 'interrupted' && (options.id === undefined || entry.id === options.id),
  )
  const recovered: Recovered[] = []
  for (const entry of left.toReversed()) recovered.push(await recoverOne(entry, options))
  return recovered
}
