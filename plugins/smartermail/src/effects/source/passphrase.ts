// A passphrase from a file or standard input: never from the command line, where everybody can read it.
import * as fs from 'node:fs'

import {OpsError, fromSystem} from 'mailops/core'

const MOST = 64 << 10

export interface Passphrase {
  readonly passphrase: Buffer
  /** Something the user should know about the file, null when there is nothing. */
  readonly warning: string | null
}

/**
 * The first line of a file, or of standard input for `-`.
 * @throws OpsError 64 `NO_PASSPHRASE` when that line is empty; 66/77 when the file cannot be read
 */
export const readPassphrase = (file: string): Passphrase => {
  const fd = file === '-' ? 0 : open(file)
  try {
    const bytes = readSome(fd, file)
    const end = bytes.indexOf(0x0a)
    const line = end < 0 ? bytes : bytes.subarray(0, end)
    const passphrase = line.at(-1) === 0x0d ? line.subarray(0, -1) : line
    if (passphrase.length === 0)
      throw new OpsError('NO_PASSPHRASE', `${file === '-' ? 'standard input' : file} begins with no passphrase`, {
        exit: 'usage',
        hint: 'write the passphrase on the first line',
      })
    const isOpen = file !== '-' && process.platform !== 'win32' && (fs.fstatSync(fd).mode & 0o077) !== 0 && fs.fstatSync(fd).isFile()
    return {passphrase, warning: isOpen ? `${file} can be read by others than its owner; chmod 600 ${file}` : null}
  } finally {
    if (fd !== 0) fs.closeSync(fd)
  }
}

const open = (file: string): number => {
  try {
    return fs.openSync(file, 'r')
  } catch (error) {
    throw fromSystem(error, 'open', file)
  }
}

const readSome = (fd: number, file: string): Buffer => {
  const buffer = Buffer.alloc(MOST)
  let length = 0
  try {
    for (let size; length < MOST && (size = fs.readSync(fd, buffer, length, MOST - length, null)) > 0; ) {
      length += size
      if (buffer.subarray(0, length).includes(0x0a)) break
    }
  } catch (error) {
    // The end of a pipe on Windows.
    if ((error as NodeJS.ErrnoException).code !== 'EOF') throw fromSystem(error, 'read', file)
  }
  return buffer.subarray(0, length)
}
