// The bulk change `smartermail.copy`: domain data and opaque files, brought along with a record of every step.
import * as fs from 'node:fs'
import {dirname} from 'node:path'
import {setImmediate} from 'node:timers/promises'

import {EXIT, OpsError, bytesText, describe, plural, type BulkChange, type JsonObject} from 'mailops/core'
import {find, run, type BulkContext, type BulkHandler, type BulkResult, setDirectoryAttributes} from 'mailops/effects'

import type {CopyPlan, CopyStep} from '../../migrate/copy-steps.js'
import type {Source} from '../../source/source.js'
import {inherited, look, makeDirectory, requireReal} from './inside.js'
import {keepIn, readRecord, recordPath, writeRecord, type CopyRecord} from './record.js'
import {pending, type Pending} from './pending.js'
import {dropNew, putAside, settleStep, takeBack, takeStep} from './take-step.js'

/** Name of the handler. */
export const COPY = 'smartermail.copy'

/** What the journal keeps of a copy. */
export interface CopyArgs {
  /** Names its record and its directories. */
  readonly token: string
  readonly source: string
  readonly target: string
  readonly files: number
  readonly bytes: number
  /** The directories that files go to. */
  readonly destinations: readonly string[]
}

/** The change of a plan. */
export const copyChange = (args: CopyArgs, why: string): BulkChange => ({
  kind: 'bulk', handler: COPY, direction: 'apply', args: args as unknown as JsonObject, undoable: true, why,
  summary: `copy ${plural(args.files, 'file')} (${bytesText(args.bytes)}) to ${args.destinations.join(', ')}`,
})

const argsOf = (change: {args: JsonObject}): CopyArgs => change.args as unknown as CopyArgs

/** What only the command knows. */
export interface CopyLive {
  readonly source: Source
  readonly plan: CopyPlan
  /** Takes up the names of files that went or changed in the source while they were copied, and were left. */
  readonly moved: Set<string>
}

const STEPS_A_TURN = 16

const basesOf = (steps: readonly CopyStep[]): string[] => [...new Set(steps.map(({base}) => base))]

const makeKeeps = (steps: readonly CopyStep[], token: string): void => {
  for (const base of basesOf(steps)) {
    const path = keepIn(base, token)
    if (look(path) !== null) continue
    fs.mkdirSync(path, {mode: 0o700})
    const {uid, gid} = inherited(base)
    setDirectoryAttributes(path, {uid, gid})
  }
}

const dropKeeps = (steps: readonly CopyStep[], token: string, evenFull: boolean): void => {
  for (const base of basesOf(steps)) {
    const path = keepIn(base, token)
    if (look(path) === null) continue
    if (evenFull || fs.readdirSync(path).length === 0) fs.rmSync(path, {recursive: true, force: true, maxRetries: 10})
  }
}

const syncAll = async (steps: readonly CopyStep[]): Promise<void> => {
  if (process.platform !== 'linux' || find('sync') === null) return
  for (const base of basesOf(steps)) await run(['sync', '-f', base], {timeoutMs: 3_600_000})
}

const interrupted = (): OpsError =>
  new OpsError('INTERRUPTED', 'interrupted; the configuration is untouched', {exit: 'interrupted', hint: 'mailops smartermail migrate ... --delta goes on where it ended'})

/** Copies one file; gives its name when its source went or changed meanwhile, which is what a running server does. */
const copyOne = async ({n, token, step}: {n: number; token: string; step: CopyStep}, file: Pending): Promise<string | null> => {
  try {
    await takeStep({n, token, step}, file.content())
    return null
  } catch (error) {
    if (!file.hasMoved()) throw error
    dropNew({n, token, step})
    return file.name
  }
}

const copyFiles = async ({token}: CopyArgs, {source, plan, moved}: CopyLive, context: BulkContext): Promise<number> => {
  const numbers = new Map(plan.steps.map((step, n) => [step.name, n]))
  let done = 0
  for await (const file of source.files(({name}) => numbers.has(name))) {
    // Reading and writing never wait, so a signal is only heard when the loop of events is given a turn.
    if (done % STEPS_A_TURN === 0) await setImmediate()
    if (context.signal.aborted) throw interrupted()
    const n = numbers.get(file.name)!
    const left = await copyOne({n, token, step: plan.steps[n]!}, pending(file, source.kind))
    if (left !== null) moved.add(left)
    context.progress(++done, plan.steps.length)
  }
  for (const [n, step] of plan.steps.entries())
    if (step.name === null) {
      putAside({n, token, step})
      done++
    }
  if (done === plan.steps.length) return done
  throw new OpsError('CHANGED', `the source gave ${plural(done, 'file')}, not ${plan.steps.length}`, {exit: 'tryAgain', hint: 'run the command again'})
}

