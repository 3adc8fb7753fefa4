// After a crash of an offline purge or of its undo: every message is wholly in the queue or wholly in the trash.
import {formatNumber} from '../../queue/number.js'
import type {JsonObject} from 'mailops/core'
import {tryLock, type BulkContext} from 'mailops/effects'

import {openQueue, scanQueue, type OpenQueue} from '../reading/index.js'
import {findTrash, listTrashes, removeTrash, sweepTrashes, trashAsQueue, trashPath} from '../trash/index.js'
import {settlePurge, settleRestore} from '../trash/settle.js'
import type {OfflineArgs} from './args.js'
import {inUse, mutexOf, sendRunning} from './queue-lock.js'

type RecoverContext = BulkContext & {readonly notes: readonly JsonObject[]}
type Recovered = 'undone' | 'done'

/** The purge stands as far as it came; a trash that nothing went into yet is removed. */
export const recoverApply = async (args: OfflineArgs, context: RecoverContext): Promise<Recovered> => {
  // Each prefix of a removal is legal: nothing is to be done, and nothing could be.
  const begun = context.notes.some(note => 'begun' in note)
  if (!args.keep) return begun ? 'done' : 'undone'
  const queue = openQueue(args.queue, {control: args.control})
  const path = trashPath(queue.path, context.journalId)
  // The trash is whole before that note is written; without it nothing was moved, and whatever is there is not looked into.
  const trash = begun ? listTrashes(queue.path).trashes.find(({id}) => id === context.journalId) : undefined
  if (trash === undefined || scanQueue(trashAsQueue(queue, trash)).length === 0) {
    removeTrash(queue.path, path)
    return 'undone'
  }
  await withLockWhereFree(queue, context, async locked => {
    const left = await settlePurge({queue, trash, locked, signal: context.signal})
    if (left.length === 0) return
    const hint = `message ${left.map(formatNumber).join(', ')} is half removed: stop qmail-send, run mailops recover, start it`
    throw inUse(queue.path, await sendRunning(queue.path, context.place), hint)
  })
  return 'done'
}

/** What was begun to come back comes back; the rest stays in the trash, and can be undone later. */
export const recoverUndo = async (args: OfflineArgs, context: RecoverContext): Promise<Recovered> => {
  const trash = findTrash(args.queue, args.token)
  if (trash === undefined) {
    sweepTrashes(args.queue)
    return 'done'
  }
  const queue = openQueue(args.queue, {control: args.control})
  const before = scanQueue(trashAsQueue(queue, trash)).length
  await withLockWhereFree(queue, context, locked => settleRestore({queue, trash, locked, signal: context.signal}))
  const remaining = scanQueue(trashAsQueue(queue, trash)).length
  if (remaining === 0) removeTrash(queue.path, trash.path)
  return before === trash.header.messages && remaining === before ? 'undone' : 'done'
}

const withLockWhereFree = async (
  queue: OpenQueue,
  {place}: RecoverContext,
  work: (locked: boolean) => Promise<void>,
): Promise<void> => {
  const lock = await tryLock(mutexOf(queue.path), {runDir: place.run})
  try {
    await work(lock !== null)
  } finally {
    await lock?.release()
  }
}
