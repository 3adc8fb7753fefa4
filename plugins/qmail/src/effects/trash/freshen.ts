// Sets a file's access time to now and leaves its modification time alone, which utimes(2) of Node cannot do exactly.
import * as fs from 'node:fs'

const {O_RDONLY, O_NOFOLLOW, O_NONBLOCK} = fs.constants
const RECENT_MS = 3_600_000
const byte = Buffer.alloc(1)

/**
 * Reads a byte, which updates the access time: under relatime too, because the rename before it has made the change
 * time newer. Only where that does nothing (noatime) the times are set, and the last three digits of the nanoseconds lost.
 */
export const freshen = (path: string): void => {
  const fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    fs.readSync(fd, byte, 0, 1, 0)
    const {atimeMs, mtimeMs} = fs.fstatSync(fd)
    if (Date.now() - atimeMs > RECENT_MS) fs.futimesSync(fd, Date.now() / 1000, mtimeMs / 1000)
  } finally {
    fs.closeSync(fd)
  }
}
