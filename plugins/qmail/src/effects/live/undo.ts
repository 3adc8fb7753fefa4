// Takes a live purge back: turns back the bytes of what has not left, restores what has from the trash's links.
import * as fs from 'node:fs'
import {setImmediate, setTimeout as delay} from 'node:timers/promises'

import {readWhole, type BulkContext, type BulkResult} from 'mailops/effects'

import {parseSender} from '../../message/info-record.js'
import {parseTodo} from '../../message/todo-record.js'
import {parseChannel} from '../../message/channel-records.js'
import type {MessageNumber} from '../../queue/number.js'
import {withoutPrefix} from '../../queue/virtual-domains.js'
import {Skips} from '../../purge/outcome.js'
import {compileSelection} from '../../selection/compile.js'
import {inside} from '../purge-offline/remove.js'
import {selectMessages, type OpenQueue, type Snapshot} from '../reading/index.js'
import {removeTrash, restoreMessages, trashAsQueue, type Trash} from '../trash/index.js'
import {restoreLive} from '../trash/restore-live.js'
import {injectCopy, ageCopies} from './inject-copy.js'
import {ledgerBatches} from './ledger.js'
import {openNumbers} from './open-files.js'
import {pullTrigger, waitUntil} from './sending.js'
import {Unmarker} from './unmarker.js'

/** An undo under way. */
export interface Undoing {
  readonly queue: OpenQueue
  readonly trash: Trash
  readonly context: BulkContext
  /** True when lock/sendmutex is ours; else qmail-send runs. */
  readonly locked: boolean
  /** True for --only-recipient: bounces were never taken away. */
  readonly only: boolean
}

const STRIDE = 512
/** qmail-send unlinks a channel file, or ends a message, within this time after the delivery that it waited for. */
const CALM_MS = 300
const BUSY_MS = 30_000
/** Why a message was not brought back. */
export const BEING_DELIVERED = 'is being delivered; undo it again when that is over'

const unmarkerOf = ({queue, trash}: Undoing): Unmarker =>
  new Unmarker(queue, `${trash.path.slice(queue.path.length + 1)}/`)

/** What turning back has found. */
interface TurnedBack {
  /** Messages that are in the queue, each with the channels concerned. */
  readonly open: Map<MessageNumber, readonly number[]>
  /** Messages whose envelope lost recipients: these. */
  readonly envelopes: Map<MessageNumber, readonly string[]>
}

/** Turns the bytes back. */
const turnBack = async (undoing: Undoing, unmarker: Unmarker): Promise<TurnedBack> => {
  const {trash, only, context} = undoing
  const open = new Map<MessageNumber, readonly number[]>()
  const envelopes = new Map<MessageNumber, readonly string[]>()
  let done = 0
  for (const {entries} of ledgerBatches(trash.path))
    for (const entry of entries) {
      const {number, marks, gone} = entry
      const standing = unmarker.standing(number)
      if (gone !== undefined) {
        if (standing !== 'released') envelopes.set(number, gone)
        continue
      }
      if (standing !== 'released') unmarker.write(entry, 'T')
      if (standing === 'open') {
        // After the bytes: a bounce that was there first could be sent before the message is pending again.
        if (!only) unmarker.bringBounce(number)
        open.set(number, [...marks].filter(([, offsets]) => offsets.length > 0).map(([channel]) => channel))
      }
      if (++done % STRIDE === 0) {
        context.progress(done, trash.header.messages)
        await setImmediate()
      }
    }
  return {open, envelopes}
}

/**
 * Waits until qmail-send is through with what it began before the bytes were turned back. It may have read a D, and
 * unlink the file, or end the message, when the delivery in flight is over: that must be known before the trash's links
 * go. What it has open, it has not finished: the channel file of its pass, and mess/N of each delivery.
 * @returns messages still being delivered when we gave up
 */
const untilCalm = async ({queue, locked}: Undoing, open: ReadonlyMap<MessageNumber, unknown>): Promise<Set<MessageNumber>> => {
  if (locked || open.size === 0) return new Set()
  const directories = ['mess', ...queue.layout.channels].map(part => `${queue.path}/${part}/`)
  const until = performance.now() + BUSY_MS
  for (let calmSince = performance.now(); ; await delay(50)) {
    const busy = new Set([...openNumbers(directories)].filter(number => open.has(number)))
    const now = performance.now()
    if (busy.size > 0) calmSince = now
    if (now - calmSince >= CALM_MS || now >= until) return busy
  }
}

/**
 * Recipients whose channel file has gone while the message is still there for others. Without qmail-send the file itself
 * comes back; a running one would not look at it before its next start, so they get a message of their own.
 */
