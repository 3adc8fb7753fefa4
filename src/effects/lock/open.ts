// Opens what is to be locked: never through a symbolic link, never a pipe or device, created only when told.
import {closeSync, constants, fstatSync, lstatSync, openSync, type Stats} from 'node:fs'
import {fromSystem, OpsError} from '../../errors.js'
import {makePath} from '../make-path.js'

// Windows has neither O_NOFOLLOW nor O_NONBLOCK: undefined there, and 0 to `|`.
const {O_RDWR, O_RDONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK} = constants
const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

const openAny = (path: string, create: boolean): number => {
  // O_NONBLOCK: a pipe in the place of the file must not keep us waiting. NFS locks only what is open for writing.
  const common = O_NOFOLLOW | O_NONBLOCK
  try {
    return openSync(path, O_RDWR | common | (create ? O_CREAT : 0), 0o600)
  } catch (error) {
    const code = codeOf(error)
    // A directory opens for reading only; a file of another owner or a read-only file system may allow just that.
    if (code !== 'EISDIR' && code !== 'EACCES' && code !== 'EROFS') throw error
    try {
      return openSync(path, O_RDONLY | common)
    } catch (second) {
      // It is not there, and was not to be made: why not is what has to be told.
      throw create && codeOf(second) === 'ENOENT' ? error : second
    }
  }
}

/** A descriptor of a regular file or directory, closed on exec; anything else is an OpsError that names the path. */
export const openForLock = (path: string, create: boolean): {fd: number; stats: Stats} => {
  let fd: number
  try {
    fd = openAny(path, create)
  } catch (error) {
    throw fromSystem(error, 'open', path)
  }
  const stats = fstatSync(fd)
  if (stats.isFile() || stats.isDirectory()) return {fd, stats}
  closeSync(fd)
  throw new OpsError('NOT_LOCKABLE', `cannot lock ${path}: neither a file nor a directory`, {exit: 'badData'})
}

/** Whether the path still names what was opened: a lock on a file that was replaced meanwhile keeps nobody out. */
export const stillNames = (path: string, {dev, ino}: Stats): boolean => {
  try {
    const now = lstatSync(path)
    return now.dev === dev && now.ino === ino
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false // removed meanwhile
    throw fromSystem(error, 'look at', path)
  }
}

/** Makes the directory of lock files when it is first needed: flock(2) never does, so that a full /run stops no lock. */
export const makeRunDirectory = (path: string): void => {
  try {
    makePath(path, 0o711)
  } catch (error) {
    throw fromSystem(error, 'make', path)
  }
}
