// The offline purge: with qmail-send down and its lock ours, what was chosen and is still the same leaves the queue.

import {plural} from 'mailops/core'
import {requireSpace, type BulkContext, type BulkResult, type Lock} from 'mailops/effects'

import type {Presence} from '../../message/presence.js'
import {stateRow} from '../../message/state-table.js'
import {Skips} from '../../purge/outcome.js'
import {partsOf, filesByPart, trashNeeds} from '../../trash/needs.js'
import type {TrashedMessage} from '../../trash/manifest.js'
import {recoverArgv} from '../live/recover-argv.js'
import {scanNumbers, scanQueue, type OpenQueue, type Scan, type Snapshot} from '../reading/index.js'
import {createTrash, queueIdentity, requireOneFileSystem, trashPath} from '../trash/index.js'
import type {OfflineArgs} from './args.js'
import {withQueueLock, type StopOptions} from './queue-lock.js'
import {presenceIn, removeMessages, type Removed} from './remove.js'
import {leftBehind, syncParts} from './verify.js'

/** What only the command knows. */
export interface OfflineLive {
  readonly queue: OpenQueue
  readonly snapshot: Snapshot
  /** False for a chosen message that is to stay; all are taken when absent. */
  readonly takes?: ((index: number) => boolean) | undefined
  /** True for --all: then what has come since is told. */
  readonly all: boolean
  /** The queue's lock, when it was taken before the messages were chosen: nothing need be looked at twice then. */
  readonly held?: Lock | undefined
  /** `recoverArgv` is ours to add. */
  readonly stop: StopOptions
}

/** Up to so many messages a look at each is cheaper than reading all directories. */
const FEW = 1000
const NO_TRASH = 'a trash frees no room before it is emptied; --no-trash needs none, but cannot be undone'

interface Purge {
  readonly args: OfflineArgs
  readonly live: OfflineLive
  readonly context: BulkContext
  readonly skips: Skips
}

function* presencesOf({length, presenceAt}: {length: number; presenceAt: (index: number) => Presence}): Generator<Presence> {
  for (let i = 0; i < length; i++) yield presenceAt(i)
}

const chosenPresences = (snapshot: Snapshot): Generator<Presence> =>
  presencesOf({length: snapshot.length, presenceAt: i => snapshot.presenceAt(i)})

/** Refuses before anything is stopped what would fail after it. */
const checkTrash = ({queue, snapshot}: OfflineLive): void => {
  const files = filesByPart(queue.layout, chosenPresences(snapshot))
  requireOneFileSystem(queue.path, files.keys())
  requireSpace(queue.path, trashNeeds(queue.layout, {lines: snapshot.length, files}), NO_TRASH)
}

/** Applies an offline purge. */
export const applyOffline = async (args: OfflineArgs, live: OfflineLive, context: BulkContext): Promise<BulkResult> => {
  const {queue} = live
  const purge: Purge = {args, live, context, skips: new Skips()}
  if (args.keep) checkTrash(live)
  const stop = {...live.stop, recoverArgv: recoverArgv(context.journalId)}
  const {value, downtimeMs} = live.held?.held()
    ? {value: await underLock(purge, context.signal), downtimeMs: 0}
    : await withQueueLock(queue.path, stop, context, signal => underLock(purge, signal))
  const {removed, bytes, interrupted, isRemoved, arrived} = value
  const left = leftBehind(queue, live.snapshot, {isRemoved, removed})
  for (const id of left) purge.skips.add(id, 'a file of it is still there: see mailops qmail check')
  if (arrived > 0) context.warn(`${plural(arrived, 'message')} arrived meanwhile and stayed`)
  return {
    result: {
      queue: queue.path,
      method: 'offline',
      selected: live.snapshot.length,
      removed: removed - left.length,
      marked: 0,
      ...purge.skips.json(),
      bytes,
      trash: args.keep && removed > 0 ? trashPath(queue.path, context.journalId) : null,
      serviceDowntimeMs: downtimeMs,
      interrupted,
      failed: purge.skips.failed,
    },
    complete: !interrupted,
  }
}

const underLock = async (purge: Purge, signal: AbortSignal): Promise<Removed & {arrived: number}> => {
  const {args, live, context, skips} = purge
  const {queue, snapshot, takes = () => true} = live
  const now = scanAgain(live)
  const trash = args.keep ? makeTrash(purge, now) : null
  context.note({begun: true})
  const progress = (done: number, total: number): void => context.progress(done, total)
  const warn = (text: string): void => context.warn(text)
  const removal = {queue, snapshot, now, takes, trash, skips, signal, progress, warn}
  const removed = await removeMessages(removal)
  const parts = partsOf(queue.layout).map(({directory}) => directory)
  syncParts(queue.path, queue.layout, parts)
  if (trash !== null) syncParts(trash, queue.layout, parts)
  return {...removed, arrived: live.all && now !== null ? arrivals(snapshot, now) : 0}
}

const scanAgain = ({queue, snapshot, all, held}: OfflineLive): Scan | null => {
  if (held?.held()) return null
  return snapshot.length <= FEW && !all ? scanNumbers(queue, numbersOf(snapshot)) : scanQueue(queue)
}

function* numbersOf(snapshot: Snapshot) {
  for (let i = 0; i < snapshot.length; i++) yield snapshot.numberAt(i)
}

/** Messages that a purge of everything would have taken, had they been there when it was chosen. */
const arrivals = (snapshot: Snapshot, now: Scan): number => {
  let arrived = 0
  let at = 0
  for (let i = 0; i < now.length; i++) {
    while (at < snapshot.length && snapshot.numberAt(at) < now.numberAt(i)) at++
    const isChosen = at < snapshot.length && snapshot.numberAt(at) === now.numberAt(i)
    if (!isChosen && stateRow(now.presenceAt(i)).purge.length > 0) arrived++
  }
  return arrived
}

const makeTrash = ({args, live, context}: Purge, now: Scan | null): string => {
  const {queue, snapshot} = live
  const {path} = createTrash({
    header: {
      id: context.journalId,
      token: args.token,
      at: new Date().toISOString(),
      method: 'offline',
      ...queueIdentity(queue.path),
      layout: queue.layout,
      messages: snapshot.length,
      bytes: args.bytes,
    },
    messages: linesOf(live, now),
    // As they are now: a bounce or a channel may have come since the messages were chosen.
    files: filesByPart(queue.layout, now === null ? chosenPresences(snapshot) : presencesOf(now)),
  })
  return path
}

function* linesOf({snapshot, takes}: OfflineLive, now: Scan | null): Generator<TrashedMessage> {
  for (let i = 0; i < snapshot.length; i++) {
    if (takes?.(i) === false) continue
    const {number, birthMs, size, fingerprint, ...chosen} = snapshot.at(i)
    const presence = now === null ? chosen.presence : presenceIn(now, number)
    if (presence !== 0) yield {number, presence, birthMs, size, fingerprint}
  }
}

