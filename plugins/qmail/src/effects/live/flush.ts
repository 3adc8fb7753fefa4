// After marking: bounces that came late, the alarm, and how many messages have left.
import * as fs from 'node:fs'
import {setTimeout as delay} from 'node:timers/promises'

import type {BulkContext} from 'mailops/effects'

import {parseNumber, type MessageNumber} from '../../queue/number.js'
import {sameMessage, type OpenQueue, type Snapshot} from '../reading/index.js'
import {entriesOf} from '../swap/names.js'
import type {Marker} from './marker.js'
import {sendAlarm} from './sending.js'

/** Messages that were marked, by index of the snapshot. */
export interface Taken {
  readonly queue: OpenQueue
  readonly snapshot: Snapshot
  readonly indexes: number[]
  /** True when the trash has links of them. */
  readonly held: boolean
}

const FLUSH_WAIT_MS = 10_000
const POLL_MS = 100

const isLeft = ({queue, snapshot}: Taken, index: number): boolean => sameMessage(queue, snapshot.at(index)) !== 'same'

/** Up to so many messages a look at each is cheaper than reading all directories. */
const FEW = 1000

const namesInMess = ({path, layout}: OpenQueue): Set<MessageNumber> => {
  const numbers = new Set<MessageNumber>()
  for (const {name} of entriesOf(path, layout, 'mess')) {
    const number = parseNumber(name)
    if (number !== undefined) numbers.add(number)
  }
  return numbers
}

/** How many of the marked messages are still in the queue; where no name is left in mess/ nothing need be looked at. */
export const stillThere = (taken: Taken): number => {
  const {queue, indexes, snapshot, held} = taken
  const isThere = indexes.length > FEW ? namesInMess(queue) : null
  return indexes.reduce((count, index) => {
    if (isThere?.has(snapshot.numberAt(index)) === false) return count
    // Held by a link its number has no other tenant; else whoever has the name must be looked at.
    return (isThere === null || !held) && isLeft(taken, index) ? count : count + 1
  }, 0)
}

/**
 * Takes away bounces of marked messages that a delivery in flight made by failing for good after the marking: one look
 * at bounce/, which is never split, instead of one at each message.
 */
const takeLateBounces = (marker: Marker, taken: Taken): void => {
  const names = fs.readdirSync('bounce').map(parseNumber).filter(number => number !== undefined)
  if (names.length === 0) return
  const present = new Set<MessageNumber>(names)
  for (const index of taken.indexes) {
    const number = taken.snapshot.numberAt(index)
    if (present.has(number) && !isLeft(taken, index)) marker.takeBounce(number)
  }
}

interface Flushing {
  readonly live: {readonly flushWaitMs?: number | undefined}
  readonly args: {readonly only: boolean; readonly queue: string}
  readonly context: BulkContext
  readonly marker: Marker
  readonly taken: Taken
}

/** Sends ALRM, then waits as long as messages leave; a message that waits for a delivery slot takes its time. */
export const flush = async ({live, args, context, marker, taken}: Flushing): Promise<void> => {
  if (!args.only) takeLateBounces(marker, taken)
  await sendAlarm(args.queue, context.place)
  if (args.only) return
  let waiting: readonly number[] = taken.indexes
  for (let until = performance.now() + (live.flushWaitMs ?? FLUSH_WAIT_MS); waiting.length > 0; ) {
    await delay(POLL_MS)
    const left = waiting.filter(index => !isLeft(taken, index))
    if (left.length < waiting.length) until = performance.now() + (live.flushWaitMs ?? FLUSH_WAIT_MS)
    waiting = left
    context.progress(taken.indexes.length - waiting.length, taken.indexes.length)
    if (performance.now() >= until || context.signal.aborted) return
  }
}