// What cannot be trusted is taken back at once. What was cut short (a full disk, ^C, a kill) stays, hours of copying as
// it may be: its journal says partly-done, --delta goes on from there, undo takes it back.
const takeBackUnsound = async (args: CopyArgs, error: unknown, context: BulkContext): Promise<void> => {
  if (describe(error).exit === EXIT.badData) await undo(args, context)
}

const apply = async (args: CopyArgs, live: CopyLive, context: BulkContext): Promise<BulkResult> => {
  const {plan, moved} = live
  const {token} = args
  writeRecord(context.place, token, plan)
  const known = new Set<string>()
  for (const {base, to} of plan.steps) requireReal(base, dirname(to), known)
  try {
    for (const directory of plan.directories) makeDirectory(directory)
    makeKeeps(plan.steps, token)
    const done = await copyFiles(args, live, context)
    await syncAll(plan.steps)
    dropKeeps(plan.steps, token, false)
    const bytes = plan.bytes - sizeOf(plan.steps, moved)
    return {result: {files: done - moved.size, bytes, same: plan.same, moved: [...moved]}, complete: moved.size === 0}
  } catch (error) {
    await takeBackUnsound(args, error, context)
    throw error
  }
}

const sizeOf = (steps: readonly CopyStep[], names: ReadonlySet<string>): number =>
  steps.reduce((sum, {name, bytes}) => sum + (name !== null && names.has(name) ? bytes : 0), 0)

const removeDirectories = ({directories}: CopyRecord): void => {
  for (const directory of directories.toReversed()) {
    try {
      fs.rmdirSync(directory)
    } catch (error) {
      // Gone already, or somebody keeps something in it: then it stays.
      if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  }
}

const undo = async (args: CopyArgs, context: BulkContext): Promise<BulkResult> => {
  const record = readRecord(context.place, args.token)
  if (record === null) return {result: {files: 0, left: []}, complete: true}
  const left: string[] = []
  let done = 0
  for (const [n, step] of record.steps.entries()) {
    if (!takeBack({n, token: args.token, step})) left.push(step.to)
    context.progress(++done, record.steps.length)
  }
  if (left.length > 0) context.warn(`${plural(left.length, 'file')} changed since and stay: ${left.slice(0, 5).join(', ')}`)
  dropKeeps(record.steps, args.token, left.length === 0)
  removeDirectories(record)
  if (left.length === 0) fs.rmSync(recordPath(context.place, args.token), {force: true})
  return {result: {files: record.steps.length - left.length, left}, complete: left.length === 0}
}

const recoverApply = async (args: CopyArgs, context: BulkContext): Promise<'undone' | 'done'> => {
  const record = readRecord(context.place, args.token)
  if (record === null) {
    fs.rmSync(recordPath(context.place, args.token), {force: true})
    return 'undone'
  }
  let taken = 0
  for (const [n, step] of record.steps.entries()) if (settleStep({n, token: args.token, step})) taken++
  if (taken > 0) {
    context.warn(`${plural(taken, 'file')} of ${record.steps.length} copied so far stay: the same command with --delta goes on, mailops undo ${context.journalId} takes them back`)
    dropKeeps(record.steps, args.token, false)
    return 'done'
  }
  await undo(args, context)
  return 'undone'
}

/**
 * The handler.
 * @param live what the command knows; without it the handler can undo and recover, not apply
 */
export const copyHandler = (live?: CopyLive): BulkHandler => ({
  name: COPY,
  apply: async (change, context) => {
    if (live === undefined) throw new Error('a copy needs its source')
    return apply(argsOf(change), live, context)
  },
  undo: (change, context) => undo(argsOf(change), context),
  describeUndo: json => {
    const {files, destinations} = json as unknown as CopyArgs
    return `take back ${plural(files, 'file')} copied to ${destinations.join(', ')}`
  },
  recover: async (change, context) => {
    if (change.direction === 'apply') return recoverApply(argsOf(change), context)
    await undo(argsOf(change), context)
    return 'done'
  },
})
