// The plan that takes a journalled change back.
import {join} from 'node:path'

import {OpsError} from '../errors.js'
import type {BulkChange, Change, Plan} from '../plan.js'
import {handlerOf, type BulkHandler} from './bulk.js'
import {effectOf} from './changes/index.js'
import {planOf, savedOf, statusOf, type JournalEntry} from './journal-entries.js'
import type {StatePlace} from './state.js'

const refuse = (code: string, message: string, hint: string): never => {
  throw new OpsError(code, message, {exit: code === 'UNFINISHED' ? 'tryAgain' : 'usage', hint})
}

/** Why a change cannot be undone now, thrown as an OpsError; silence means that it can. */
const checkStatus = (entry: JournalEntry, entries: readonly JournalEntry[]): void => {
  const {id, plan} = entry
  const status = statusOf(entry, entries)
  if (status === 'interrupted') refuse('UNFINISHED', `${id} was cut off or is still running`, `mailops recover ${id}`)
  if (status === 'undone') refuse('ALREADY_UNDONE', `${id} (${plan.subject}) is undone already`, 'mailops history')
  if (status === 'rolled-back' || status === 'conflict')
    refuse('NOTHING_TO_UNDO', `${id} (${plan.subject}) ended as ${status}, nothing of it is in place`, 'mailops history')
  if (!plan.undoable)
    refuse('NOT_UNDOABLE', `${id} (${plan.subject}) cannot be undone`, `mailops history ${id}`)
}

// A bulk change is not done again by undoing its undo: what it would find by then is another queue.
const undoBulk = (change: BulkChange, handlers: readonly BulkHandler[]): BulkChange => ({
  ...change,
  direction: 'undo',
  undoable: false,
  summary: handlerOf(handlers, change.handler).describeUndo(change.args),
  why: 'take back',
})

/**
 * The inverse of a change, last step first, each with what was left behind as its precondition.
 * @throws OpsError when it is not there to be undone, or something in it cannot be
 */
export const undoPlan = (
  entry: JournalEntry,
  {entries, handlers, place}: {entries: readonly JournalEntry[]; handlers: readonly BulkHandler[]; place: StatePlace},
): Plan => {
  checkStatus(entry, entries)
  const plan = planOf(entry)
  const saved = savedOf(entry.records)
  const simple = (n: number): Change | null => {
    const change = plan.changes[n]
    const done = entry.records.findLast(record => record.type === 'done' && record.n === n)
    if (change === undefined || change.kind === 'bulk' || done?.type !== 'done') return null
    const slot = {n, journalId: entry.id, backups: join(place.backups, entry.id)}
    return effectOf(change).inverse(change, {slot, saved: saved[n] ?? {}, after: done.after})
  }
  const begun = new Set(entry.records.flatMap(record => (record.type === 'begin' ? [record.n] : [])))
  const changes = plan.changes
    // A change that ended in part may not have come to its last ones.
    .map((change, n) => (!begun.has(n) ? null : change.kind === 'bulk' ? undoBulk(change, handlers) : simple(n)))
    .filter(change => change !== null)
    .toReversed()
  return {subject: `undo ${plan.subject}`, resource: plan.resource, changes, ...(plan.onCrash && {onCrash: plan.onCrash})}
}
