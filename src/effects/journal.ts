// The write-ahead journal: one file a change, a JSON record a line, each synced before what it announces happens.
import {randomBytes} from 'node:crypto'
import * as fs from 'node:fs'
import {join} from 'node:path'

import {OpsError, fromSystem} from '../errors.js'
import type {JsonObject, Seen} from '../plan.js'
import type {JournalEntry} from './journal-entries.js'
import {readWhole, removeIfThere, syncDirectory, writeAtomic} from './files.js'
import {acquire, tryLock, type Lock} from './lock/index.js'
import {isFull, openState, privateDirectory, type StatePlace} from './state.js'

/** First record: what would be done, by whom. */
export interface PlanRecord {
  readonly type: 'plan'
  readonly version: 1
  readonly id: string
  /** ISO 8601, UTC. */
  readonly at: string
  readonly subject: string
  readonly resource: string
  readonly onCrash: 'rollback' | 'finish'
  readonly undoable: boolean
  readonly uid: number
  readonly pid: number
  /** Set when this change takes back another. */
  readonly undoOf?: string
  readonly changes: readonly JsonObject[]
}

/** What `stage` kept of a change, so that it can be recognised, finished and taken back. */
export interface Saved {
  /** SHA-256 of the content before. */
  readonly sha256?: string
  /** File below backups/ID that holds the content before. */
  readonly backup?: string
  /** Temporary file that waits beside the target. */
  readonly temporary?: string
  /** SHA-256 of the content after. */
  readonly afterSha256?: string
  /** Where a symbolic link pointed. */
  readonly link?: string
}

/** One line of a journal; `n` is the place of a change in the plan. */
export type JournalRecord =
  | PlanRecord
  | {readonly type: 'staging'; readonly n: number; readonly saved: Saved}
  | {readonly type: 'staged'}
  | {readonly type: 'begin'; readonly n: number}
  | {readonly type: 'done'; readonly n: number; readonly after: Seen | null; readonly result?: JsonObject; readonly complete?: boolean}
  | {readonly type: 'note'; readonly n: number; readonly note: JsonObject}
  | {readonly type: 'failed'; readonly n: number; readonly error: string}
  | {readonly type: 'reverted'; readonly n: number}
  | {
      readonly type: 'end'
      readonly status: 'done' | 'rolled-back' | 'conflict'
      readonly at: string
      /** False when a bulk change left some of its work undone. */
      readonly complete: boolean
      /** Paths left as somebody else changed them. */
      readonly conflicts?: readonly string[]
    }

const newId = (): string => {
  const stamp = new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  return `${stamp}-${randomBytes(2).toString('hex')}`
}

/** Bytes kept free in a new journal file, so that the records of a change fit even when the disk fills up meanwhile. */
const RESERVE_PER_CHANGE = 1024
const RESERVE = 4096

/** A journal file that we hold (flock) and append to. Its tail is newlines written ahead, which readers skip. */
export class Journal {
  readonly id: string
  readonly path: string
  /** All records so far, also those that another process wrote before a crash. */
  readonly records: JournalRecord[]
  readonly #fd: number
  readonly #lock: Lock
  #end: number

  constructor(held: {id: string; path: string; fd: number; lock: Lock; end: number; records: JournalRecord[]}) {
    this.id = held.id
    this.path = held.path
    this.records = held.records
    this.#fd = held.fd
    this.#lock = held.lock
    this.#end = held.end
  }

