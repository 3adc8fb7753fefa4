// Does work while a service is down, and brings it back to exactly what it was, whatever happens meanwhile.
import {setTimeout as delay} from 'node:timers/promises'
import {isOpsError, OpsError} from '../../errors.js'
import {identityOf} from '../lock/identity.js'
import {run, type Argv} from '../process.js'
import {startGuardian, type Guardian} from './guardian.js'
import {holdSignalsBack, type Interruption} from './interruption.js'
import {cannotStart, complaint, type Report} from './make.js'
import type {Service} from './types.js'

/** When the service counts as down and as up, and how long each may take. */
export interface StoppedOptions {
  /**
   * Whether the service has let go of what the work needs: its lock, not the word of its supervisor. Let it look
   * (`holder`) and not try (`tryLock`): a daemon that starts in that very moment would find the lock taken, and give up.
   */
  isDown: () => boolean | Promise<boolean>
  /** How long it may take to go down; after that it is up again, nothing was done, OpsError (75). */
  timeoutMs: number
  /** For services that do not tell (`up: null`): whether it works again. Unless given, that it is not `isDown`. */
  isUp?: () => boolean | Promise<boolean>
  /** Run before the service is started should this process die during the work: `['node', '.../run.js', 'recover', ID]`. */
  recoverArgv?: Argv
  /** How long it may take to come up; 30 s unless told. */
  startTimeoutMs?: number
}

/** What came of work done while a service was stopped. */
export interface Stopped<T> {
  value: T
  /** From the stop command to when it ran again; 0 for a service that was down before. */
  downtimeMs: number
  /** A signal that came although the work went on to its end: the caller ends with 128 + its number. */
  interrupted: NodeJS.Signals | null
}

type Work<T> = (signal: AbortSignal) => T | Promise<T>
interface Task {
  service: Service
  options: StoppedOptions
  interruption: Interruption
}

const POLL_MS = 20
// Looking may mean trying the lock, which a starting service must not meet too often.
const POLL_UP_MS = 200
const START_TIMEOUT_MS = 30_000
const GIVE_UP_AFTER_BAD_START_MS = 2_000

/**
 * Stops a service, waits until it is down, works, starts it again: after an exception, ^C, SIGTERM and even SIGKILL of
 * this process (by a guardian). A service that was down, or was going down already, is left down.
 * @param work gets a signal that ^C aborts; SIGINT, SIGTERM and SIGHUP do not end this process until the service is back
 */
export const stopped = async <T>(service: Service, options: StoppedOptions, work: Work<T>): Promise<Stopped<T>> => {
  const before = await service.state()
  const wasUp = before.up ?? !(await options.isDown())
  const interruption = holdSignalsBack()
  const task: Task = {service, options, interruption}
  try {
    if (wasUp && !before.goingDown) {
      if (before.resume === null) throw cannotStart(service.describe)
      return await bracket(task, before.resume, work)
    }
    await untilDown(task)
    return {value: await work(interruption.signal), downtimeMs: 0, interrupted: interruption.received()}
  } catch (error) {
    throw plainly(error, interruption)
  } finally {
    interruption.end()
  }
}

/** What Node's own functions throw when our signal aborts them says less than the reason that we gave. */
const plainly = (error: unknown, {signal}: Interruption): unknown =>
  signal.aborted && (error as Error | null)?.name === 'AbortError' ? signal.reason : error

const untilDown = async ({service, options, interruption}: Task): Promise<void> => {
  const until = performance.now() + options.timeoutMs
  while (!(await options.isDown())) {
    interruption.signal.throwIfAborted()
    const left = until - performance.now()
    if (left <= 0)
      throw new OpsError('STOP_TIMEOUT', `${service.describe} was not down after ${options.timeoutMs / 1000} s; nothing was changed`, {
        exit: 'tryAgain', hint: 'give it longer: --stop-timeout',
      })
    await delay(Math.min(POLL_MS, left))
  }
  interruption.signal.throwIfAborted()
}

/** `refused`: the stop command said no. `began`: the service was down and the work under way. */
type Result<T> = {ok: true; value: T} | {ok: false; error: unknown; refused: boolean; began: boolean}

const bracket = async <T>(task: Task, resume: Argv, work: Work<T>): Promise<Stopped<T>> => {
  const {service, options, interruption} = task
  const guardian = await startGuardian({
    stop: service.stopArgv, start: resume, loose: service.loose, servingPid: service.servingPid,
    stopTimeoutMs: options.timeoutMs,
    ...(options.recoverArgv !== undefined && {recover: options.recoverArgv}),
  })
  const since = performance.now()
  try {
    const result = await stopAndWork(task, guardian, work)
    if (!result.ok && service.loose && !result.began && !result.refused && !(await options.isDown()))
      throw lingering(guardian, result.error)
    await backUp(task, guardian, resume).catch((error: unknown) => {
      // A stop that was refused stopped nothing; its own error says more than that the start was refused too.
      if (result.ok || !result.refused) throw worse(error, result)
    })
    if (!result.ok) throw result.error
    return {value: result.value, downtimeMs: performance.now() - since, interrupted: interruption.received()}
  } finally {
    guardian.dismiss()
  }
}

