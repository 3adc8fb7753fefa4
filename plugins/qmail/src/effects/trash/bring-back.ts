// Brings messages of a trash back into the queue by the way that fits: under its lock, or through a running qmail-send.
import {tryLock, type BulkContext, type BulkResult} from 'mailops/effects'

import {Skips} from '../../purge/outcome.js'
import {compileSelection} from '../../selection/compile.js'
import type {Selection} from '../../selection/selection.js'
import {mutexOf} from '../purge-offline/queue-lock.js'
import {syncParts} from '../purge-offline/verify.js'
import {scanQueue, selectMessages, type OpenQueue} from '../reading/index.js'
import {trashAsQueue} from './contents.js'
import {removeTrash} from './discard.js'
import type {Trash} from './place.js'
import {restoreLive} from './restore-live.js'
import {restoreMessages, type Restored, type Restoring} from './restore.js'
import {settleRestore} from './settle.js'

/** What to bring back. */
export interface BringBack {
  readonly queue: OpenQueue
  readonly trash: Trash
  /** All of the trash unless given. */
  readonly selection?: Selection | undefined
}

type Context = Pick<BulkContext, 'place' | 'signal' | 'progress' | 'warn'>

/**
 * Restores, and removes the trash when nothing is left in it; complete is false as long as something is.
 * The queue's lock is taken when it is free; otherwise qmail-send runs, and the messages are injected again.
 */
export const bringBack = async (what: BringBack, context: Context): Promise<BulkResult> => {
  const {queue, trash} = what
  const lock = await tryLock(mutexOf(queue.path), {runDir: context.place.run})
  const skips = new Skips()
  try {
    await settleRestore({queue, trash, signal: context.signal, locked: lock !== null})
    const restoring = {...(await chosen(what)), queue, trash, skips, signal: context.signal, progress: context.progress}
    const restored = lock === null ? await live(restoring, context) : await restoreMessages(restoring)
    syncParts(queue.path, queue.layout, ['mess', 'intd', 'todo', 'info', 'bounce', ...queue.layout.channels])
    return outcome(what, restored, {skips, method: lock === null ? 'live' : 'offline'})
  } finally {
    await lock?.release()
  }
}

const chosen = async ({queue, trash, selection = {}}: BringBack): Promise<Pick<Restoring, 'chosen'>> => {
  const compiled = compileSelection(selection, Math.floor(Date.now() / 1000))
  return {chosen: (await selectMessages(trashAsQueue(queue, trash), compiled)).snapshot}
}

const live = async (restoring: Restoring, {warn}: Context): Promise<Restored> => {
  const restored = await restoreLive(restoring)
  const {atNextStart, waiting} = restored
  if (atNextStart > 0)
    warn(`${atNextStart} of them have no recipient left; qmail-send finishes these when it is started next`)
  if (waiting > 0)
    warn(`qmail-send has not taken up ${waiting} of them yet; run the same command again later to give them their old age`)
  return restored
}

const outcome = (
  {queue, trash}: BringBack,
  {restored, bytes, interrupted}: Restored,
  {skips, method}: {skips: Skips; method: 'live' | 'offline'},
): BulkResult => {
  const remaining = scanQueue(trashAsQueue(queue, trash)).length
  if (remaining === 0) removeTrash(queue.path, trash.path)
  return {
    result: {queue: queue.path, trash: trash.path, method, restored, bytes, remaining, interrupted, ...skips.json()},
    complete: remaining === 0,
  }
}
