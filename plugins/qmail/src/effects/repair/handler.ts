// The bulk change qmail.repair: looks again under the lock, lists every step in the trash, takes them, takes them back.
import * as fs from 'node:fs'
import {setImmediate} from 'node:timers/promises'

import {fromSystem, isOpsError, OpsError, plural, type BulkChange, type JsonObject} from 'mailops/core'
import {syncDirectory, type BulkContext, type BulkHandler, type BulkResult} from 'mailops/effects'

import {needsStop, type Step} from '../../check/finding.js'
import {checkQueue} from '../check/check-queue.js'
import {recoverArgv} from '../live/recover-argv.js'
import {openQueue, type OpenQueue} from '../reading/open-queue.js'
import type {StopOptions} from '../purge-offline/queue-lock.js'
import {createTrash, findTrash, listTrashes, queueIdentity, removeTrash, type Trash} from '../trash/index.js'
import {withoutSend} from './lock.js'
import {readSteps, StepWriter, type StepList} from './step-list.js'
import {directoriesChanged, standing, retakeMove, takeBackStep, takeStep, type StepPlace} from './steps.js'

/** The name under which repairs stand in the journal. */
export const REPAIR = 'qmail.repair'

/** What a plan says of a repair; a type, not an interface, so that it is a JsonObject. */
export type RepairArgs = {
  /** Resolved path, and what tells this queue from a later one there. */
  readonly queue: string
  readonly queueDev: string
  readonly queueIno: string
  /** Names the trash; a plan is made before it has a journal id. */
  readonly token: string
  /** How many findings the plan was made for. */
  readonly findings: number
  /** False: only what a running qmail-send does not mind. */
  readonly locked: boolean
}

const argsOf = (args: JsonObject): RepairArgs => args as RepairArgs
const BREATH = 200
const SKIPPED_SHOWN = 1_000
const NO_STOP: StopOptions = {stop: false, timeoutMs: 0}

/** What did not work. */
interface Skipped {
  readonly path: string
  readonly reason: string
}

interface Outcome {
  done: number
  skippedCount: number
  readonly skipped: Skipped[]
}

/**
 * The handler of repairs.
 * @param options what may be done about a qmail-send that runs; `undo` and `recover` never stop one
 */
export const repairHandler = (options: StopOptions = NO_STOP): BulkHandler => ({
  name: REPAIR,
  apply: (change, context) => apply(change, {context, options}),
  undo,
  describeUndo: args => {
    const {queue, token, findings} = argsOf(args)
    const trash = needTrash(queue, token)
    return `put back what the repair of ${plural(findings, 'finding')} changed in ${queue} (trash ${trash.id})`
  },
  recover,
})

const needTrash = (queue: string, token: string): Trash => {
  const trash = findTrash(queue, token)
  if (trash !== undefined) return trash
  throw new OpsError('TRASH_EMPTIED', `the trash of this repair of ${queue} is not there any more`, {
    exit: 'usage',
    hint: 'mailops qmail trash list',
  })
}

const openSame = ({queue, queueDev, queueIno}: RepairArgs): OpenQueue => {
  const opened = openQueue(queue)
  if (String(opened.dev) === queueDev && String(opened.ino) === queueIno) return opened
  throw new OpsError('CHANGED', `${queue} is another directory than when the plan was made`, {exit: 'tryAgain', hint: 'run the command again'})
}

const apply = async (change: BulkChange, {context, options}: {context: BulkContext; options: StopOptions}): Promise<BulkResult> => {
  const args = argsOf(change.args)
  const work = (signal: AbortSignal): Promise<BulkResult> => repair(args, {...context, signal})
  if (!args.locked) return work(context.signal)
  const guarded = {...options, recoverArgv: recoverArgv(context.journalId)}
  const {value, downtimeMs} = await withoutSend(args.queue, {options: guarded, context}, work)
  return {...value, result: {...value.result, serviceDowntimeMs: downtimeMs}}
}

const repair = async (args: RepairArgs, context: BulkContext): Promise<BulkResult> => {
  const queue = openSame(args)
  const trash = createTrash({
    header: {
      id: context.journalId, token: args.token, at: new Date().toISOString(), method: 'repair', ...queueIdentity(queue.path),
      layout: queue.layout, messages: 0, bytes: 0,
    },
    messages: [], files: new Map(), directories: false,
  })
  const place: StepPlace = {queue: queue.path, trash: trash.path}
  const mended = await listSteps(queue, {place, locked: args.locked, context})
  const outcome = await takeSteps(readSteps(trash.path)!, place, context)
  if (outcome.done === 0) removeTrash(queue.path, trash.path)
  const {done, skipped, skippedCount} = outcome
  const result = {queue: queue.path, findings: mended, steps: done, skippedCount, skipped: skipped.map(one => ({...one})), trash: done === 0 ? null : trash.path}
  return {result, complete: skippedCount === 0}
}

