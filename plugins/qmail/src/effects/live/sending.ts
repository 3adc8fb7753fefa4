// qmail-send of one queue as others meet it: its lock, its trigger, its alarm, the service that it is.
import * as fs from 'node:fs'
import {join} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'

import {OpsError, fromSystem} from 'mailops/core'
import {detectService, type Service, type StatePlace} from 'mailops/effects'

import {sendRunning} from '../purge-offline/queue-lock.js'

/**
 * Writes the byte that makes qmail-send look into todo/ (triggerpull.c); gives false when nobody listens.
 * @throws OpsError when there is no trigger, or it is not for us
 */
export const pullTrigger = (queue: string): boolean => {
  const path = join(queue, 'lock', 'trigger')
  let fd: number
  try {
    fd = fs.openSync(path, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOFOLLOW)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENXIO') return false // no qmail-send has it open
    throw fromSystem(error, 'pull', path)
  }
  try {
    // A plain file in its place would grow by what nobody reads.
    if (!fs.fstatSync(fd).isFIFO())
      throw new OpsError('NOT_A_TRIGGER', `${path} is no FIFO: mail waits up to 25 minutes`, {exit: 'badData', hint: 'mailops qmail check'})
    fs.writeSync(fd, Buffer.alloc(1))
    return true
  } catch (error) {
    // EAGAIN: the FIFO is full of such bytes already, which does as well.
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return true
    throw fromSystem(error, 'pull', path)
  } finally {
    fs.closeSync(fd)
  }
}

/**
 * Sends ALRM: everything in the queue is due at once (qmail-send(8)). Through the service where it takes one, else to
 * the holder of the lock.
 * @throws OpsError 75 `NOT_RUNNING`
 */
export const sendAlarm = async (queue: string, place: StatePlace): Promise<void> => {
  const who = await sendRunning(queue, place)
  if (who === null) throw notRunning(queue, 'start qmail-send: it tries everything that is due')
  const service: Service | null = await detectService({pid: who.pid, serviceNames: ['qmail-send', 'qmail', 'notqmail']})
  if (service?.alarm !== undefined) return service.alarm()
  try {
    process.kill(who.pid, 'SIGALRM')
  } catch (error) {
    throw fromSystem(error, 'send ALRM to', `qmail-send (pid ${who.pid})`)
  }
}

/** The error for what only a running qmail-send can do (75). */
export const notRunning = (queue: string, hint = 'use --method offline'): OpsError =>
  new OpsError('NOT_RUNNING', `no qmail-send runs on ${queue}`, {exit: 'tryAgain', hint})

/** Waits until a condition holds, looking every 20 ms; false when it does not in time, or the signal is aborted. */
export const waitUntil = async (
  condition: () => boolean | Promise<boolean>,
  {timeoutMs, signal}: {timeoutMs: number; signal?: AbortSignal},
): Promise<boolean> => {
  const until = performance.now() + timeoutMs
  for (;;) {
    if (await condition()) return true
    if (performance.now() >= until || signal?.aborted === true) return false
    await delay(20)
  }
}
