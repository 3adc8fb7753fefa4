// Reads the files of a machine, this one or a copy of another's below a directory; a file that is not there is no error.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {fromSystem} from 'mailops/core'

/** The text of a file (latin1: every byte comes through), null where there is none. Links are followed: this only reads. */
export const readText = (root: string, path: string): string | null => {
  const full = join(root, path)
  try {
    return fs.readFileSync(full, 'latin1')
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null
    throw fromSystem(error, 'read', full)
  }
}

/** True when something is there. */
export const isThere = (root: string, path: string): boolean => fs.existsSync(join(root, path))
