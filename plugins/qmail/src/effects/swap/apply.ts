// The swap itself: everything that takes long before qmail-send stops, or after it runs again.
import * as fs from 'node:fs'
import {setImmediate} from 'node:timers/promises'

import type {BulkContext, BulkResult} from 'mailops/effects'

import type {TrashedMessage} from '../../trash/manifest.js'
import {recoverArgv} from '../live/recover-argv.js'
import {pullTrigger} from '../live/sending.js'
import {withQueueLock, type StopOptions} from '../purge-offline/queue-lock.js'
import {createTrash, queueIdentity, removeTrash, type Trash} from '../trash/index.js'
import {exchange, isSwapped, prepareDirectories, requireSwappable, swapOrder, syncExchange, NEW} from './directories.js'
import {exchangeBack} from './exchange-back.js'
import {bringLiveInjections, sweep, type Sweep} from './in-flight.js'
import type {SwapArgs} from './swap-args.js'

/** What only the command knows: how to stop qmail-send, and what it has listed. */
export interface SwapLive {
  /** `recoverArgv` is ours to add. */
  readonly stop: StopOptions
  /** For the manifest; what is really in the trash is seen by looking. */
  readonly messages?: Iterable<TrashedMessage> | undefined
}

const newTrash = (args: SwapArgs, live: SwapLive, id: string): Trash => {
  const {queue, layout, token, messages, bytes} = args
  const trash = createTrash({
    header: {id, token, at: new Date().toISOString(), method: 'swap', ...queueIdentity(queue), layout, messages, bytes},
    messages: live.messages ?? [],
    files: new Map(),
    directories: false,
  })
  try {
    prepareDirectories(queue, trash.path, layout)
    return trash
  } catch (error) {
    removeTrash(queue, trash.path) // nothing of the queue is in it yet
    throw error
  }
}

/** Renames the directories; what fails half-way is put back before anybody starts qmail-send on it. Gives milliseconds. */
const renameAll = ({queue, layout}: SwapArgs, trash: string): number => {
  const began = performance.now()
  try {
    exchange({queue, from: `${trash}/${NEW}`, to: trash}, swapOrder(layout))
    return performance.now() - began
  } catch (error) {
    exchangeBack(queue, trash, layout)
    throw error
  }
}

/** After qmail-send runs again: brings over whatever was being injected, then clears up. Idempotent. */
export const finishSwap = async (args: SwapArgs, trash: string, context: Pick<BulkContext, 'note'>): Promise<Sweep> => {
  const {queue, layout, keep} = args
  syncExchange({queue, from: `${trash}/${NEW}`, to: trash})
  if (fs.existsSync(`${trash}/${NEW}`)) fs.rmdirSync(`${trash}/${NEW}`)
  const swept = await sweep({queue, trash, layout}, () => setImmediate())
  // Cheap, and right also when the todo/N of one that was brought over was linked long ago.
  if (swept.inFlight > 0) pullTrigger(queue)
  if (!keep) {
    // From here on the remains of the old set must not be taken for messages in flight.
    context.note({swept: {...swept}})
    removeTrash(queue, trash)
  }
  return swept
}

const milliseconds = (ms: number): number => Math.round(ms * 1000) / 1000

/** Applies a swap purge. */
export const applySwap = async (args: SwapArgs, live: SwapLive, context: BulkContext): Promise<BulkResult> => {
  const {queue, layout, keep} = args
  requireSwappable(queue, layout)
  const trash = newTrash(args, live, context.journalId)
  const work = async () => {
    const began = performance.now()
    const renameMs = renameAll(args, trash.path)
    const brought = bringLiveInjections({queue, trash: trash.path, layout})
    return {renameMs, brought, unavailableMs: performance.now() - began}
  }
  const stop = {...live.stop, recoverArgv: recoverArgv(context.journalId)}
  const {value, downtimeMs} = await withQueueLock(queue, stop, context, work).catch((error: unknown) => {
    // Nothing was swapped, or all was put back, by the time qmail-send was started again.
    if (!isSwapped(trash.path, layout)) removeTrash(queue, trash.path)
    throw error
  })
  if (value.brought > 0) pullTrigger(queue)
  const swept = await finishSwap(args, trash.path, context)
  return {
    result: {
      queue,
      method: 'swap',
      selected: args.messages,
      removed: swept.messages,
      marked: 0,
      skipped: [],
      bytes: swept.bytes,
      trash: keep ? trash.path : null,
      serviceDowntimeMs: downtimeMs,
      inFlight: swept.inFlight + value.brought,
      renameMs: milliseconds(value.renameMs),
      // What does not depend on stopping and starting qmail-send.
      unavailableMs: milliseconds(value.unavailableMs),
    },
    complete: true,
  }
}