  /** Appends a record and waits until it is on the disk. */
  append(record: JournalRecord): void {
    const line = Buffer.from(`${JSON.stringify(record)}\n`)
    try {
      for (let at = 0; at < line.length; )
        at += fs.writeSync(this.#fd, line, at, line.length - at, this.#end + at)
      fs.fdatasyncSync(this.#fd)
    } catch (error) {
      throw fromSystem(error, 'write', this.path)
    }
    this.#end += line.length
    this.records.push(record)
  }

  /** Appends what is good to know but not needed to recover; a full disk must not stop a roll-back. */
  appendIfPossible(record: JournalRecord): void {
    try {
      this.append(record)
    } catch (error) {
      if (!isFull(error) && (error as {code?: string}).code !== 'EIO') throw error
    }
  }

  /** Cuts the space that was written ahead and lets the file go. */
  async close(): Promise<void> {
    fs.ftruncateSync(this.#fd, this.#end)
    fs.closeSync(this.#fd)
    await this.#lock.release()
  }
}

const createIn = (directory: string, reserve: number): {id: string; path: string; fd: number} => {
  for (;;) {
    const id = newId()
    const path = join(directory, `${id}.jsonl`)
    let fd: number
    try {
      fd = fs.openSync(path, 'wx', 0o600)
    } catch (error) {
      // Two in the same second with the same two random bytes.
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue
      throw fromSystem(error, 'create', path)
    }
    try {
      fs.writeSync(fd, Buffer.alloc(reserve, '\n'), 0, reserve, 0)
      fs.fsyncSync(fd)
      syncDirectory(directory)
      return {id, path, fd}
    } catch (error) {
      fs.closeSync(fd)
      removeIfThere(path)
      throw fromSystem(error, 'write', path)
    }
  }
}

/**
 * Starts a journal. When the state's file system is full or read-only it goes below /run instead: a purge with
 * nothing to keep must work on a full disk.
 */
export const createJournal = async (place: StatePlace, changes: number): Promise<Journal> => {
  const reserve = RESERVE + changes * RESERVE_PER_CHANGE
  let file: {id: string; path: string; fd: number}
  try {
    openState(place)
    file = createIn(place.journal, reserve)
  } catch (error) {
    // Full or read-only is what the place below /run is for; all else is for the administrator.
    if (!isFull(error)) throw error
    privateDirectory(place.run, 0o711)
    privateDirectory(join(place.run, 'journal'))
    file = createIn(join(place.run, 'journal'), reserve)
  }
  // Somebody who asks whether it is in use may hold it for a moment.
  const lock = await acquire(file.path, {waitMs: 5_000, runDir: place.run})
  return new Journal({...file, lock, end: 0, records: []})
}

/** A record of one line; null for what is none: half of one, or a piece of one that happens to be JSON too. */
const parseRecord = (line: string): JournalRecord | null => {
  try {
    const value = JSON.parse(line) as JournalRecord | string | number | boolean | null
    return typeof value === 'object' && typeof value?.type === 'string' ? value : null
  } catch {
    return null // torn or damaged: the caller knows which
  }
}

/**
 * All records of a journal file. The last one, cut short by a crash, is as if it had never been written; a power cut may
 * leave it in several pieces, with the newlines that were written ahead between them.
 */
export const parseRecords = (text: string, path: string): JournalRecord[] => {
  const records: JournalRecord[] = []
  let torn: number | null = null
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue
    const record = parseRecord(line)
    if (record === null) torn ??= index
    // A record is written when the one before is on the disk, so what is torn in the middle was edited.
    else if (torn !== null) throw new OpsError('JOURNAL_DAMAGED', `${path}:${torn + 1}: not a journal record`, {exit: 'badData'})
    else records.push(record)
  }
  return records
}

/** Opens a journal again to append to it; null when another process holds it, so is still at work. */
export const reopenJournal = async (entry: JournalEntry, place: StatePlace): Promise<Journal | null> => {
  const lock = await tryLock(entry.path, {runDir: place.run})
  if (lock === null) return null
  let fd: number | null = null
  try {
    fd = fs.openSync(entry.path, fs.constants.O_RDWR | (fs.constants.O_NOFOLLOW ?? 0))
    const written = fs.readFileSync(fd, 'latin1')
    const records = parseRecords(Buffer.from(written, 'latin1').toString('utf8'), entry.path)
    // The last record may stand whole without its newline.
    const text = written.endsWith('\n') ? written : `${written}\n`
    const end = endOfRecords(text, records.length)
    if (text.slice(end).trim() !== '') fs.ftruncateSync(fd, end)
    if (end > written.length) fs.writeSync(fd, '\n', written.length)
    return new Journal({id: entry.id, path: entry.path, fd, lock, end, records})
  } catch (error) {
    if (fd !== null) fs.closeSync(fd)
    await lock.release()
    throw fromSystem(error, 'open', entry.path)
  }
}

/** Behind so many records: there the next one goes, over what a crash tore. A record holds no raw newline. */
const endOfRecords = (text: string, count: number): number => {
  let end = 0
  for (let seen = 0; seen < count; ) {
    const next = text.indexOf('\n', end)
    if (next > end) seen++
    end = next + 1
  }
  return end
}

/** Moves a journal that had to be kept below /run to its proper place, once there is room; tries again another time. */
export const settleJournal = (place: StatePlace, {path, id}: {path: string; id: string}): string => {
  const home = join(place.journal, `${id}.jsonl`)
  if (path === home) return path
  try {
    openState(place)
    writeAtomic(home, readWhole(path), {mode: 0o600})
  } catch (error) {
    if (isFull(error)) return path // still no room: the copy below /run serves until the next boot
    if ((error as {code?: string}).code === 'ENOENT') return home // another recovery has moved it
    throw error
  }
  removeIfThere(path)
  return home
}
