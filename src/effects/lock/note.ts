// The note that a holder leaves beside its lock: who and since when. Best effort: a full disk must not stop a lock.
import {closeSync, constants, lstatSync, openSync, readFileSync, unlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {makePath} from '../make-path.js'
import {commandOf, identityOf, isAlive, type Identity} from './identity.js'
import type {Holder} from './types.js'

const {O_WRONLY, O_RDONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK} = constants

interface Note extends Identity {
  command: string
  since: string
}

/** Named after the locked inode, so that two names of one directory share a note. */
const notePath = (notesDir: string, path: string): string => {
  const {dev, ino} = lstatSync(path)
  return join(notesDir, `${dev}-${ino}.json`)
}

/** Leaves our note for a lock that we hold; gives back what takes it away again. */
export const leaveNote = (notesDir: string, path: string): (() => void) => {
  try {
    const name = notePath(notesDir, path)
    const me = identityOf(process.pid) ?? {pid: process.pid, start: null}
    const note: Note = {...me, command: commandOf(process.pid) ?? process.title, since: new Date().toISOString()}
    makePath(notesDir, 0o700)
    write(name, JSON.stringify(note))
    return () => remove(name)
  } catch {
    return () => {} // no space, no permission: the lock holds without it, only its holder's name may stay unknown
  }
}

const write = (name: string, content: string): void => {
  const fd = openSync(name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600)
  try {
    writeFileSync(fd, content)
  } catch (error) {
    remove(name)
    throw error
  } finally {
    closeSync(fd)
  }
}

const remove = (name: string): void => {
  try {
    unlinkSync(name)
  } catch {
    // gone already; and a note that stays is judged by whether its process lives
  }
}

/** Who says to hold the lock on a path; null without a note, or when that process has ended. */
export const readNote = (notesDir: string, path: string): Holder | null => {
  try {
    const fd = openSync(notePath(notesDir, path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    try {
      const {pid, start, command, since} = JSON.parse(readFileSync(fd, 'utf8')) as Note
      return isAlive({pid, start}) ? {pid, command, since} : null
    } finally {
      closeSync(fd)
    }
  } catch {
    return null // absent or half written: the lock itself is the truth, this is only its name plate
  }
}
