// The bulk change qmail.repair: looks again under the lock, lists every step in the trash, takes them, takes them back.
import {fromSystem, OpsError, plural, type BulkChange} from 'mailops/core'
import {syncDirectory, type BulkContext, type BulkHandler, type BulkResult} from 'mailops/effects'

import {needsStop, type Step} from '../../check/finding.js'
import {checkQueue} from '../check/check-queue.js'
import {recoverArgv} from '../live/recover-argv.js'
import type {StopOptions} from '../purge-offline/queue-lock.js'
import {openQueue, type OpenQueue} from '../reading/open-queue.js'
import {createTrash, findTrash, queueIdentity, removeTrash, type Trash} from '../trash/index.js'
import {argsOf, REPAIR, type RepairArgs} from './args.js'
import {NO_STOP, withoutSend} from './lock.js'
import {recover} from './recover-repair.js'
import {readSteps, StepWriter} from './step-list.js'
import type {StepPlace} from './steps.js'
import {takeBack} from './take-back.js'
import {outcomeJson, takeSteps} from './take-steps.js'

/**
 * The handler of repairs.
 * @param options what may be done about a qmail-send that runs; `undo` and `recover` never stop one
 */
export const repairHandler = (options: StopOptions = NO_STOP): BulkHandler => ({
  name: REPAIR,
  apply: (change, context) => apply(change, {context, options}),
  undo,
  describeUndo: args => {
    const {queue, token, findings} = argsOf(args)
    const trash = needTrash(queue, token)
    return `put back what the repair of ${plural(findings, 'finding')} changed in ${queue} (trash ${trash.id})`
  },
  recover,
})

const needTrash = (queue: string, token: string): Trash => {
  const trash = findTrash(queue, token)
  if (trash !== undefined) return trash
  throw new OpsError('TRASH_EMPTIED', `the trash of this repair of ${queue} is not there any more`, {
    exit: 'usage',
    hint: 'mailops qmail trash list',
  })
}

const openSame = ({queue, queueDev, queueIno}: RepairArgs): OpenQueue => {
  const opened = openQueue(queue)
  if (String(opened.dev) === queueDev && String(opened.ino) === queueIno) return opened
  throw new OpsError('CHANGED', `${queue} is another directory than when the plan was made`, {exit: 'tryAgain', hint: 'run the command again'})
}

const apply = async (change: BulkChange, {context, options}: {context: BulkContext; options: StopOptions}): Promise<BulkResult> => {
  const args = argsOf(change.args)
  const work = (signal: AbortSignal): Promise<BulkResult> => repair(args, {...context, signal})
  if (!args.locked) return work(context.signal)
  const guarded = {...options, recoverArgv: recoverArgv(context.journalId)}
  const {value, downtimeMs} = await withoutSend(args.queue, {options: guarded, context}, work)
  return {...value, result: {...value.result, serviceDowntimeMs: downtimeMs}}
}

const repair = async (args: RepairArgs, context: BulkContext): Promise<BulkResult> => {
  const queue = openSame(args)
  const trash = createTrash({
    header: {
      id: context.journalId, token: args.token, at: new Date().toISOString(), method: 'repair', ...queueIdentity(queue.path),
      layout: queue.layout, messages: 0, bytes: 0,
    },
    messages: [], files: new Map(), directories: false,
  })
  const place: StepPlace = {queue: queue.path, trash: trash.path}
  const mended = await listSteps(queue, {place, locked: args.locked, context})
  const outcome = await takeSteps(readSteps(trash.path)!, place, context)
  if (outcome.done === 0) removeTrash(queue.path, trash.path)
  const result = {queue: queue.path, findings: mended, ...outcomeJson(outcome), trash: outcome.done === 0 ? null : trash.path}
  return {result, complete: outcome.skippedCount === 0}
}

interface Listing {
  readonly place: StepPlace
  readonly locked: boolean
  readonly context: BulkContext
}

/** Writes what is to be done, from a look of its own: nothing rests on a list made before the lock was taken. */
const listSteps = async (queue: OpenQueue, {place, locked, context}: Listing): Promise<number> => {
  const writer = new StepWriter(place.trash)
  const last: Step[] = []
  let findings = 0
  try {
    for await (const verdict of checkQueue(queue, {signal: context.signal, progress: (done, total) => context.progress(done, total)})) {
      if (verdict.steps.length === 0 || (!locked && needsStop(verdict))) continue
      findings += verdict.findings.filter(one => one.repair !== null).length
      // Without its lock file no qmail-send can start: that ends when everything else is done.
      if (verdict.steps.some(({path, op}) => path === 'lock/sendmutex' && op === 'create')) last.push(...verdict.steps)
      else writer.add(verdict.steps)
    }
    if (last.length > 0) writer.add(last)
    writer.end()
    syncDirectory(place.trash)
    return findings
  } catch (error) {
    writer.abandon()
    throw fromSystem(error, 'write', place.trash)
  }
}

const undo = async (change: BulkChange, context: BulkContext): Promise<BulkResult> => {
  const args = argsOf(change.args)
  const trash = needTrash(args.queue, args.token)
  const work = async (): Promise<BulkResult> => takeBack(openSame(args).path, {trash, context})
  return args.locked ? (await withoutSend(args.queue, {options: NO_STOP, context}, work)).value : work()
}
