// The times that were there before, one line a file, on the disk before the first of them is changed.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {fromSystem} from 'mailops/core'
import {openState, removeIfThere, writeNew, type StatePlace} from 'mailops/effects'

/** One file whose modification time is changed. */
export interface TimeChange {
  /** Below the queue. */
  readonly path: string
  /** Inode number, decimal: the file must still be the same. */
  readonly ino: string
  /** Birth time in milliseconds of mess/N, 0 where there is none to trust: the message must still be the same. */
  readonly birthMs: number
  /** Nanoseconds since the epoch, decimal. */
  readonly from: string
  /** Seconds since the epoch. */
  readonly to: number
}

const recordPath = (place: StatePlace, token: string): string => join(place.backups, `times-${token}.jsonl`)

/** Writes the record; refused when there is one of this token. */
export const writeRecord = (place: StatePlace, token: string, changes: readonly TimeChange[]): void => {
  openState(place)
  writeNew(recordPath(place, token), Buffer.from(changes.map(change => `${JSON.stringify(change)}\n`).join('')))
}

/** Reads the record; empty when there is none, so nothing was changed. */
export const readRecord = (place: StatePlace, token: string): TimeChange[] => {
  try {
    const lines = fs.readFileSync(recordPath(place, token), 'utf8').split('\n')
    return lines.filter(line => line !== '').map(line => JSON.parse(line) as TimeChange)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [] // never written, or taken back already
    throw fromSystem(error, 'read', recordPath(place, token))
  }
}

/** Removes the record once nothing can be taken back by it. */
export const dropRecord = (place: StatePlace, token: string): void => removeIfThere(recordPath(place, token))