const stopAndWork = async <T>(task: Task, guardian: Guardian, work: Work<T>): Promise<Result<T>> => {
  const {service, options, interruption} = task
  let refused = false
  let began = false
  try {
    // A loose command may take its time, or never end; what counts is that the service is down.
    const stopping = guardian.stop()
    const report = await within(stopping, service.loose ? 0 : options.timeoutMs)
    const error = report === undefined || service.loose ? null : complaint(service, service.stopArgv, report)
    refused = error !== null
    if (error !== null) throw error
    await untilDown(task)
    began = true
    return {ok: true, value: await work(interruption.signal)}
  } catch (error) {
    return {ok: false, error: plainly(error, interruption), refused, began}
  }
}

/**
 * Nobody restarts it by itself, and it is still on its way down: the guardian starts it when it has ended, after us.
 * Waiting for that here could take as long as the slowest delivery.
 */
const lingering = (guardian: Guardian, error: unknown): unknown => {
  guardian.start().catch(() => {}) // it goes on without us, or was killed, which the message's pid lets one see
  if (!isOpsError(error)) return error
  const again = new OpsError(error.code, `${error.message}; process ${guardian.pid} starts it again as soon as it has ended`, {
    exit: 'tryAgain', ...(error.hint !== undefined && {hint: error.hint}), cause: error,
  })
  again.oclif.exit = error.oclif.exit
  return again
}

/** Waits no longer than that (undefined); what comes later is told by the state of the service. */
const within = async <T>(promise: Promise<T>, ms: number): Promise<T | undefined> => {
  const timer = new AbortController()
  promise.catch(() => {}) // a guardian killed after the limit must not be an unhandled rejection: the start notices it
  try {
    return await Promise.race([promise, delay(ms, undefined, {signal: timer.signal})])
  } finally {
    timer.abort()
  }
}

/** A service that stays down is worse news than why the work failed; the message has both. */
const worse = <T>(error: unknown, result: Result<T>): unknown => {
  if (result.ok || !(error instanceof Error)) return error
  const first = result.error instanceof Error ? result.error.message : String(result.error)
  return new OpsError('SERVICE_NOT_STARTED', `${error.message}; before that: ${first}`, {exit: 'unavailable', cause: result.error})
}

/** Starts it through the guardian, or by ourselves should that have been killed; waits until it runs. */
const backUp = async (task: Task, guardian: Guardian, resume: Argv): Promise<void> => {
  const {service, options} = task
  const starting = startBy(guardian, service, resume)
  let until = performance.now() + (options.startTimeoutMs ?? START_TIMEOUT_MS)
  let failed: OpsError | null = null
  for (;;) {
    const report = await within(starting, service.loose ? POLL_UP_MS : POLL_MS)
    if (await runsAgain(task, report)) return
    if (report !== undefined && failed === null) {
      failed = complaint(service, resume, report)
      if (failed !== null && !service.loose) throw failed
      if (failed !== null) until = Math.min(until, performance.now() + GIVE_UP_AFTER_BAD_START_MS)
    }
    if (performance.now() >= until) throw notStarted(service, resume, failed)
    if (report !== undefined) await delay(service.loose ? POLL_UP_MS : POLL_MS)
  }
}

const startBy = async (guardian: Guardian, service: Service, resume: Argv): Promise<Report> => {
  try {
    return await guardian.start()
  } catch {
    // Somebody killed the guardian: then by our own hand.
    const {status, stderr} = await run(resume, {discardOutput: service.loose})
    return {status, output: stderr}
  }
}

const runsAgain = async ({service, options}: Task, report: Report | undefined): Promise<boolean> => {
  // Until its supervisor has taken the command it may still tell of the process that we stopped.
  if (report === undefined && !service.loose) return false
  const {up, pid} = await service.state()
  if (up === null) return options.isUp === undefined ? !(await options.isDown()) : options.isUp()
  // systemd knows no main process of a service that forks without a PID file.
  if (pid === null) return up && service.kind === 'systemd'
  // A supervisor may not yet have noticed the end of the process that we stopped: a zombie does not serve.
  return up && identityOf(pid) !== null
}

const notStarted = (service: Service, resume: Argv, cause: OpsError | null): OpsError =>
  new OpsError('SERVICE_NOT_STARTED', `${service.describe} is still down after: ${resume.join(' ')}${cause === null ? '' : ` (${cause.message})`}`, {
    exit: 'unavailable', hint: resume.join(' '),
  })
