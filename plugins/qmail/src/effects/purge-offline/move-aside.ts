// Moves a file of a message into the trash, or the rest of it after a crash.
import * as fs from 'node:fs'

/** A link that cannot be made here although a rename can: another's file (protected_hardlinks), or no links at all. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS'])

/**
 * Gives a file its place in the trash and takes it away from the queue, below the same file system.
 * As link and unlink and not as rename where link(2) does not follow a symbolic link: a rename between directories takes
 * one lock of the whole file system (s_vfs_rename_mutex in Linux's fs/namei.c), so that two threads get on no better
 * than one; these get on twice as well. A crash between the two leaves both names, which `moveAside` again brings to
 * an end: qmail sees the file until the very end.
 * @throws the system's error; then the file has its old name only
 */
export const moveAside = (path: string, to: string): void => {
  if (process.platform !== 'linux') return fs.renameSync(path, to)
  try {
    fs.linkSync(path, to)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    // A name of ours from before a crash; or an older bounce of that message, which the one that came since replaces.
    if (code === 'EEXIST' ? !isSameFile(path, to) : NO_LINKS.has(code)) return fs.renameSync(path, to)
    if (code !== 'EEXIST') throw error
  }
  try {
    fs.unlinkSync(path)
  } catch (error) {
    fs.unlinkSync(to) // or it would count as removed
    throw error
  }
}

/** True when both names lead to one file; a rename of one over the other would then do nothing (rename(2)). */
export const isSameFile = (a: string, b: string): boolean => {
  const first = fs.lstatSync(a, {bigint: true, throwIfNoEntry: false})
  const second = fs.lstatSync(b, {bigint: true, throwIfNoEntry: false})
  return first !== undefined && second !== undefined && first.ino === second.ino && first.dev === second.dev
}
