// After a crash: what a journal left unfinished is finished or taken back.
import * as fs from 'node:fs'

import {describe, isOpsError, OpsError, type ErrorDescription} from '../errors.js'
import type {Change} from '../plan.js'
import {handlerOf, type BulkHandler} from './bulk.js'
import {effectOf} from './changes/index.js'
import {childrenEnded} from './children.js'
import {readSeen, removeIfThere} from './files.js'
import {isUnfinished, listJournals, notesOf, planOf, savedOf, type JournalEntry, type JournalStatus} from './journal-entries.js'
import {reopenJournal, settleJournal, type Journal} from './journal.js'
import {tryLock} from './lock/index.js'
import {lockResource} from './resource-lock.js'
import type {StatePlace} from './state.js'
import {underWay} from './under-way.js'
import {bulkContext, commitSimple, isDone, lastBegun, rollBack, slotOf, writeEnd, type Talk, type Work} from './work.js'

const BLANK_MS = 10_000

/** What became of a change that was cut off. */
export interface Recovered {
  readonly id: string
  readonly subject: string
  readonly resource: string
  /** `running`: another process is still at work on it, nothing was done. `interrupted`: see `error`. */
  readonly outcome: JournalStatus | 'running'
  readonly conflicts: readonly string[]
  /** Why it could not be recovered now. */
  readonly error?: ErrorDescription
}

/** Goes on where the crash was. */
const finish = async (work: Work): Promise<void> => {
  const begun = lastBegun(work)
  for (const [n, change] of work.plan.changes.entries()) {
    if (change.kind === 'bulk' || isDone(work, n)) continue
    const effect = effectOf(change)
    // A program that was cut off is run again; everything else shows on the disk whether it was made.
    const isMade = n === begun && change.kind !== 'run' && effect.standing(change, slotOf(work, n), work.saved[n] ?? {}) === 'after'
    if (!isMade) await commitSimple(work, n, change)
    else {
      effect.complete?.(change)
      work.journal.append({type: 'done', n, after: effect.outcome(change)})
    }
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
  const has = (wanted: string): boolean => journal.records.some(({type}) => type === wanted)
  // What was being taken back when it was cut off is taken back to the end.
  return plan.onCrash === 'finish' && has('staged') && !has('failed') && !has('reverted') && plan.changes.every(isReady)
}

/** False when it could not: somebody has changed files since, or a program failed. Then it has to be taken back. */
const finished = async (work: Work): Promise<boolean> => {
  if (!mayFinish(work)) return false
  try {
    await finish(work)
  } catch (error) {
    if (!isOpsError(error)) throw error
    work.journal.append({type: 'failed', n: lastBegun(work), error: error.message})
    return false
  }
  writeEnd(work, {conflicts: null, complete: true})
  return true
}

const settle = async (work: Work): Promise<void> => {
  await childrenEnded(work.journal.records, work.talk)
  if (await finished(work)) return
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

const settleLocked = async (entry: JournalEntry, journal: Journal, {handlers, place, talk}: RecoverOptions): Promise<void> => {
  const lock = await lockResource(entry.plan.resource, place).catch((error: unknown) => {
    throw withoutResource(entry, error)
  })
  try {
    await settle({plan: planOf(entry), journal, handlers, place, talk, saved: savedOf(journal.records)})
  } finally {
    await lock.release()
  }
}

/** It may be on a file system that is not mounted, so it is never given up without being told. */
const withoutResource = ({path, plan}: JournalEntry, error: unknown): unknown => {
  if (!isOpsError(error) || error.code !== 'ENOENT') return error
  return new OpsError('RESOURCE_GONE', `${plan.resource} is not there, so what was done in it cannot be finished or taken back`, {
    exit: 'noInput',
    hint: `mount it, then mailops recover; if it is gone for good: rm ${path}`,
    cause: error,
  })
}

/** Recovers one unfinished change; null when it was none. It may itself be cut off at any instant and be run again. */
const recoverOne = async (entry: JournalEntry, options: RecoverOptions): Promise<Recovered | null> => {
  const {id, plan} = entry
  const said = {id, subject: plan.subject, resource: plan.resource, conflicts: []}
  const journal = await reopenJournal(entry, options.place)
  if (journal === null) return {...said, outcome: 'running'}
  try {
    // Whoever was at work when the journals were listed may have come to its end since.
    if (!isUnfinished(journal)) return null
    await settleLocked(entry, journal, options)
  } finally {
    await journal.close()
    settleJournal(options.place, journal)
  }
  const end = journal.records.findLast(record => record.type === 'end')
  if (end?.type !== 'end') throw new Error(`recovery of ${id} came to no end`)
  // As history says it: what a bulk change did until it was cut off stands, and is not all.
  const outcome = end.status === 'done' && !end.complete ? 'partly-done' : end.status
  return {...said, outcome, conflicts: end.conflicts ?? []}
}

/** As `recoverOne`; an error is part of the answer, so that what cannot be recovered does not keep the rest from it. */
const recoverOrSay = async (entry: JournalEntry, options: RecoverOptions): Promise<Recovered | null> => {
  const {id, plan} = entry
  try {
    return await recoverOne(entry, options)
  } catch (error) {
    // Its owner has moved it to its place meanwhile, as it does when it ends.
    const moved = readSeen(entry.path) === null ? listJournals(options.place).entries.find(one => one.id === id) : undefined
    if (moved !== undefined) return recoverOrSay(moved, options)
    // A bug without its stack cannot be mended.
    if (!isOpsError(error) && error instanceof Error) options.talk.warn?.(error.stack ?? error.message)
    return {id, subject: plan.subject, resource: plan.resource, outcome: 'interrupted', conflicts: [], error: describe(error)}
  }
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

/** What to recover, and with what. */
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
  const left = entries.filter(entry => isUnfinished(entry) && (options.id === undefined || entry.id === options.id))
  const recovered: Recovered[] = []
  for (const entry of left.toReversed()) {
    const one = await underWay(() => recoverOrSay(entry, options))
    if (one !== null) recovered.push(one)
  }
  return recovered
}
