// Brings messages back from a trash into a queue whose lock we hold: by rename, so numbers and times are as they were.
import * as fs from 'node:fs'
import {setImmediate} from 'node:timers/promises'

import {fromSystem, isOpsError} from 'mailops/core'

import {PRESENCE, type Presence} from '../../message/presence.js'
import {RESTORE_ORDER} from '../../queue/order.js'
import type {MessageNumber} from '../../queue/number.js'
import type {Skips} from '../../purge/outcome.js'
import {partsInOrder, pathIn, type PartPaths} from '../purge-offline/paths.js'
import {inside} from '../purge-offline/remove.js'
import {lookUp, type OpenQueue, type Snapshot} from '../reading/index.js'
import {freshen} from './freshen.js'
import type {Trash} from './place.js'

/** A restore under way. */
export interface Restoring {
  readonly queue: OpenQueue
  readonly trash: Trash
  /** Messages of the trash, chosen there (trashAsQueue). */
  readonly chosen: Snapshot
  readonly skips: Skips
  readonly signal: AbortSignal
  readonly progress: (done: number, total: number) => void
}

/** What it did. */
export interface Restored {
  readonly restored: number
  readonly bytes: number
  readonly interrupted: boolean
}

/** Why a message stays in the trash. */
export const NUMBER_TAKEN = 'its number is in use in the queue'

const STRIDE = 512

/** The parts of a message in the order in which they come back. */
export const restoreOrder = ({header}: Trash): PartPaths[] => partsInOrder(header.layout, RESTORE_ORDER)

/** Restores the chosen messages, ascending, as they were: names, inodes, contents, times, modes. */
export const restoreMessages = ({queue, trash, chosen, skips, signal, progress}: Restoring): Promise<Restored> =>
  inside(queue, async () => {
    const parts = restoreOrder(trash)
    const from = `${trash.path.slice(queue.path.length + 1)}/`
    let restored = 0
    let bytes = 0
    for (let i = 0; i < chosen.length; i++) {
      if (i % STRIDE === STRIDE - 1) {
        progress(i, chosen.length)
        await setImmediate()
      }
      if (signal.aborted) return {restored, bytes, interrupted: true}
      const n = chosen.numberAt(i)
      const reason = lookUp(queue, n) === 0 ? moveBack({n, presence: chosen.presenceAt(i), parts, from}) : NUMBER_TAKEN
      if (reason !== null) {
        skips.add(String(n), reason)
        continue
      }
      restored++
      bytes += chosen.sizeAt(i)
    }
    progress(chosen.length, chosen.length)
    return {restored, bytes, interrupted: false}
  })

/** One message on its way back; `from` is the trash below the queue, with a slash. */
interface Return {
  readonly n: MessageNumber
  readonly presence: Presence
  readonly parts: readonly PartPaths[]
  readonly from: string
}

/**
 * Renames the parts that are in the trash back, mess first; gives why it could not, null when it could. The queue is the
 * working directory. Whatever is there is not overwritten: under the lock nobody else makes files of this number.
 */
export const moveBack = ({n, presence, parts, from}: Return): string | null => {
  for (const part of parts) {
    if ((presence & part.bit) === 0) continue
    const path = pathIn(part, n)
    try {
      if (fs.lstatSync(path, {throwIfNoEntry: false}) !== undefined) return `${path} is there already`
      // Before it is back: qmail-send removes a mess without todo and info that was not read for 36 hours.
      if (part.bit === PRESENCE.mess) freshen(from + path)
      fs.renameSync(from + path, path)
    } catch (error) {
      const known = fromSystem(error, 'bring back', path)
      // The others may well come back; this one is in the trash, or recovery finishes it.
      if (isOpsError(known)) return known.message
      throw error
    }
  }
  return null
}
