// Directories of a target: real ones all the way down, with the owner and mode of what they stand in.
import * as fs from 'node:fs'
import {dirname, join, relative, sep} from 'node:path'

import {OpsError, fromSystem} from 'mailops/core'
import {setDirectoryAttributes} from 'mailops/effects'

/** lstat; null when nothing is there. */
export const look = (path: string): fs.Stats | null => {
  try {
    return fs.lstatSync(path)
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    throw fromSystem(error, 'look at', path)
  }
}

/**
 * Refuses a path below `base` that leads through a link or a file.
 * @throws OpsError 65 `LINK`
 */
export const requireReal = (base: string, directory: string, known: Set<string>): void => {
  if (known.has(directory)) return
  const parts = relative(base, directory).split(sep).filter(part => part !== '')
  let at = base
  for (const part of ['', ...parts]) {
    at = join(at, part)
    if (known.has(at)) continue
    const stat = part === '' ? fs.statSync(at, {throwIfNoEntry: false}) : look(at)
    if (stat === null || stat === undefined) return
    if (!stat.isDirectory())
      throw new OpsError('LINK', `${at} is ${stat.isSymbolicLink() ? 'a symbolic link' : 'no directory'}: nothing is written through it`, {
        exit: 'badData', hint: `look at it: ls -ld '${at}'`,
      })
    known.add(at)
  }
}

/** Owner and mode for what is made in a directory: those of the directory, or of the nearest that there is. */
export const inherited = (directory: string): {uid: number; gid: number; mode: number} => {
  for (let at = directory; ; at = dirname(at)) {
    const stat = fs.statSync(at, {throwIfNoEntry: false})
    if (stat !== undefined) return {uid: stat.uid, gid: stat.gid, mode: stat.mode & 0o777}
    if (at === dirname(at)) return {uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, mode: 0o700}
  }
}

/** Makes a directory as its parent is; one that is there is no error. */
export const makeDirectory = (path: string): void => {
  const {uid, gid, mode} = inherited(dirname(path))
  try {
    fs.mkdirSync(path, {mode: 0o700})
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return // made by an earlier step of a copy that was cut off
    throw fromSystem(error, 'make directory', path)
  }
  try {
    // Mail and recoverable passwords are nobody else's business.
    setDirectoryAttributes(path, {uid, gid, mode: (mode & 0o770) | 0o700})
  } catch (error) {
    throw fromSystem(error, 'give to its owner', path)
  }
}
