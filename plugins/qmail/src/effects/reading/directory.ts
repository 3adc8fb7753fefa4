// Walks one directory of a queue without following links and without holding its names.
import * as fs from 'node:fs'

import {OpsError, fromSystem} from 'mailops/core'

/** What a directory entry is; a link is never looked through. */
export type EntryType = 'file' | 'directory' | 'symlink' | 'other'

const typeOf = (entry: fs.Dirent): EntryType => {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'directory'
  return entry.isSymbolicLink() ? 'symlink' : 'other'
}

/** True when a path is a directory itself, not a link to one; false when nothing is there. Other failures are OpsErrors. */
export const isDirectory = (path: string): boolean => {
  try {
    return fs.lstatSync(path, {throwIfNoEntry: false})?.isDirectory() ?? false
  } catch (error) {
    throw fromSystem(error, 'look at', path)
  }
}

/** Bytes of a directory up to which its entries may all be held: some hundred thousand. */
const WHOLE = 1 << 22

/**
 * Calls `each` for every entry of a directory, in the directory's order; false when there is no such directory.
 * A large one comes a thousand entries at a time, for a flat todo/ of a million names must not be held as objects; of
 * all others the entries are had at once, in a third of the time.
 * @throws OpsError with the system's code and the path: EACCES (77), EIO (74); `LINK` (65) for a symbolic link
 */
export const walkDirectory = (path: string, each: (name: string, type: EntryType) => void): boolean => {
  try {
    const stat = fs.lstatSync(path, {throwIfNoEntry: false})
    if (stat === undefined) return false
    if (stat.isSymbolicLink())
      throw new OpsError('LINK', `${path} is a symbolic link, and below a queue none is followed`, {exit: 'badData'})
    if (!stat.isDirectory()) throw new OpsError('NOT_A_DIRECTORY', `${path} is not a directory`, {exit: 'badData'})
    if (stat.size <= WHOLE) for (const entry of fs.readdirSync(path, {withFileTypes: true})) each(entry.name, typeOf(entry))
    else walkLarge(path, each)
    return true
  } catch (error) {
    throw fromSystem(error, 'read', path)
  }
}

const walkLarge = (path: string, each: (name: string, type: EntryType) => void): void => {
  const directory = fs.opendirSync(path, {bufferSize: 1024})
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) each(entry.name, typeOf(entry))
  } finally {
    directory.closeSync()
  }
}