interface Listing {
  readonly place: StepPlace
  readonly locked: boolean
  readonly context: BulkContext
}

/** Writes what is to be done, from a look of its own: nothing rests on a list made before the lock was taken. */
const listSteps = async (queue: OpenQueue, {place, locked, context}: Listing): Promise<number> => {
  const writer = new StepWriter(place.trash)
  const last: Step[] = []
  let findings = 0
  try {
    for await (const verdict of checkQueue(queue, {signal: context.signal, progress: context.progress})) {
      if (verdict.steps.length === 0 || (!locked && needsStop(verdict))) continue
      findings += verdict.findings.filter(one => one.repair !== null).length
      // Without its lock file no qmail-send can start: that ends when everything else is done.
      if (verdict.steps.some(({path, op}) => path === 'lock/sendmutex' && op === 'create')) last.push(...verdict.steps)
      else writer.add(verdict.steps)
    }
    if (last.length > 0) writer.add(last)
    writer.end()
    syncDirectory(place.trash)
    return findings
  } catch (error) {
    writer.abandon()
    throw fromSystem(error, 'write', place.trash)
  }
}

const takeSteps = async (list: StepList, place: StepPlace, context: BulkContext): Promise<Outcome> => {
  const outcome: Outcome = {done: 0, skippedCount: 0, skipped: []}
  const directories = new Set<string>()
  for (let i = 0; i < list.length; ) {
    if (i % BREATH === 0) await setImmediate()
    if (context.signal.aborted) {
      skip(outcome, {path: place.queue, reason: 'interrupted'})
      break
    }
    const steps: Step[] = []
    const {verdict} = list.at(i)
    for (let next = list.at(i); i < list.length && next.verdict === verdict; ) {
      steps.push(next.step)
      if (++i < list.length) next = list.at(i)
    }
    await takeVerdict(steps, {place, outcome})
    for (const step of steps) for (const directory of directoriesChanged(place, step)) directories.add(directory)
    context.progress(i, list.length)
  }
  for (const directory of directories) if (fs.existsSync(directory)) syncDirectory(directory)
  return outcome
}

const skip = (outcome: Outcome, one: Skipped): void => {
  outcome.skippedCount++
  if (outcome.skipped.length < SKIPPED_SHOWN) outcome.skipped.push(one)
}

/** What the system or we said; anything else is a bug, and thrown on. */
const reasonOf = (error: unknown): string => {
  if (isOpsError(error) || (error as NodeJS.ErrnoException).syscall !== undefined) return (error as Error).message
  throw error
}

/** All steps of a verdict until one does not work; a unit that was begun is then taken back. */
const takeVerdict = async (steps: readonly Step[], {place, outcome}: {place: StepPlace; outcome: Outcome}): Promise<void> => {
  const taken: Step[] = []
  for (const step of steps)
    try {
      const now = standing(place, step)
      if (now === 'other') throw new OpsError('CHANGED', `${step.path} changed meanwhile`, {exit: 'tryAgain'})
      if (now === 'before') await takeStep(place, step)
      taken.push(step)
    } catch (error) {
      // Reported with its path; the other messages have nothing to do with it.
      skip(outcome, {path: step.path, reason: reasonOf(error)})
      const unit = taken.filter(one => one.unit !== undefined && one.unit === step.unit)
      for (const one of unit.toReversed()) takeBackStep(place, one)
      outcome.done += taken.length - unit.length
      return
    }
  outcome.done += taken.length
}

const undo = async (change: BulkChange, context: BulkContext): Promise<BulkResult> => {
  const args = argsOf(change.args)
  const trash = needTrash(args.queue, args.token)
  const work = async (): Promise<BulkResult> => takeBack(openSame(args), {trash, context})
  return args.locked ? (await withoutSend(args.queue, {options: NO_STOP, context}, work)).value : work()
}

