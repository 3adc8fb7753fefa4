// Makes a directory with those above it, and tells the truth about why it could not.
import * as fs from 'node:fs'
import {dirname} from 'node:path'

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

/**
 * Makes a directory and what is missing above it, all with that mode (less the umask); one that is there is no error.
 * Node's own `recursive` calls a read-only file system ENOENT, and who reads that looks for the wrong thing.
 * @throws the system's error
 */
export const makePath = (path: string, mode: number): void => {
  try {
    fs.mkdirSync(path, {mode})
  } catch (error) {
    const above = dirname(path)
    if (codeOf(error) === 'ENOENT' && above !== path) {
      makePath(above, mode)
      return makePath(path, mode)
    }
    // Another process was quicker, or it was there: a file in its place is the caller's to find.
    if (codeOf(error) !== 'EEXIST' || !fs.statSync(path).isDirectory()) throw error
  }
}
