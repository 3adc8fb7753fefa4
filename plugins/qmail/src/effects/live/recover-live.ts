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

/** A message of the batch that was cut off: where not a byte was written it is let go, else the rest is written. */
const finishOne = (unmarker: Unmarker, entry: LedgerEntry, only: boolean): void => {
  if (unmarker.standing(entry.number) !== 'open') return
  const envelope = unmarker.envelope(entry.number)
  if (envelope !== 'never touched') {
    // A rename is either done or not; and without `gone` the whole message was to go, todo/N first.
    if (envelope === 'original') unmarker.release(entry.number)
    else if (entry.gone === undefined) unmarker.finishRemoval(entry.number)
    return
  }
  const {written, unwritten} = unmarker.count(entry)
  if (written === 0 && unwritten > 0) {
    if (!only) unmarker.bringBounce(entry.number)
    unmarker.release(entry.number)
    return
  }
  if (!only) unmarker.takeBounce(entry.number)
  unmarker.write(entry, 'D')
  if (!only) unmarker.takeBounce(entry.number)
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