const bringRecipients = (undoing: Undoing, unmarker: Unmarker, half: ReadonlyMap<MessageNumber, readonly number[]>): Map<MessageNumber, bigint> => {
  const {queue, locked} = undoing
  const copies = new Map<MessageNumber, bigint>()
  for (const [number, channels] of half) {
    const recipients: string[] = []
    for (const channel of channels) {
      const {there, kept} = unmarker.channelPaths(channel, number)
      if (locked) {
        fs.renameSync(kept, there)
        continue
      }
      const bytes = readWhole(kept)
      const isLocal = queue.layout.channels[channel] === 'local'
      for (const {address, done} of parseChannel(bytes, 0, bytes.length).recipients)
        if (!done) recipients.push(isLocal ? withoutPrefix(queue.routing, address) : address)
    }
    if (recipients.length > 0) {
      const info = unmarker.inTrash('info', number)
      const bytes = readWhole(info)
      const bornNs = fs.lstatSync(info, {bigint: true}).mtimeNs
      const sender = parseSender(bytes, 0, bytes.length) ?? ''
      copies.set(injectCopy(queue, {mess: unmarker.inTrash('mess', number), sender, recipients}), bornNs)
    }
    unmarker.release(number)
  }
  return copies
}

/**
 * Envelopes that lost recipients: without qmail-send the old one comes back as long as it was not preprocessed; else
 * the recipients get a message of their own.
 */
const bringEnvelopes = async (undoing: Undoing, unmarker: Unmarker, envelopes: ReadonlyMap<MessageNumber, readonly string[]>): Promise<Map<MessageNumber, bigint>> => {
  const {queue, locked, context} = undoing
  const copies = new Map<MessageNumber, bigint>()
  if (envelopes.size === 0) return copies
  const isWaiting = (number: MessageNumber): boolean => unmarker.envelope(number) === 'other'
  if (!locked) {
    pullTrigger(queue.path)
    await waitUntil(() => ![...envelopes.keys()].some(isWaiting), {timeoutMs: BUSY_MS, signal: context.signal})
  }
  for (const [number, recipients] of envelopes) {
    if (isWaiting(number) && locked) unmarker.bringEnvelope(number)
    else if (['other', 'preprocessed'].includes(unmarker.envelope(number))) {
      const bytes = readWhole(unmarker.inTrash('todo', number))
      const sender = parseTodo(bytes, 0, bytes.length).sender ?? ''
      const bornNs = fs.lstatSync(unmarker.inTrash('mess', number), {bigint: true}).mtimeNs
      copies.set(injectCopy(queue, {mess: unmarker.inTrash('mess', number), sender, recipients}), bornNs)
    }
    unmarker.release(number)
  }
  return copies
}

/** What of the trash is not in the queue: messages that have left. */
const leftMessages = async ({queue, trash}: Undoing, staying: ReadonlySet<MessageNumber>): Promise<Snapshot> => {
  const all = compileSelection({}, 0)
  const selection = {...all, match: ((view: {number: MessageNumber}) => (staying.has(view.number) ? null : all.match(view as never))) as typeof all.match}
  const {snapshot} = await selectMessages(trashAsQueue(queue, trash), selection)
  return snapshot
}

/** Takes the whole of a live purge back, as far as it can be. Idempotent. */
export const unmarkAll = async (undoing: Undoing): Promise<BulkResult> => {
  const {queue, trash, context, locked} = undoing
  const unmarker = unmarkerOf(undoing)
  const skips = new Skips()
  let unmarked = 0
  const copies = await inside(queue, async () => {
    const {open, envelopes} = await turnBack(undoing, unmarker)
    const busy = await untilCalm(undoing, open)
    const half = new Map<MessageNumber, readonly number[]>()
    for (const [number, channels] of open) {
      if (busy.has(number)) skips.add(String(number), BEING_DELIVERED)
      if (busy.has(number) || unmarker.standing(number) !== 'open') continue
      unmarked++
      const gone = unmarker.goneChannels(number, new Map(channels.map(channel => [channel, [0]])))
      if (gone.length === 0) unmarker.release(number)
      else half.set(number, gone)
    }
    const made = bringRecipients(undoing, unmarker, half)
    for (const [number, bornNs] of await bringEnvelopes(undoing, unmarker, envelopes)) made.set(number, bornNs)
    unmarked += envelopes.size
    return {made, busy}
  })
  // Without qmail-send nothing is preprocessed: the copies are as old as they are new, which no later step of ours can mend.
  const unaged = locked ? 0 : await ageCopies(queue, copies.made)
  const chosen = await leftMessages(undoing, copies.busy)
  const {signal, progress} = context
  const restoring = {queue, trash, chosen, skips, signal, progress}
  const restored = locked ? await restoreMessages(restoring) : await restoreLive(restoring)
  const complete = !skips.failed && !restored.interrupted
  if (complete) removeTrash(queue.path, trash.path)
  return {
    result: {
      queue: queue.path, unmarked, restored: restored.restored, reinjected: copies.made.size, ...skips.json(),
      waiting: unaged + ('waiting' in restored ? (restored.waiting as number) : 0),
      atNextStart: 'atNextStart' in restored ? (restored.atNextStart as number) : 0,
    },
    complete,
  }
}
