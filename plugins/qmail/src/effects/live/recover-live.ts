// After a crash of a live purge: each message wholly marked, or wholly as it was.
import {existsSync} from 'node:fs'
import {join} from 'node:path'

import {formatNumber, parseNumber} from '../../queue/number.js'
import {inside} from '../purge-offline/remove.js'
import type {OpenQueue} from '../reading/index.js'
import {entriesOf} from '../swap/names.js'
import {removeTrash, TRASH_DIRECTORY, type Trash} from '../trash/index.js'
import {ledgerBatches, type LedgerEntry} from './ledger.js'
import {Unmarker} from './unmarker.js'

/** Removes what a removal of a trash that was cut off has left beside it. */
export const dropLeftovers = (queue: string): void => {
  // The directory of all trashes goes with the last of them.
  const nothing = join(queue, TRASH_DIRECTORY, 'nothing')
  if (existsSync(join(queue, TRASH_DIRECTORY))) removeTrash(queue, nothing)
}

/** A message whose envelope was to be rewritten, or that was to go as a whole (no `gone`), todo/N being the commit. */
const finishEnvelope = (unmarker: Unmarker, {number, gone}: LedgerEntry): void => {
  const envelope = unmarker.envelope(number)
  if (envelope === 'never touched' || envelope === 'original') {
    unmarker.bringRemnants(number)
    unmarker.release(number)
  } else if (gone === undefined) unmarker.finishRemoval(number)
}

/** A message of the batch that was cut off: where not a byte was written it is let go, else the rest is written. */
const finishOne = (unmarker: Unmarker, entry: LedgerEntry, only: boolean): void => {
  const {number, marks} = entry
  if (unmarker.standing(number) !== 'open') return
  if (only && marks.size === 0) {
    finishEnvelope(unmarker, entry)
    return
  }
  const {written, unwritten} = unmarker.count(entry)
  if (written === 0 && unwritten > 0) {
    if (!only) unmarker.bringBounce(number)
    unmarker.release(number)
    return
  }
  if (!only) unmarker.takeBounce(number)
  unmarker.write(entry, 'D')
  if (!only) unmarker.takeBounce(number)
}

/** @returns how many messages the purge has taken: 0 means that nothing of it is left */
export const recoverMarks = (queue: OpenQueue, trash: Trash, only: boolean): Promise<number> =>
  inside(queue, async () => {
    const unmarker = new Unmarker(queue, `${trash.path.slice(queue.path.length + 1)}/`)
    const recorded = new Set<string>()
    for (const {entries, ended} of ledgerBatches(trash.path))
      for (const entry of entries) {
        recorded.add(formatNumber(entry.number))
        if (!ended) finishOne(unmarker, entry, only)
      }
    // Linked, but never announced: nothing was done to them.
    for (const {name} of entriesOf(trash.path, queue.layout, 'mess')) {
      const number = parseNumber(name)
      if (number !== undefined && !recorded.has(name)) unmarker.release(number)
    }
    let taken = 0
    for (const _ of entriesOf(trash.path, queue.layout, 'mess')) taken++
    return taken
  })
