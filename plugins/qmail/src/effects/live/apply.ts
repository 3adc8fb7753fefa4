// A live purge from its trash to its result: marks batch by batch, then whatever had to wait for preprocessing.
import {setImmediate} from 'node:timers/promises'

import type {BulkContext, BulkResult} from 'mailops/effects'

import {PRESENCE, type Presence} from '../../message/presence.js'
import {Skips, VANISHED} from '../../purge/outcome.js'
import type {CompiledSelection} from '../../selection/compile.js'
import {filesByPart, partsOf} from '../../trash/needs.js'
import type {TrashedMessage} from '../../trash/manifest.js'
import {isRunning, type StopOptions} from '../purge-offline/queue-lock.js'
import {inside} from '../purge-offline/remove.js'
import {lookUp, MessageReader, type ChosenRecipient, type OpenQueue, type Snapshot} from '../reading/index.js'
import {createTrash, queueIdentity, requireOneFileSystem, type Trash} from '../trash/index.js'
import {flush, stillThere, type Taken} from './flush.js'
import {Ledger} from './ledger.js'
import type {LiveArgs} from './live-args.js'
import {Marker, type Held} from './marker.js'
import {notRunning, pullTrigger, waitUntil} from './sending.js'

/** What only the command knows. */
export interface LivePurge {
  readonly queue: OpenQueue
  /** What was chosen while qmail-send ran. */
  readonly snapshot: Snapshot
  /** False for a chosen message that is to stay; all are taken when absent. */
  readonly takes?: ((index: number) => boolean) | undefined
  /** Needed with `only`: asked again about messages that were still in todo, whose recipients had no record yet. */
  readonly selection?: CompiledSelection | undefined
  /** For marking with qmail-send stopped; without it it must not run. */
  readonly stop?: StopOptions | undefined
  /** Send ALRM afterwards, and wait until the messages have left. */
  readonly flush: boolean
  /** How long messages in todo may take to be preprocessed; 10 s unless told. */
  readonly todoWaitMs?: number | undefined
  /** After ALRM: how long to wait when nothing leaves any more; 10 s unless told. */
  readonly flushWaitMs?: number | undefined
}

/** Messages whose intentions are synced together; each has a file or two open meanwhile. */
export const BATCH = 400
const TODO_WAIT_MS = 10_000
/** Why a message was left alone. */
export const STILL_IN_TODO = 'still waits in todo, qmail-send has not taken it up'

/** A live purge under way. */
export interface Marking {
  readonly live: LivePurge
  readonly args: LiveArgs
  readonly context: BulkContext
  readonly marker: Marker
  readonly ledger: Ledger | null
  /** Path of the trash relative to the queue with a slash at its end, null for none. */
  readonly below: string | null
  readonly skips: Skips
  /** Messages marked so far. */
  readonly taken: Taken
}

function* manifestOf({snapshot, takes}: LivePurge): Generator<TrashedMessage> {
  for (let i = 0; i < snapshot.length; i++) {
    if (takes?.(i) === false) continue
    const {number, presence, birthMs, size, fingerprint, infoMtimeMs} = snapshot.at(i)
    yield {number, presence, birthMs, size, fingerprint, ...(!Number.isNaN(infoMtimeMs) && {queuedMs: infoMtimeMs})}
  }
}

function* presencesOf({snapshot, takes}: LivePurge): Generator<Presence> {
  for (let i = 0; i < snapshot.length; i++) if (takes?.(i) !== false) yield snapshot.presenceAt(i)
}

/** Makes the trash, with every directory: what is in todo now will have info and channels when its turn comes. */
export const makeLiveTrash = (live: LivePurge, args: LiveArgs, id: string): Trash | null => {
  if (!args.keep) return null
  const {path, layout} = live.queue
  const parts = partsOf(layout).map(({directory}) => directory)
  requireOneFileSystem(path, parts)
  const counted = filesByPart(layout, presencesOf(live))
  const {messages, bytes, token} = args
  return createTrash({
    header: {id, token, at: new Date().toISOString(), method: 'live', ...queueIdentity(path), layout, messages, bytes},
    messages: manifestOf(live),
    files: new Map(parts.map(part => [part, counted.get(part) ?? 0])),
    // The ledger.
    copiedBytes: messages * 96,
    copiedFiles: 1,
  })
}

/** Marks what is held, its intentions synced first. */
const commit = (marking: Marking, batch: readonly {held: Held; index: number}[]): void => {
  const {ledger, marker, skips, taken, live} = marking
  ledger?.sync()
  for (const {held, index} of batch) {
    if (marker.mark(held)) taken.indexes.push(index)
    else skips.add(String(live.snapshot.numberAt(index)), VANISHED)
  }
  ledger?.sync(true)
}

/** What is to be marked of one message, null to leave it for later. */
export type Look = (index: number) => {presence: Presence; recipients: readonly ChosenRecipient[] | null} | null

