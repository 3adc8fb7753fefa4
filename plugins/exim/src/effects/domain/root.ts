// Reads the files of a machine, this one or a copy of another's below a directory; a file that is not there is no error.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {fromSystem, OpsError} from 'mailops/core'

/**
 * The text of a file (latin1: every byte comes through), null where there is none. Links are followed: this only reads.
 * @throws OpsError 65 `NOT_A_FILE` for a pipe, which would keep us waiting for ever; 77 for a file that is closed
 */
export const readText = (root: string, path: string): string | null => {
  const full = join(root, path)
  let fd: number
  try {
    fd = fs.openSync(full, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw code === 'ENXIO' ? notAFile(full) : fromSystem(error, 'read', full)
  }
  try {
    const stat = fs.fstatSync(fd)
    if (stat.isDirectory()) return null
    // /dev/null, to which people link a list that shall be empty.
    if (stat.isCharacterDevice()) return ''
    if (!stat.isFile()) throw notAFile(full)
    return fs.readFileSync(fd, 'latin1')
  } finally {
    fs.closeSync(fd)
  }
}

/** The names in a directory, sorted; null where there is none. */
export const namesIn = (root: string, path: string): string[] | null => {
  const full = join(root, path)
  try {
    return fs.readdirSync(full).sort()
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw fromSystem(error, 'list', full)
  }
}

const notAFile = (path: string): OpsError =>
  new OpsError('NOT_A_FILE', `${path} is a pipe, a socket or a device, not a file; nothing was changed`, {
    exit: 'badData',
    hint: `ls -l ${path}`,
  })

/** True when something is there. */
export const isThere = (root: string, path: string): boolean => fs.existsSync(join(root, path))
