// Holds a queue's lock/sendmutex, so that no qmail-send can run: at once, or by stopping the one that runs for a while.
import {join} from 'node:path'

import {OpsError} from 'mailops/core'
import {acquire, custom, detectService, holder, stopped, tryLock, type Holder, type Lock, type Service, type StatePlace} from 'mailops/effects'

/** What may be done about a qmail-send that runs. */
export interface StopOptions {
  /** False: a running qmail-send is an error. */
  readonly stop: boolean
  /** How long it may take to go down. */
  readonly timeoutMs: number
  /** Shell commands of the administrator's; the service is found by looking unless both are given. */
  readonly stopCommand?: string | undefined
  readonly startCommand?: string | undefined
  /** The command that recovers this change, for the guardian to run should this process be killed meanwhile. */
  readonly recoverArgv?: readonly [string, ...string[]] | undefined
}

/** What `withQueueLock` needs to know of its surroundings. */
export interface LockSurroundings {
  readonly place: StatePlace
  readonly signal: AbortSignal
}

/** What came of work under the lock. */
export interface Held<T> {
  readonly value: T
  /** How long qmail-send was down for us; 0 when it did not run. */
  readonly downtimeMs: number
}

const SERVICE_NAMES = ['qmail-send', 'qmail', 'notqmail']
/** A supervisor may try a start just when we look; its qmail-send ends at once when it does not get the lock. */
const LOCK_WAIT_MS = 5_000

/** The file that qmail-send holds an exclusive flock(2) on for all its life (qmail-send.c). */
export const mutexOf = (queue: string): string => join(queue, 'lock/sendmutex')

/** The qmail-send of this queue; null when none runs, or when the lock is held by somebody that cannot be seen. */
export const sendRunning = (queue: string, place: StatePlace): Promise<Holder | null> =>
  holder(mutexOf(queue), {runDir: place.run})

/** True when some process holds the lock of the queue; by trying, so it is sure also where the holder cannot be seen. */
export const isRunning = async (queue: string, place: StatePlace): Promise<boolean> => {
  const lock = await tryLock(mutexOf(queue), {runDir: place.run})
  await lock?.release()
  return lock === null
}

/** The error for a queue whose qmail-send runs (75). */
export const inUse = (queue: string, who: Holder | null, hint: string): OpsError => {
  const by = who === null ? 'another process' : `${who.command} (pid ${who.pid})`
  return new OpsError('QUEUE_IN_USE', `${queue} is in use by ${by}: it must not run while its files are changed`, {exit: 'tryAgain', hint})
}

/**
 * Does work while the queue's lock is ours. A qmail-send that runs is stopped and started again when `stop` allows it,
 * whatever happens to the work or to us.
 * @throws OpsError 75 `QUEUE_IN_USE` naming the process; 75 `STOP_TIMEOUT`, then it is up again and nothing was done
 */
export const withQueueLock = async <T>(
  queue: string,
  options: StopOptions,
  {place, signal}: LockSurroundings,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Held<T>> => {
  const locked = async (lock: Lock, combined: AbortSignal): Promise<T> => {
    try {
      return await work(combined)
    } finally {
      await lock.release()
    }
  }
  const free = await tryLock(mutexOf(queue), {runDir: place.run})
  if (free !== null) return {value: await locked(free, signal), downtimeMs: 0}
  const who = await sendRunning(queue, place)
  if (!options.stop) throw inUse(queue, who, 'add --stop to stop it meanwhile, or take a method that needs no stop: --method live')
  const service = await serviceOf(queue, who, options)
  const {value, downtimeMs} = await stopped(
    service,
    {
      isDown: async () => !(await isRunning(queue, place)),
      // Looking must not take the lock that the starting qmail-send wants.
      isUp: async () => (await sendRunning(queue, place)) !== null,
      timeoutMs: options.timeoutMs,
      ...(options.recoverArgv !== undefined && {recoverArgv: options.recoverArgv}),
    },
    async interruption =>
      locked(await acquire(mutexOf(queue), {waitMs: LOCK_WAIT_MS, runDir: place.run}), AbortSignal.any([signal, interruption])),
  )
  return {value, downtimeMs: Math.round(downtimeMs)}
}

const serviceOf = async (queue: string, who: Holder | null, options: StopOptions): Promise<Service> => {
  const {stopCommand, startCommand} = options
  const pid = who === null ? {} : {pid: who.pid}
  if (stopCommand !== undefined && startCommand !== undefined)
    return custom({name: `qmail-send of ${queue}`, stopCommand, startCommand, ...pid})
  const service = await detectService({
    ...pid,
    serviceNames: SERVICE_NAMES,
    ...(startCommand !== undefined && {startCommand}),
  })
  if (service !== null) return service
  throw new OpsError('NO_SERVICE', `who runs the qmail-send of ${queue} cannot be seen from here`, {
    exit: 'unavailable',
    hint: 'name the commands: --stop-command, --start-command',
  })
}
