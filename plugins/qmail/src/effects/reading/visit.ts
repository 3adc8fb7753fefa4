// Goes through the messages of a queue that a selection matches, ascending, at ease with a queue that changes meanwhile.
import {setImmediate} from 'node:timers/promises'

import type {Presence} from '../../message/presence.js'
import type {MessageNumber} from '../../queue/number.js'
import type {CompiledSelection} from '../../selection/compile.js'
import type {Match} from '../../selection/message-view.js'
import {lookUp} from './look-up.js'
import type {MessageReader, ReadRecipient} from './message-reader.js'
import type {OpenQueue} from './open-queue.js'
import {scanNumbers, scanQueue, type Scan} from './scan.js'

/** How a visit goes. */
export interface VisitOptions {
  readonly signal?: AbortSignal | undefined
  /** Called now and then with how many messages of the scan were looked at. */
  readonly progress?: ((done: number, total: number) => void) | undefined
  /** Messages that may be taken at all, by their files; all when absent. */
  readonly eligible?: ((presence: Presence) => boolean) | undefined
}

/** What a visit did. */
export interface Visited {
  /** Messages that matched and were read. */
  readonly matched: number
  /** Messages that went away between scan and reading: qmail was at work. */
  readonly vanished: number
  /** True when the signal or `take` stopped it before its end. */
  readonly interrupted: boolean
}

/** Up to so many --id a look-up of each is cheaper than reading all directories. */
const FEW = 1000
/** Messages between two looks at ^C and progress. */
const STRIDE = 512
const TRIES = 4

/** Scans a queue as far as a selection needs it: a few ids are looked up, everything else is read from the directories. */
export const scanFor = (queue: OpenQueue, {ids}: CompiledSelection): Scan =>
  ids !== undefined && ids.size <= FEW ? scanNumbers(queue, ids) : scanQueue(queue)

/**
 * Visits the matching messages of a scan in ascending order.
 * `read` asks the reader what it wants to know and returns it; when a file vanished under it the message is looked up
 * and read again, or left out silently when it has gone. `take` then gets the result; true ends the visit; a promise is
 * waited for.
 */
export const visitMessages = async <T>(
  {queue, scan, selection, reader}: {queue: OpenQueue; scan: Scan; selection: CompiledSelection; reader: MessageReader},
  {read, take}: {
    read: (reader: MessageReader, match: Match<ReadRecipient>) => T
    take: (result: T) => boolean | void | Promise<boolean | void>
  },
  {signal, progress, eligible}: VisitOptions = {},
): Promise<Visited> => {
  let matched = 0
  let vanished = 0
  const result = (interrupted: boolean): Visited => ({matched, vanished, interrupted})
  for (let i = 0; i < scan.length; i++) {
    if (i % STRIDE === STRIDE - 1) {
      progress?.(i, scan.length)
      await setImmediate()
      if (signal?.aborted) return result(true)
    }
    const outcome = visitOne({queue, number: scan.numberAt(i), presence: scan.presenceAt(i), selection, reader, eligible}, read)
    if (outcome === 'gone') vanished++
    if (typeof outcome === 'string') continue
    matched++
    const stop = take(outcome.result)
    if (stop === true || (stop instanceof Promise && (await stop) === true)) return result(true)
  }
  return result(false)
}

/** One message of a visit. */
export interface One {
  readonly queue: OpenQueue
  readonly number: MessageNumber
  readonly presence: Presence
  readonly selection: CompiledSelection
  readonly reader: MessageReader
  readonly eligible?: VisitOptions['eligible']
}

/** Visits one message, as visitMessages does; tells apart what went away and what did not match. */
export const visitOne = <T>(
  {queue, number, presence, selection, reader, eligible}: One,
  read: (reader: MessageReader, match: Match<ReadRecipient>) => T,
): {result: T} | 'gone' | 'no match' => {
  let current = presence
  for (let tries = 0; tries < TRIES; tries++) {
    if (eligible !== undefined && !eligible(current)) return 'no match'
    reader.load(number, current)
    const match = selection.match(reader)
    const result = match === null ? undefined : {result: read(reader, match)}
    if (!reader.vanished) return result ?? 'no match'
    current = lookUp(queue, number)
    if (current === 0) return 'gone'
  }
  return 'gone' // it changes faster than it can be read, which only a message about to leave does
}
