// Keeps qmail-send away while a repair is at work, also from a queue whose lock file is what is broken.
import * as fs from 'node:fs'

import {isOpsError} from 'mailops/core'
import type {BulkContext} from 'mailops/effects'

import {lookAt} from '../check/look.js'
import {inUse, mutexOf, sendRunning, withQueueLock, type Held, type StopOptions} from '../purge-offline/queue-lock.js'

/** For undo and recover, which never stop a qmail-send. */
export const NO_STOP: StopOptions = {stop: false, timeoutMs: 0}

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
  if (lookAt(mutexOf(queue)) !== undefined) return withQueueLock(queue, options, context, work).catch(inOurWords(queue, context))
  if (hasReader(queue)) throw inUse(queue, null, 'stop qmail-send: its lock is gone, and it cannot be told from here who started it')
  return {value: await work(context.signal), downtimeMs: 0}
}


/** The words of a purge would name methods that a repair does not have. */
const inOurWords = (queue: string, {place}: Pick<BulkContext, 'place'>) => async (error: unknown): Promise<never> => {
  if (!isOpsError(error) || error.code !== 'QUEUE_IN_USE') throw error
  throw inUse(queue, await sendRunning(queue, place), 'stop qmail-send, run the command again, then start it; mailops qmail check --repair --stop does that by itself')
}
