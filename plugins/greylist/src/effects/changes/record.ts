// What entries were before a change and after it, a line each, on the disk before the first of them is changed.
import * as fs from 'node:fs'
import {join} from 'node:path'
import {createInterface} from 'node:readline'

import {fromSystem} from 'mailops/core'
import {openState, removeIfThere, syncDirectory, type StatePlace} from 'mailops/effects'

import type {Entry} from '../../store/store.js'

/** One entry's change; null: it is not there. */
export interface EntryChange {
  readonly before: Entry | null
  readonly after: Entry | null
}

const recordPath = (place: StatePlace, token: string): string => join(place.backups, `greylist-${token}.jsonl`)

/** A record that is being written. */
export interface RecordWriter {
  add(changes: readonly EntryChange[]): void
  /** Syncs it: from here on the changes may be made. */
  end(): void
}

/** Begins a record; refused when there is one of this token. */
export const writeRecord = (place: StatePlace, token: string): RecordWriter => {
  openState(place)
  const path = recordPath(place, token)
  let fd: number
  try {
    fd = fs.openSync(path, 'wx', 0o600)
  } catch (error) {
    throw fromSystem(error, 'create', path)
  }
  return {
    add: changes => {
      try {
        fs.writeSync(fd, changes.map(({before, after}) => `${JSON.stringify([before, after])}\n`).join(''))
      } catch (error) {
        throw fromSystem(error, 'write', path)
      }
    },
    end: () => {
      fs.fsyncSync(fd)
      fs.closeSync(fd)
      syncDirectory(place.backups)
    },
  }
}

/** The changes of a record, in pieces; nothing when there is none, so nothing was changed. */
export const readRecord = async function* (place: StatePlace, token: string, size = 1000): AsyncGenerator<readonly EntryChange[]> {
  const path = recordPath(place, token)
  if (!fs.existsSync(path)) return
  let piece: EntryChange[] = []
  for await (const line of createInterface({input: fs.createReadStream(path, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY})) {
    let pair: [Entry | null, Entry | null]
    try {
      pair = JSON.parse(line) as [Entry | null, Entry | null]
    } catch {
      return void (yield piece) // cut off while it was written: what follows was never changed
    }
    piece.push({before: pair[0], after: pair[1]})
    if (piece.length < size) continue
    yield piece
    piece = []
  }
  if (piece.length > 0) yield piece
}

/** Removes the record once nothing can be taken back by it. */
export const dropRecord = (place: StatePlace, token: string): void => removeIfThere(recordPath(place, token))
