// The bulk handler of a swap purge: all messages leave by the renaming of directories.
import {join} from 'node:path'

import {OpsError, plural, type JsonObject} from 'mailops/core'
import {tryLock, type BulkContext, type BulkHandler, type BulkResult, type Lock, type StatePlace} from 'mailops/effects'

import {recoverArgv} from '../live/recover-argv.js'
import {pullTrigger} from '../live/sending.js'
import {inUse, isRunning, mutexOf, sendRunning, withQueueLock} from '../purge-offline/queue-lock.js'
import {openQueue} from '../reading/index.js'
import {bringBack} from '../trash/bring-back.js'
import {dropLeftovers} from '../live/recover-live.js'
import {findTrash, removeTrash, trashPath, type Trash} from '../trash/index.js'
import {applySwap, finishSwap, type SwapLive} from './apply.js'
import {exchange, isSwapped, isThere, NEW, swapOrder} from './directories.js'
import {exchangeBack, SINCE} from './exchange-back.js'
import {SWAP, swapArgs, type SwapArgs} from './swap-args.js'

/** How long qmail-send may take to go down for an undo, which has no --stop-timeout. */
const STOP_TIMEOUT_MS = 60_000

const gone = ({queue}: SwapArgs): OpsError =>
  new OpsError('TRASH_GONE', `the trash of this purge is no longer in ${queue}: it was emptied`, {
    exit: 'usage',
    hint: 'mailops qmail trash list',
  })

const trashOf = (args: SwapArgs): Trash => {
  const trash = findTrash(args.queue, args.token)
  if (trash === undefined) throw gone(args)
  return trash
}

const putBack = (args: SwapArgs, trash: Trash, context: BulkContext): BulkResult => {
  const {stuck} = exchangeBack(args.queue, trash.path, args.layout)
  for (const path of stuck) context.warn(`${path} stays where it is: something stands in its place`)
  if (stuck.length === 0) removeTrash(args.queue, trash.path)
  return {result: {queue: args.queue, restored: args.messages, stuck: [...stuck]}, complete: stuck.length === 0}
}

/** Undoes with the directories swapped back; what came since keeps its numbers, for the trash held the old ones. */
const undoSwap = async (args: SwapArgs, context: BulkContext): Promise<BulkResult> => {
  const {queue, stop} = args
  const trash = trashOf(args)
  // Without leave to stop qmail-send: message by message, each injected again under its number.
  if (!stop && (await isRunning(queue, context.place))) return bringBack({queue: openQueue(queue), trash}, context)
  const options = {stop, timeoutMs: STOP_TIMEOUT_MS, recoverArgv: recoverArgv(context.journalId)}
  const {value, downtimeMs} = await withQueueLock(queue, options, context, async () => putBack(args, trash, context))
  pullTrigger(queue)
  return {...value, result: {...value.result, serviceDowntimeMs: downtimeMs}}
}

/** Takes the lock for recovery; a qmail-send that works on half of a queue must be stopped by a person first. */
const lockForRecovery = async (queue: string, place: StatePlace): Promise<Lock> => {
  const lock = await tryLock(mutexOf(queue), {runDir: place.run})
  if (lock !== null) return lock
  throw inUse(queue, await sendRunning(queue, place), 'stop qmail-send, run mailops recover, start it')
}

const recoverApply = async (
  args: SwapArgs,
  context: BulkContext & {readonly notes: readonly JsonObject[]},
): Promise<'undone' | 'done'> => {
  const {queue, layout} = args
  const trash = trashPath(queue, context.journalId)
  const isSwept = context.notes.some(note => 'swept' in note)
  if (isSwept || !isThere(trash)) {
    if (isThere(trash)) removeTrash(queue, trash)
    dropLeftovers(queue)
    return isSwept ? 'done' : 'undone'
  }
  const parts = swapOrder(layout)
  if (!isSwapped(trash, layout)) {
    removeTrash(queue, trash)
    return 'undone'
  }
  if (parts.some(part => isThere(join(trash, NEW, part)))) {
    const lock = await lockForRecovery(queue, context.place)
    try {
      exchange({queue, from: join(trash, NEW), to: trash}, parts)
    } finally {
      await lock.release()
    }
  }
  await finishSwap(args, trash, context)
  pullTrigger(queue)
  return 'done'
}

const recoverUndo = async (args: SwapArgs, context: BulkContext): Promise<'undone' | 'done'> => {
  const trash = findTrash(args.queue, args.token)
  if (trash === undefined) {
    dropLeftovers(args.queue)
    return 'done'
  }
  const isBegun = isThere(join(trash.path, SINCE)) || !isSwapped(trash.path, args.layout)
  if (!isBegun) return 'undone'
  const lock = await lockForRecovery(args.queue, context.place)
  try {
    putBack(args, trash, context)
  } finally {
    await lock.release()
  }
  pullTrigger(args.queue)
  return 'done'
}

/**
 * The handler `qmail.purge.swap`.
 * @param live what the command knows; without it the handler can undo and recover, not apply
 */
export const swapHandler = (live?: SwapLive): BulkHandler => ({
  name: SWAP,
  apply: async (change, context) => applySwap(swapArgs(change.args), live ?? {stop: {stop: false, timeoutMs: STOP_TIMEOUT_MS}}, context),
  undo: async (change, context) => undoSwap(swapArgs(change.args), context),
  describeUndo: args => {
    const {path} = trashOf(swapArgs(args))
    return `put ${plural(swapArgs(args).messages, 'message')} from ${path} back into the queue, by swapping the directories`
  },
  recover: async (change, context) =>
    change.direction === 'apply' ? recoverApply(swapArgs(change.args), context) : recoverUndo(swapArgs(change.args), context),
})

