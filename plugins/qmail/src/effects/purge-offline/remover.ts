// Takes message after message out of a queue whose lock is ours: into a trash, or for good.
import * as fs from 'node:fs'

import {fromSystem, isOpsError, type OpsError} from 'mailops/core'

import {PRESENCE, type Presence} from '../../message/presence.js'
import {stateRow, type StateRow} from '../../message/state-table.js'
import {REUSED, VANISHED} from '../../purge/outcome.js'
import type {MessageNumber} from '../../queue/number.js'
import {sameMessage, type ChosenMessage, type OpenQueue} from '../reading/index.js'
import {moveAside} from './move-aside.js'
import {partsInOrder, pathIn, type PartPaths} from './paths.js'

/** What a removal is about; plain data, so that a worker thread can be given it. The queue is the working directory. */
export interface RemovalJob {
  readonly queue: OpenQueue
  /** Absolute path of the trash, null to remove for good. */
  readonly trash: string | null
}

/** Some messages to remove, ascending. */
export interface Block {
  readonly numbers: readonly MessageNumber[]
  /** The files of each, as they are now that the lock is ours; 0 for one that has gone. */
  readonly presence: readonly Presence[]
  /** What each was when it was chosen; null when that was under the lock already: they are all still the same. */
  readonly chosen: readonly ChosenMessage[] | null
}

/** What became of a block. */
export interface BlockOutcome {
  /** Messages of the block that were dealt with; fewer than all of them after a failure. */
  readonly done: number
  /** Positions of those that stayed, and why. */
  readonly skipped: readonly (readonly [number, string])[]
  readonly warnings: readonly string[]
  /** What the next message would meet as well. */
  readonly error?: OpsError
}

/** Errors that the next message would meet as well. */
const HOPELESS = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE'])

/** Removes blocks: each message in the order of its row of the state table, mess last. */
export class Remover {
  readonly #job: RemovalJob
  readonly #take: (path: string) => void
  readonly #mess: PartPaths
  readonly #orders = new Map<StateRow, PartPaths[]>()
  #warnings: string[] = []

  constructor(job: RemovalJob) {
    const {trash, queue} = job
    this.#job = job
    const into = trash === null ? '' : `${trash.slice(queue.path.length + 1)}/`
    this.#take = trash === null ? path => fs.unlinkSync(path) : path => moveAside(path, into + path)
    this.#mess = partsInOrder(queue.layout, ['mess'])[0]!
  }

  removeBlock({numbers, presence, chosen}: Block): BlockOutcome {
    const skipped: [number, string][] = []
    this.#warnings = []
    const outcome = (done: number): BlockOutcome => ({done, skipped, warnings: this.#warnings})
    for (const [i, number] of numbers.entries()) {
      try {
        const reason = this.#remove(number, presence[i]!, chosen?.[i])
        if (reason !== null) skipped.push([i, reason])
      } catch (error) {
        if (!isOpsError(error)) throw error
        return {...outcome(i), error} // the caller lets the other blocks end, then throws it
      }
    }
    return outcome(numbers.length)
  }

  /** Null when the message has left, otherwise why it stays. */
  #remove(number: MessageNumber, presence: Presence, chosen: ChosenMessage | undefined): string | null {
    const row = stateRow(presence)
    const refusal = chosen === undefined ? null : this.#refusal(chosen, presence, row)
    return refusal ?? this.#takeAll(number, presence, row)
  }

  #refusal(chosen: ChosenMessage, presence: Presence, row: StateRow): string | null {
    if (presence === 0) return VANISHED
    const hasMess = (presence & PRESENCE.mess) !== 0
    if (chosen.headless) return hasMess ? REUSED : null
    if (!hasMess) return 'its mess file has vanished: see mailops qmail check'
    try {
      const sameness = sameMessage(this.#job.queue, chosen, {path: pathIn(this.#mess, chosen.number), presence})
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
        if (HOPELESS.has((error as NodeJS.ErrnoException).code ?? '')) throw fromSystem(error, 'remove', `${this.#job.queue.path}/${path}`)
        return reason
      }
    }
    return null
  }

  /** A part of a message in the trash would be lost to it; without a trash each prefix of the order is legal. */
  #putBack(taken: readonly string[]): void {
    const {trash} = this.#job
    if (trash === null) return
    for (const path of taken.toReversed())
      try {
        fs.renameSync(`${trash}/${path}`, path)
      } catch (error) {
        this.#warnings.push(textOf(error, 'put back', path)) // recovery finds it in the trash
      }
  }

  #orderOf(row: StateRow): PartPaths[] {
    let order = this.#orders.get(row)
    if (order === undefined) this.#orders.set(row, (order = partsInOrder(this.#job.queue.layout, row.purge)))
    return order
  }
}

const textOf = (error: unknown, doing: string, path: string): string => {
  const known = fromSystem(error, doing, path)
  if (!isOpsError(known) && (error as NodeJS.ErrnoException).code === undefined) throw error
  return isOpsError(known) ? known.message : `cannot ${doing} ${path}: ${(error as NodeJS.ErrnoException).code}`
}
