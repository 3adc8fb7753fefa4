// Takes chosen messages out of a queue whose lock we hold: by rename into a trash, or for good.
import * as fs from 'node:fs'
import {setImmediate} from 'node:timers/promises'

import {OpsError, fromSystem, isOpsError} from 'mailops/core'

import {PRESENCE, type Presence} from '../../message/presence.js'
import {stateRow, type StateRow} from '../../message/state-table.js'
import {REUSED, VANISHED, type Skips} from '../../purge/outcome.js'
import type {MessageNumber} from '../../queue/number.js'
import {sameMessage, type ChosenMessage, type OpenQueue, type Scan, type Snapshot} from '../reading/index.js'
import {partsInOrder, pathIn, type PartPaths} from './paths.js'

/** A purge under way. */
export interface Removal {
  readonly queue: OpenQueue
  readonly snapshot: Snapshot
  /**
   * What is there now that the lock is ours; null when it was ours already as the messages were chosen. Nobody else ends
   * a message or takes a file of it away, so they are all still the same.
   */
  readonly now: Scan | null
  /** False for a chosen message that is to stay. */
  readonly takes: (index: number) => boolean
  /** Absolute path of the trash, null to remove for good. */
  readonly trash: string | null
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
/** Errors that the next message would meet as well. */
const HOPELESS = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE'])

/** Carries out the file operations of one kind of removal, below the queue as working directory. */
type Take = (path: string) => void

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

/** Removes message after message, ascending, each in the order of its row of the state table, mess last. */
export const removeMessages = (removal: Removal): Promise<Removed> =>
  inside(removal.queue, async () => {
    const {snapshot, takes, signal, progress} = removal
    const isRemoved = new Uint8Array(snapshot.length)
    const work = new Remover(removal)
    let removed = 0
    let bytes = 0
    for (let i = 0; i < snapshot.length; i++) {
      if (i % STRIDE === STRIDE - 1) {
        progress(i, snapshot.length)
        await setImmediate()
      }
      if (signal.aborted) return {removed, bytes, isRemoved, interrupted: true}
      if (!takes(i) || !work.remove(snapshot.at(i))) continue
      isRemoved[i] = 1
      removed++
      bytes += snapshot.sizeAt(i)
    }
    progress(snapshot.length, snapshot.length)
    return {removed, bytes, isRemoved, interrupted: false}
  })

class Remover {
  readonly #removal: Removal
  readonly #take: Take
  readonly #mess: PartPaths
  readonly #orders = new Map<StateRow, PartPaths[]>()

  constructor(removal: Removal) {
    const {trash, queue} = removal
    this.#removal = removal
    const into = trash === null ? '' : `${trash.slice(queue.path.length + 1)}/`
    this.#take = trash === null ? path => fs.unlinkSync(path) : path => fs.renameSync(path, into + path)
    this.#mess = partsInOrder(queue.layout, ['mess'])[0]!
  }

  /** True when the message has left; otherwise it stays and is noted as skipped. */
  remove(chosen: ChosenMessage): boolean {
    const {now, skips} = this.#removal
    const presence = now === null ? chosen.presence : presenceIn(now, chosen.number)
    const row = stateRow(presence)
    const refusal = now === null ? null : this.#refusal(chosen, presence, row)
    const reason = refusal ?? this.#takeAll(chosen.number, presence, row)
    if (reason === null) return true
    skips.add(String(chosen.number), reason)
    return false
  }

  #refusal(chosen: ChosenMessage, presence: Presence, row: StateRow): string | null {
    if (presence === 0) return VANISHED
    const hasMess = (presence & PRESENCE.mess) !== 0
    if (chosen.headless) return hasMess ? REUSED : null
    if (!hasMess) return 'its mess file has vanished: see mailops qmail check'
    try {
      const sameness = sameMessage(this.#removal.queue, chosen, {path: pathIn(this.#mess, chosen.number), presence})
      if (sameness !== 'same') return sameness === 'gone' ? VANISHED : REUSED
    } catch (error) {
      return textOf(error, 'look at', pathIn(this.#mess, chosen.number)) // one that cannot be told apart stays
    }
    // qmail-send has ended it and was stopped before it had removed mess/N.
    return row.purge.length === 0 ? VANISHED : null
  }

  #takeAll(number: MessageNumber, presence: Presence, row: StateRow): string | null {
    const taken: string[] = []
    for (const part of this.#orderOf(row)) {
      if ((presence & part.bit) === 0) continue
      const path = pathIn(part, number)
      try {
        this.#take(path)
        taken.push(path)
      } catch (error) {
        const reason = textOf(error, 'remove', path)
        this.#putBack(taken)
        if (HOPELESS.has((error as NodeJS.ErrnoException).code ?? '')) throw fromSystem(error, 'remove', `${this.#removal.queue.path}/${path}`)
        return reason
      }
    }
    return null
  }

  /** A part of a message in the trash would be lost to it; without a trash each prefix of the order is legal. */
  #putBack(taken: readonly string[]): void {
    const {trash, warn} = this.#removal
    if (trash === null) return
    for (const path of taken.toReversed())
      try {
        fs.renameSync(`${trash}/${path}`, path)
      } catch (error) {
        warn(textOf(error, 'put back', path)) // recovery finds it in the trash
      }
  }

  #orderOf(row: StateRow): PartPaths[] {
    let order = this.#orders.get(row)
    if (order === undefined) this.#orders.set(row, (order = partsInOrder(this.#removal.queue.layout, row.purge)))
    return order
  }
}

/** Files that a message has in a scan, 0 when it has none. */
export const presenceIn = (scan: Scan, n: MessageNumber): Presence => {
  const at = scan.indexOf(n)
  return at === -1 ? 0 : scan.presenceAt(at)
}

const textOf = (error: unknown, doing: string, path: string): string => {
  const known = fromSystem(error, doing, path)
  if (!isOpsError(known) && (error as NodeJS.ErrnoException).code === undefined) throw error
  return isOpsError(known) ? known.message : `cannot ${doing} ${path}: ${(error as NodeJS.ErrnoException).code}`
}
