// Keeps qmail-send away while a repair is at work, also from a queue whose lock file is what is broken.
import * as fs from 'node:fs'

import type {BulkContext} from 'mailops/effects'

import {lookAt} from '../check/look.js'
import {inUse, mutexOf, withQueueLock, type Held, type StopOptions} from '../purge-offline/queue-lock.js'

/** True when a process has lock/trigger open for reading, as qmail-send has for all its life. */
const hasReader = (queue: string): boolean => {
  const path = `${queue}/lock/trigger`
  if (lookAt(path)?.type !== 'fifo') return false
  try {
    fs.closeSync(fs.openSync(path, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOFOLLOW))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENXIO') return false // nobody reads
    throw error
  }
}

/**
 * As `withQueueLock`; without a lock/sendmutex no qmail-send can start (qmail-send.c opens it first), so that only one
 * that has been running since before it went away has to be ruled out.
 * @throws OpsError 75 `QUEUE_IN_USE`
 */
export const withoutSend = async <T>(
  queue: string,
  {options, context}: {options: StopOptions; context: Pick<BulkContext, 'place' | 'signal'>},
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Held<T>> => {
  if (lookAt(mutexOf(queue)) !== undefined) return withQueueLock(queue, options, context, work)
  if (hasReader(queue)) throw inUse(queue, null, 'stop qmail-send: its lock is gone, and it cannot be told from here who started it')
  return {value: await work(context.signal), downtimeMs: 0}
}