/** Marks messages of the snapshot in batches; gives the indexes that `look` put off. */
export const markAll = async (marking: Marking, indexes: Iterable<number>, look: Look): Promise<number[]> => {
  const {live, marker, skips, context} = marking
  const {snapshot} = live
  const later: number[] = []
  let batch: {held: Held; index: number}[] = []
  let done = 0
  for (const index of indexes) {
    if (context.signal.aborted) break
    const seen = look(index)
    if (seen === null) {
      later.push(index)
      continue
    }
    const held = marker.hold({chosen: snapshot.at(index), ...seen})
    if (typeof held === 'string') skips.add(String(snapshot.numberAt(index)), held)
    else batch.push({held, index})
    if (batch.length < BATCH) continue
    commit(marking, batch)
    done += batch.length
    batch = []
    context.progress(done, snapshot.length)
    await setImmediate()
  }
  commit(marking, batch)
  return later
}

/** Pulls the trigger and waits until qmail-send has made S5 of what was in todo; what it has not is left alone. */
const markPreprocessed = async (marking: Marking, indexes: readonly number[]): Promise<void> => {
  const {live, args, context, skips} = marking
  if (indexes.length === 0 || context.signal.aborted) return
  const {queue, snapshot} = live
  const reader = new MessageReader(queue)
  const isWaiting = (index: number): boolean => (lookUp(queue, snapshot.numberAt(index)) & PRESENCE.todo) !== 0
  let waiting = indexes
  pullTrigger(queue.path)
  await waitUntil(() => (waiting = waiting.filter(isWaiting)).length === 0, {
    timeoutMs: live.todoWaitMs ?? TODO_WAIT_MS,
    signal: context.signal,
  })
  const left = new Set(waiting)
  for (const index of left) skips.add(String(snapshot.numberAt(index)), STILL_IN_TODO)
  await markAll(marking, indexes.filter(index => !left.has(index)), index => {
    const number = snapshot.numberAt(index)
    const presence = lookUp(queue, number)
    if (!args.only) return {presence, recipients: null}
    return {presence, recipients: live.selection?.match(reader.load(number, presence))?.recipients ?? []}
  })
}

/** The places in the snapshot of what is to be taken. */
export function* chosenIndexes({snapshot, takes}: LivePurge): Generator<number> {
  for (let i = 0; i < snapshot.length; i++) if (takes?.(i) !== false) yield i
}

/** Marks everything that was chosen. */
export const markChosen = async (marking: Marking): Promise<void> => {
  const {live, args} = marking
  const later = await markAll(marking, chosenIndexes(live), index => {
    const presence = live.snapshot.presenceAt(index)
    if ((presence & PRESENCE.todo) !== 0) return null
    return {presence, recipients: args.only ? live.snapshot.recipientsAt(index) : null}
  })
  await markPreprocessed(marking, later)
}

/** The members that every way of marking reports. */
export const reportOf = ({args, live, skips, taken, context}: Marking, trash: Trash | null): BulkResult => {
  const marked = args.only ? taken.indexes.length : stillThere(taken)
  const bytes = taken.indexes.reduce((sum, index) => sum + live.snapshot.sizeAt(index), 0)
  return {
    result: {
      queue: args.queue,
      method: args.offline ? 'offline' : 'live',
      selected: args.messages,
      removed: taken.indexes.length - marked,
      marked,
      ...skips.json(),
      bytes,
      trash: trash?.path ?? null,
      serviceDowntimeMs: 0,
      interrupted: context.signal.aborted,
    },
    complete: !context.signal.aborted && !skips.failed,
  }
}

/** Makes trash and ledger, works with the queue as working directory, reports. */
export const withMarking = async (
  {args, live, context}: Pick<Marking, 'args' | 'live' | 'context'>,
  work: (marking: Marking) => Promise<void>,
): Promise<BulkResult> => {
  const {queue, snapshot} = live
  const trash = makeLiveTrash(live, args, context.journalId)
  const ledger = trash === null ? null : new Ledger(trash.path)
  try {
    const below = trash === null ? null : `${trash.path.slice(queue.path.length + 1)}/`
    const marker = new Marker({queue, trash: below, only: args.only, ledger})
    const taken: Taken = {queue, snapshot, indexes: [], held: trash !== null}
    const marking: Marking = {live, args, context, marker, ledger, below, skips: new Skips(), taken}
    await inside(queue, () => work(marking))
    return reportOf(marking, trash)
  } finally {
    ledger?.close()
  }
}

/** Applies a live purge. */
export const applyLive = async (args: LiveArgs, live: LivePurge, context: BulkContext): Promise<BulkResult> => {
  if (!(await isRunning(live.queue.path, context.place))) throw notRunning(live.queue.path)
  return withMarking({args, live, context}, async marking => {
    await markChosen(marking)
    if (live.flush && !context.signal.aborted) await flush(marking)
  })
}
