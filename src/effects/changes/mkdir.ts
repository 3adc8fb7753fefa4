// Making one directory.
import * as fs from 'node:fs'
import {dirname} from 'node:path'

import {fromSystem} from '../../errors.js'
import type {MakeDirectoryChange} from '../../plan.js'
import {readSeen, setDirectoryAttributes, syncDirectory} from '../files.js'
import type {ChangeEffect} from './change-effect.js'

const finish = ({path, mode, uid, gid}: MakeDirectoryChange): void => {
  setDirectoryAttributes(path, {mode: mode ?? 0o700, uid, gid})
  syncDirectory(dirname(path))
}

/** mkdir(2), closed until owner and mode are set. */
export const mkdirEffect: ChangeEffect<MakeDirectoryChange> = {
  commit: change => {
    try {
      fs.mkdirSync(change.path, {mode: 0o700})
      finish(change)
    } catch (error) {
      throw fromSystem(error, 'make directory', change.path)
    }
  },

  outcome: ({path}) => readSeen(path),

  // The plan's check saw nothing there, so an empty directory is ours, finished or not.
  standing: ({path}) => {
    const now = readSeen(path)
    if (now === null) return 'before'
    return now.type === 'directory' && fs.readdirSync(path).length === 0 ? 'after' : 'other'
  },

  complete: finish,

  revert: ({path}) => {
    fs.rmdirSync(path)
    syncDirectory(dirname(path))
  },

  inverse: ({path}, {after}) => (after === null ? null : {kind: 'remove', path, before: after, why: 'take back'}),
}