const takeBack = async ({path}: OpenQueue, {trash, context}: {trash: Trash; context: BulkContext}): Promise<BulkResult> => {
  const place: StepPlace = {queue: path, trash: trash.path}
  const list = readSteps(trash.path)
  const outcome: Outcome = {done: 0, skippedCount: 0, skipped: []}
  const directories = new Set<string>()
  const length = list?.length ?? 0
  for (let i = length - 1; i >= 0; i--) {
    if (i % BREATH === 0) await setImmediate()
    if (context.signal.aborted) {
      skip(outcome, {path, reason: 'interrupted'})
      break
    }
    const {step} = list!.at(i)
    if (step.unit === undefined) takeBackOne(step, {place, outcome})
    else {
      const unit = [step]
      while (i > 0 && list!.at(i - 1).step.unit === step.unit) unit.push(list!.at(--i).step)
      takeBackUnit(unit, {place, outcome})
    }
    for (const directory of directoriesChanged(place, step)) directories.add(directory)
    context.progress(length - i, length)
  }
  for (const directory of directories) if (fs.existsSync(directory)) syncDirectory(directory)
  if (outcome.skippedCount === 0) removeTrash(path, trash.path)
  const {done, skipped, skippedCount} = outcome
  return {result: {queue: path, steps: done, skippedCount, skipped: skipped.map(one => ({...one}))}, complete: skippedCount === 0}
}

interface Taking {
  readonly place: StepPlace
  readonly outcome: Outcome
}

const takeBackOne = (step: Step, {place, outcome}: Taking): void => {
  try {
    const now = standing(place, step)
    if (now === 'before') return
    if (now === 'other') throw new OpsError('CHANGED', `${step.path} changed since the repair`, {exit: 'tryAgain'})
    takeBackStep(place, step)
    outcome.done++
  } catch (error) {
    skip(outcome, {path: step.path, reason: reasonOf(error)}) // reported; the rest can still be put back
  }
}

/** The steps of a unit, last first; when one cannot be taken back the others are taken again. */
const takeBackUnit = (unit: readonly Step[], {place, outcome}: Taking): void => {
  // Not begun: where its first step starts from, everything else is still in its place too.
  if (standing(place, unit.at(-1)!) === 'before') return
  const back: Step[] = []
  for (const step of unit)
    try {
      const now = standing(place, step)
      if (now === 'other') throw new OpsError('CHANGED', `${step.path} changed since the repair`, {exit: 'tryAgain'})
      if (now === 'after') {
        takeBackStep(place, step)
        back.push(step)
      }
    } catch (error) {
      skip(outcome, {path: step.path, reason: reasonOf(error)}) // the message stays as the repair left it, whole
      for (const one of back.toReversed()) retakeMove(place, one)
      return
    }
  outcome.done += back.length
}

/**
 * After a crash: nothing of it was done, or it is left as far as it came, which is legal and can be undone. Only a unit
 * that was cut off in its middle is taken to its end.
 */
const recover = async (change: BulkChange, context: BulkContext): Promise<'undone' | 'done'> => {
  const args = argsOf(change.args)
  const trash = findTrash(args.queue, args.token)
  // Nothing is changed before the trash is there, and the last thing an undo does is to remove it.
  if (trash === undefined) {
    if (change.direction === 'apply') removeTorn(args.queue, context.journalId)
    return change.direction === 'undo' ? 'done' : 'undone'
  }
  const place: StepPlace = {queue: args.queue, trash: trash.path}
  const list = readSteps(trash.path)
  const isDone = (i: number): boolean => standing(place, list!.at(i).step) === 'after'
  const any = list !== undefined && Array.from({length: list.length}, (_, i) => i).some(isDone)
  if (!any) {
    removeTrash(args.queue, trash.path)
    return change.direction === 'undo' ? 'done' : 'undone'
  }
  const halves = halfUnits(list, place)
  if (halves.length > 0)
    await withoutSend(args.queue, {options: NO_STOP, context}, async () => {
      for (const steps of halves) await finishUnit(steps, place, context)
    })
  return 'done'
}

/** A trash of that id without a manifest, cut off while it was made: nothing was put into it. */
const removeTorn = (queue: string, id: string): void => {
  for (const broken of listTrashes(queue).broken) if (broken.id === id) removeTrash(queue, broken.path)
}

const halfUnits = (list: StepList, place: StepPlace): Step[][] => {
  const units = new Map<number, Step[]>()
  for (let i = 0; i < list.length; i++) {
    const {step} = list.at(i)
    if (step.unit !== undefined) units.set(step.unit, [...(units.get(step.unit) ?? []), step])
  }
  // In a unit that is whole its first step is `other` (the file has gone on) or `before`, its last `after` or `before`.
  return [...units.values()].filter(steps => {
    const begun = standing(place, steps[0]!) !== 'before'
    return begun && standing(place, steps.at(-1)!) !== 'after'
  })
}

const finishUnit = async (steps: readonly Step[], place: StepPlace, {warn}: BulkContext): Promise<void> => {
  // The last step that stands `after` was the last one taken; what comes later is still to do.
  const last = steps.findLastIndex(step => standing(place, step) === 'after')
  for (const step of steps.slice(last + 1)) {
    if (standing(place, step) === 'before') await takeStep(place, step)
    else warn(`${step.path} changed since the repair was cut off; left as it is`)
  }
}
