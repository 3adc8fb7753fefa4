// The bulk change `smartermail.copy`: domain data and opaque files, brought along with a record of every step.
import * as fs from 'node:fs'
import {dirname} from 'node:path'
import {setImmediate} from 'node:timers/promises'

import {OpsError, bytesText, plural, type BulkChange, type JsonObject} from 'mailops/core'
import {find, run, type BulkContext, type BulkHandler, type BulkResult} from 'mailops/effects'

import type {CopyPlan, CopyStep} from '../../migrate/copy-steps.js'
import type {Source} from '../../source/source.js'
import {inherited, look, makeDirectory, own, requireReal} from './inside.js'
import {keepIn, readRecord, recordPath, writeRecord, type CopyRecord} from './record.js'
import {putAside, settleStep, takeBack, takeStep} from './take-step.js'

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
}

const STEPS_A_TURN = 16

const basesOf = (steps: readonly CopyStep[]): string[] => [...new Set(steps.map(({base}) => base))]

const makeKeeps = (steps: readonly CopyStep[], token: string): void => {
  for (const base of basesOf(steps)) {
    const path = keepIn(base, token)
    if (look(path) !== null) continue
    fs.mkdirSync(path, {mode: 0o700})
    own(path, inherited(base))
  }
}

const dropKeeps = (steps: readonly CopyStep[], token: string, evenFull: boolean): void => {
  for (const base of basesOf(steps)) {
    const path = keepIn(base, token)
    if (look(path) === null) continue
    if (evenFull || fs.readdirSync(path).length === 0) fs.rmSync(path, {recursive: true, force: true})
  }
}

const syncAll = async (steps: readonly CopyStep[]): Promise<void> => {
  if (process.platform !== 'linux' || find('sync') === null) return
  for (const base of basesOf(steps)) await run(['sync', '-f', base], {timeoutMs: 3_600_000})
}

const interrupted = (): OpsError =>
  new OpsError('INTERRUPTED', 'interrupted; what was copied so far stays and can be undone, the configuration is untouched', {
    exit: 'interrupted', hint: 'mailops smartermail migrate ... --delta goes on where it ended',
  })

const apply = async (args: CopyArgs, {source, plan}: CopyLive, context: BulkContext): Promise<BulkResult> => {
  const {token} = args
  writeRecord(context.place, token, plan)
  const known = new Set<string>()
  for (const {base, to} of plan.steps) requireReal(base, dirname(to), known)
  for (const directory of plan.directories) makeDirectory(directory)
  makeKeeps(plan.steps, token)
  const numbers = new Map(plan.steps.map((step, n) => [step.name, n]))
  let done = 0
  let bytes = 0
  for await (const file of source.files(({name}) => numbers.has(name))) {
    // Reading and writing never wait, so a signal is only heard when the loop of events is given a turn.
    if (done % STEPS_A_TURN === 0) await setImmediate()
    if (context.signal.aborted) throw interrupted()
    const n = numbers.get(file.name)!
    const step = plan.steps[n]!
    await takeStep({n, token, step}, file.content())
    bytes += step.bytes
    context.progress(++done, plan.steps.length)
  }
  for (const [n, step] of plan.steps.entries())
    if (step.name === null) {
      putAside({n, token, step})
      done++
    }
  if (done !== plan.steps.length)
    throw new OpsError('CHANGED', `the source gave ${plural(done, 'file')}, not ${plan.steps.length}`, {exit: 'tryAgain', hint: 'run the command again'})
  await syncAll(plan.steps)
  dropKeeps(plan.steps, token, false)
  return {result: {files: done, bytes, same: plan.same}, complete: true}
}

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
