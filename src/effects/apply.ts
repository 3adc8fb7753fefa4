// Applies a plan: lock, check, stage all that needs room, then change, with the journal one step ahead.
import {join} from 'node:path'

import {OpsError, describe, isOpsError} from '../errors.js'
import {changeJson, isUndoable, type BulkChange, type Plan} from '../plan.js'
import {handlerOf, type BulkHandler, type BulkResult} from './bulk.js'
import {isUnfinished, listJournals, notesOf, statusOf, type JournalEntry} from './journal-entries.js'
import {createJournal, settleJournal} from './journal.js'
import {checkPlan, checkPreconditions} from './preconditions.js'
import {lockResource} from './resource-lock.js'
import {checkSpace, stageAll, stageChange} from './stage.js'
import {statePlace, type StatePlace} from './state.js'
import {underWay} from './under-way.js'
import {bulkContext, commitSimple, rollBack, writeEnd, type Talk, type Work} from './work.js'

/** How a plan is applied. */
export interface ApplyOptions extends Talk {
  /** Handlers of the bulk changes in the plan. */
  readonly handlers?: readonly BulkHandler[]
  readonly place?: StatePlace
  /** How long to wait while another plan is at work on the resource; not at all unless told. */
  readonly waitMs?: number
  /** Set when the plan takes back another change. */
  readonly undoOf?: string
  /** Looks at the outcome; what it throws rolls everything back that can be. */
  readonly verify?: () => Promise<void>
}

/** A plan that was applied. */
export interface Applied {
  readonly journalId: string
  /** What each bulk change gave, in the order of the plan. */
  readonly bulk: readonly BulkResult[]
}

/** Refuses to start while an earlier change of the same resource is unfinished: it would be taken for part of ours. */
const refuseUnfinished = (entries: readonly JournalEntry[], resource: string): void => {
  // We hold the resource: none of these can still be at work.
  const left = entries.find(entry => entry.plan.resource === resource && isUnfinished(entry))
  if (left === undefined) return
  throw new OpsError('UNFINISHED', `${left.plan.subject} of ${left.plan.at} (${left.id}) on ${resource} was cut off`, {
    exit: 'tryAgain',
    hint: 'mailops recover',
  })
}

/** Two may have asked to take back the same change: the plan of the second was made before the first was done. */
const refuseUndone = (entries: readonly JournalEntry[], undoOf: string | undefined): void => {
  const entry = entries.find(({id}) => id === undoOf)
  if (entry === undefined || statusOf(entry, entries) !== 'undone') return
  throw new OpsError('ALREADY_UNDONE', `${undoOf} was undone meanwhile`, {exit: 'tryAgain', hint: 'mailops history'})
}

const applyBulk = async (work: Work, n: number, change: BulkChange): Promise<BulkResult> => {
  const handler = handlerOf(work.handlers, change.handler)
  work.journal.append({type: 'begin', n})
  const outcome = await handler[change.direction](change, bulkContext(work, n))
  work.journal.append({type: 'done', n, after: null, result: outcome.result, complete: outcome.complete})
  return outcome
}

/** Takes back what was done after a failure; gives the error to throw. */
const takeBack = async (work: Work, n: number, error: unknown): Promise<unknown> => {
  try {
    return await takeBackOrThrow(work, n, error)
  } catch (second) {
    // Both are needed: the first says what to mend, the second why the machine is not as it was.
    const {message, code} = describe(error)
    return new OpsError('NOT_TAKEN_BACK', `${message} [${code}]; and taking back what was done failed: ${describe(second).message}`, {
      exit: 'io',
      hint: `mailops recover ${work.journal.id}`,
      cause: second,
    })
  }
}

const takeBackOrThrow = async (work: Work, n: number, error: unknown): Promise<unknown> => {
  work.journal.appendIfPossible({type: 'failed', n, error: describe(error).message})
  const change = work.plan.changes[n]
  // A bulk change that threw may have left something: only its handler can tell.
  if (change?.kind === 'bulk') {
    const notes = notesOf(work.journal.records, n)
    const outcome = await handlerOf(work.handlers, change.handler).recover(change, {...bulkContext(work, n), notes})
    if (outcome === 'done') {
      writeEnd(work, {conflicts: null, complete: false})
      const wayBack = isUndoable(work.plan) ? `; take it back with: mailops undo ${work.journal.id}` : ''
      work.talk.warn?.(`what was done until then stands${wayBack}`)
      return error
    }
  }
  const conflicts = await rollBack(work, n)
  writeEnd(work, {conflicts, complete: true})
  if (conflicts.length === 0 || !isOpsError(error)) return error
  return new OpsError('CONFLICT', `${error.message}; left as somebody else changed it: ${conflicts.join(', ')}`, {
    exit: 'io',
    hint: `compare with the copies in ${join(work.place.backups, work.journal.id)}`,
    cause: error,
  })
}

const refuseInterrupted = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted === true) throw new OpsError('INTERRUPTED', 'interrupted; everything was taken back', {exit: 'interrupted'})
}

const carryOut = async (work: Work, verify: ApplyOptions['verify']): Promise<BulkResult[]> => {
  const bulk: BulkResult[] = []
  let n = -1
  try {
    const waiting = stageAll(work)
    for (const change of work.plan.changes) {
      n++
      refuseInterrupted(work.talk.signal)
      if (waiting.has(n)) stageChange(work, n)
      if (change.kind === 'bulk') bulk.push(await applyBulk(work, n, change))
      else await commitSimple(work, n, change)
    }
    await verify?.()
  } catch (error) {
    // Whatever it was: first bring the machine back, then report it.
    throw await takeBack(work, n, error)
  }
  writeEnd(work, {conflicts: null, complete: bulk.every(({complete}) => complete)})
  return bulk
}

const writePlan = ({journal, plan}: Work, undoOf: string | undefined): void =>
  journal.append({
    type: 'plan',
    version: 1,
    id: journal.id,
    at: new Date().toISOString(),
    subject: plan.subject,
    resource: plan.resource,
    onCrash: plan.onCrash ?? 'rollback',
    undoable: isUndoable(plan),
    uid: process.getuid?.() ?? 0,
    pid: process.pid,
    ...(undoOf !== undefined && {undoOf}),
    changes: plan.changes.map(changeJson),
  })

/**
 * Applies a plan and gives its journal id. All or nothing for simple changes; a bulk change may end in part, which its
 * result says.
 * @throws OpsError 75 when the resource is busy, changed or has an unfinished change; 73 when there is no room
 */
export const applyPlan = (plan: Plan, options: ApplyOptions = {}): Promise<Applied> => underWay(() => applyNow(plan, options))

const applyNow = async (plan: Plan, options: ApplyOptions): Promise<Applied> => {
  const {handlers = [], place = statePlace(), undoOf, verify} = options
  checkPlan(plan)
  const lock = await lockResource(plan.resource, place, options.waitMs)
  try {
    const {entries} = listJournals(place)
    refuseUnfinished(entries, plan.resource)
    refuseUndone(entries, undoOf)
    checkPreconditions(plan)
    checkSpace(plan, place)
    const journal = await createJournal(place, plan.changes.length)
    try {
      const work: Work = {plan, journal, handlers, place, talk: options, saved: []}
      writePlan(work, undoOf)
      return {journalId: journal.id, bulk: await carryOut(work, verify)}
    } finally {
      await journal.close()
      settleJournal(place, journal)
    }
  } finally {
    await lock.release()
  }
}
