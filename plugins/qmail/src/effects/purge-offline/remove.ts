// Takes chosen messages out of a queue whose lock we hold: by a move into a trash, or for good.
import * as fs from 'node:fs'
import {setImmediate} from 'node:timers/promises'

import {OpsError} from 'mailops/core'

import type {Presence} from '../../message/presence.js'
import type {Skips} from '../../purge/outcome.js'
import type {MessageNumber} from '../../queue/number.js'
import type {ChosenMessage, OpenQueue, Scan, Snapshot} from '../reading/index.js'
import {removeInThreads, threadsPay} from './remove-pool.js'
import {Remover, type Block, type BlockOutcome, type RemovalJob} from './remover.js'

/** A purge under way. */
export interface Removal extends RemovalJob {
  readonly snapshot: Snapshot
  /**
   * What is there now that the lock is ours; null when it was ours already as the messages were chosen. Nobody else ends
   * a message or takes a file of it away, so they are all still the same.
   */
  readonly now: Scan | null
  /** False for a chosen message that is to stay. */
  readonly takes: (index: number) => boolean
  readonly skips: Skips
  readonly signal: AbortSignal
  readonly progress: (done: number, total: number) => void
  readonly warn: (text: string) => void
}

/** What it did. */
export interface Removed {
  readonly removed: number
  /** Of mess/N of the removed. */
  readonly bytes: number
  /** By index of the snapshot: 1 for the removed. */
  readonly isRemoved: Uint8Array
  readonly interrupted: boolean
}

/** Messages between two looks at ^C and progress. */
const STRIDE = 512

/**
 * Does work with the queue as working directory, for paths that the kernel resolves in a few steps.
 * @throws OpsError 75 `QUEUE_MOVED` when the path leads to another directory by now
 */
export const inside = async <T>(queue: OpenQueue, work: () => Promise<T>): Promise<T> => {
  const before = process.cwd()
  process.chdir(queue.path)
  try {
    const {dev, ino} = fs.statSync('.', {bigint: true})
    if (dev !== queue.dev || ino !== queue.ino)
      throw new OpsError('QUEUE_MOVED', `${queue.path} is another directory than a moment ago`, {exit: 'tryAgain'})
    return await work()
  } finally {
    process.chdir(before)
  }
}

/** Removes messages ascending, each in the order of its row of the state table, mess last. */
export const removeMessages = (removal: Removal): Promise<Removed> =>
  inside(removal.queue, async () => {
    const {snapshot, skips, progress, warn} = removal
    const isRemoved = new Uint8Array(snapshot.length)
    let removed = 0
    let bytes = 0
    let seen = 0
    for await (const {block, outcome} of outcomes(removal)) {
      const stays = new Map(outcome.skipped)
      for (let k = 0; k < outcome.done; k++) {
        const index = block.indexes[k]!
        const reason = stays.get(k)
        if (reason !== undefined) {
          skips.add(String(block.numbers[k]), reason)
          continue
        }
        isRemoved[index] = 1
        removed++
        bytes += snapshot.sizeAt(index)
      }
      for (const text of outcome.warnings) warn(text)
      if (outcome.error !== undefined) throw outcome.error
      seen = block.to
      progress(seen, snapshot.length)
    }
    return {removed, bytes, isRemoved, interrupted: seen < snapshot.length}
  })

/** `indexes` in the snapshot; `to` is the index after the last that was looked at. */
type ChosenBlock = Block & {readonly indexes: readonly number[]; readonly to: number}
type Outcome = {readonly block: ChosenBlock; readonly outcome: BlockOutcome}

const outcomes = (removal: Removal): AsyncIterable<Outcome> => {
  const {queue, trash} = removal
  return removeBlocks({queue, trash}, blocksOf(removal), removal.snapshot.length)
}

/** Removes blocks in their order, with threads when so many messages are worth them; `inside` the job's queue. */
export const removeBlocks = <B extends Block>(
  job: RemovalJob,
  blocks: Iterable<B>,
  messages: number,
): AsyncIterable<{readonly block: B; readonly outcome: BlockOutcome}> =>
  threadsPay(messages) ? removeInThreads(job, blocks) : removeHere(job, blocks)

async function* removeHere<B extends Block>(job: RemovalJob, blocks: Iterable<B>): AsyncGenerator<{block: B; outcome: BlockOutcome}> {
  const remover = new Remover(job)
  for (const block of blocks) {
    yield {block, outcome: remover.removeBlock(block)}
    await setImmediate() // signals are heard between two turns of the event loop
  }
}

/** The messages to take, until the signal says no more. */
function* blocksOf({snapshot, now, takes, signal}: Removal): Generator<ChosenBlock> {
  for (let from = 0; from < snapshot.length && !signal.aborted; from += STRIDE) {
    const to = Math.min(snapshot.length, from + STRIDE)
    const indexes: number[] = []
    for (let i = from; i < to; i++) if (takes(i)) indexes.push(i)
    const numbers = indexes.map(i => snapshot.numberAt(i))
    yield {
      to,
      indexes,
      numbers,
      presence: now === null ? indexes.map(i => snapshot.presenceAt(i)) : numbers.map(n => presenceIn(now, n)),
      chosen: now === null ? null : indexes.map((i): ChosenMessage => snapshot.at(i)),
    }
  }
}

/** Files that a message has in a scan, 0 when it has none. */
export const presenceIn = (scan: Scan, n: MessageNumber): Presence => {
  const at = scan.indexOf(n)
  return at === -1 ? 0 : scan.presenceAt(at)
}
