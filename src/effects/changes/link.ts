// Making a symbolic link: the way back of having removed one.
import * as fs from 'node:fs'
import {dirname} from 'node:path'

import {fromSystem} from '../../errors.js'
import type {LinkChange} from '../../plan.js'
import {readSeen, removeIfThere, syncDirectory} from '../files.js'
import type {ChangeEffect} from './change-effect.js'

const complete = ({path, uid, gid}: LinkChange): void => {
  fs.lchownSync(path, uid, gid)
  syncDirectory(dirname(path))
}

/** symlink(2), then lchown(2); neither follows it. */
export const linkEffect: ChangeEffect<LinkChange> = {
  commit: change => {
    try {
      fs.symlinkSync(change.target, change.path)
      complete(change)
    } catch (error) {
      throw fromSystem(error, 'link', change.path)
    }
  },

  outcome: ({path}) => readSeen(path),

  standing: ({path, target}) => {
    const now = readSeen(path)
    if (now === null) return 'before'
    return now.type === 'symlink' && fs.readlinkSync(path) === target ? 'after' : 'other'
  },

  complete,

  revert: ({path}) => {
    removeIfThere(path)
    syncDirectory(dirname(path))
  },

  inverse: ({path}, {after}) => (after === null ? null : {kind: 'remove', path, before: after, why: 'take back'}),
}
