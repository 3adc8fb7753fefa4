// Checks a whole queue: directories, lock/, scratch files, strangers, then message by message; a stream of verdicts.
import * as fs from 'node:fs'
import {setImmediate} from 'node:timers/promises'

import {OpsError} from 'mailops/core'

import type {Verdict} from '../../check/finding.js'
import {judgeMessage, type JudgeContext, type Renumbering} from '../../check/message.js'
import {judgeDirectories, judgeLayout, judgeLock, judgeScratch, judgeStranger} from '../../check/places.js'
import {renumberings} from '../../check/renumber.js'
import {compareNumbers, type MessageNumber} from '../../queue/number.js'
import {walkDirectory} from '../reading/directory.js'
import {FileBytes} from '../reading/file-bytes.js'
import type {OpenQueue} from '../reading/open-queue.js'
import {scanQueue, type Scan} from '../reading/scan.js'
import {isTaken, lookAt, stableLook} from './look.js'
import {soundness} from './sound.js'
import {findStrays, type Stranger, type Strays} from './strays.js'

/** How a check goes on, and how it is stopped. */
export interface CheckOptions {
  readonly progress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
  /** Called for what could not be looked at, with the reason. */
  readonly unseen?: (text: string) => void
}

const BREATH = 500

/**
 * Checks a queue and yields a verdict on everything that is not in order. A queue that is in use changes while it is
 * looked at: what seems wrong with a message counts only when two looks in a row show the same.
 * @throws OpsError 77 when a whole part of the queue may not be read, 130 when `signal` was aborted
 */
export async function* checkQueue(queue: OpenQueue, options: CheckOptions = {}): AsyncGenerator<Verdict> {
  const context = contextOf(queue)
  for (const verdict of checkPlaces(queue, context, options)) if (verdict.findings.length > 0) yield verdict
  const scan = scanQueue(queue)
  for (const error of scan.unreadable) options.unseen?.(error.message)
  const strays = findStrays(queue, scan)
  for (const stranger of strays.strangers) yield strangerVerdict(queue, stranger)
  yield* checkMessages({queue, context, scan, strays, options})
}

const contextOf = ({layout, owners}: OpenQueue): JudgeContext => {
  const own = process.geteuid?.() ?? 0
  const mayOwn = own === 0 || (owners.queueUid === own && owners.sendUid === own)
  return {layout, owners, now: Math.floor(Date.now() / 1000), mayOwn}
}

/** Null, and said, for what is closed to us: the rest is still checked. */
const attempt = <T>(work: () => T, {unseen}: CheckOptions): T | null => {
  try {
    return work()
  } catch (error) {
    const {code, message} = error as {code?: string; message: string}
    if ((code !== 'EACCES' && code !== 'EPERM') || unseen === undefined) throw error
    unseen(message)
    return null
  }
}

function* checkPlaces(queue: OpenQueue, context: JudgeContext, options: CheckOptions): Generator<Verdict> {
  const look = (path: string) => attempt(() => lookAt(path === '' ? queue.path : `${queue.path}/${path}`), options)
  yield* judgeLayout(queue.problems)
  yield* judgeDirectories(context, look)
  yield* judgeLock(context, look)
  const scratch: string[] = []
  attempt(() => walkDirectory(`${queue.path}/pid`, name => void scratch.push(name)), options)
  for (const name of scratch) {
    const place = look(`pid/${name}`)
    if (place) yield judgeScratch(`pid/${name}`, place, context)
  }
}

const strangerVerdict = ({path, layout}: OpenQueue, stranger: Stranger): Verdict => {
  const place = lookAt(`${path}/${stranger.path}`)
  // A name that is not UTF-8 cannot be looked at by its text; what it is was told by the directory.
  const seen = place ?? {type: stranger.type, ino: '0'}
  const isEmpty = seen.type === 'directory' && fs.readdirSync(`${path}/${stranger.path}`).length === 0
  return judgeStranger(stranger.path, seen, {layout, isEmpty})
}

interface Work {
  readonly queue: OpenQueue
  readonly context: JudgeContext
  readonly scan: Scan
  readonly strays: Strays
  readonly options: CheckOptions
}

async function* checkMessages({queue, context, scan, strays, options}: Work): AsyncGenerator<Verdict> {
  const bytes = new FileBytes()
  const isSound = soundness(queue, bytes)
  const differing: Renumbering[] = []
  // Numbers of which repair takes every file away: they are free for others then.
  const emptied = new Set<MessageNumber>()
  const judge = (number: MessageNumber): Verdict => {
    const look = stableLook(queue, number, {astray: strays.astray.get(number) ?? [], bytes})
    if (look === null || look.parts.length === 0) return {findings: [], steps: []}
    const verdict = judgeMessage(look, context)
    if (verdict.renumbering !== undefined) differing.push(verdict.renumbering)
    if (verdict.steps.filter(({op}) => op === 'trash').length === look.parts.length) emptied.add(number)
    return verdict
  }
  for (let i = 0; i < scan.length; i++) {
    if (i % BREATH === 0) await breathe(i, scan.length, options)
    const number = scan.numberAt(i)
    const verdict = attempt(() => (!strays.astray.has(number) && isSound(number, scan.presenceAt(i)) ? null : judge(number)), options)
    if (verdict !== null && verdict.findings.length > 0) yield verdict
  }
  const homeless = [...strays.astray.keys()].filter(number => scan.indexOf(number) === -1).toSorted(compareNumbers)
  for (const number of homeless) {
    const verdict = judge(number)
    if (verdict.findings.length > 0) yield verdict
  }
  const numbers = {layout: queue.layout, isTaken: (number: MessageNumber) => !emptied.has(number) && isTaken(queue, number)}
  yield* renumberings(differing, numbers)
}

const breathe = async (done: number, total: number, {progress, signal}: CheckOptions): Promise<void> => {
  await setImmediate()
  progress?.(done, total)
  if (signal?.aborted === true) throw new OpsError('INTERRUPTED', 'interrupted; nothing was changed', {exit: 'interrupted'})
}

