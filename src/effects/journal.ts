// The write-ahead journal: one file a change, a JSON record a line, each synced before what it announces happens.
import {randomBytes} from 'node:crypto'
import * as fs from 'node:fs'
import {join} from 'node:path'

import {fromSystem} from '../errors.js'
import type {JournalEntry} from './journal-entries.js'
import {endOfRecords, parseRecords, type JournalRecord} from './journal-records.js'
import {readWhole, removeIfThere, syncDirectory, writeAtomic} from './files.js'
import {acquire, tryLock, type Lock} from './lock/index.js'
import {isFull, openState, privateDirectory, type StatePlace} from './state.js'

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
