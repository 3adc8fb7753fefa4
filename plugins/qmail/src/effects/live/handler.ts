// The bulk handler of a live purge: recipients are marked as done while qmail-send runs, which ends the messages itself.
import {existsSync} from 'node:fs'

import {OpsError, plural} from 'mailops/core'
import type {BulkContext, BulkHandler, BulkResult} from 'mailops/effects'

import {isRunning, withQueueLock} from '../purge-offline/queue-lock.js'
import {openQueue} from '../reading/index.js'
import {findTrash, removeTrash, trashPath, type Trash} from '../trash/index.js'
import {applyLive, type LivePurge} from './apply.js'
import {applyOffline} from './apply-offline.js'
import {LIVE, liveArgs, type LiveArgs} from './live-args.js'
import {dropLeftovers, recoverMarks} from './recover-live.js'
import {unmarkAll} from './undo.js'

const STOP_TIMEOUT_MS = 60_000

const trashOf = ({queue, token}: LiveArgs): Trash => {
  const trash = findTrash(queue, token)
  if (trash !== undefined) return trash
  throw new OpsError('TRASH_GONE', `the trash of this purge is no longer in ${queue}: it was emptied`, {
    exit: 'usage',
    hint: 'mailops qmail trash list',
  })
}

const undo = async (args: LiveArgs, context: BulkContext): Promise<BulkResult> => {
  const trash = trashOf(args)
  const queue = openQueue(args.queue)
  const undoing = {queue, trash, context, only: args.only}
  if (await isRunning(queue.path, context.place)) return unmarkAll({...undoing, locked: false})
  const options = {stop: false, timeoutMs: STOP_TIMEOUT_MS}
  return (await withQueueLock(queue.path, options, context, () => unmarkAll({...undoing, locked: true}))).value
}

const recoverApply = async (args: LiveArgs, context: BulkContext): Promise<'undone' | 'done'> => {
  if (!args.keep) {
    context.warn('without a trash nothing tells what was marked; run the purge again, it goes on where it was cut off')
    return 'done'
  }
  const trash = findTrash(args.queue, args.token)
  const path = trashPath(args.queue, context.journalId)
  const taken = trash === undefined ? 0 : await recoverMarks(openQueue(args.queue), trash, args.only)
  if (taken > 0) return 'done'
  if (existsSync(path)) removeTrash(args.queue, path)
  dropLeftovers(args.queue)
  return 'undone'
}

/**
 * The handler `qmail.purge.live`.
 * @param live what the command knows; without it the handler can undo and recover, not apply
 */
export const liveHandler = (live?: LivePurge): BulkHandler => ({
  name: LIVE,
  apply: async (change, context) => {
    if (live === undefined) throw new OpsError('NO_SELECTION', 'a live purge is applied by mailops qmail purge', {exit: 'bug'})
    const args = liveArgs(change.args)
    return args.offline ? applyOffline(args, live, context) : applyLive(args, live, context)
  },
  undo: async (change, context) => undo(liveArgs(change.args), context),
  describeUndo: args => {
    const {messages, only} = liveArgs(args)
    const {path} = trashOf(liveArgs(args))
    return only
      ? `turn back the marks on recipients of ${plural(messages, 'message')}`
      : `turn back the marks of ${plural(messages, 'message')}, and restore from ${path} what has left meanwhile`
  },
  recover: async (change, context) => {
    const args = liveArgs(change.args)
    if (change.direction === 'apply') return recoverApply(args, context)
    if (findTrash(args.queue, args.token) !== undefined) await undo(args, context)
    else dropLeftovers(args.queue)
    return 'done'
  },
})
