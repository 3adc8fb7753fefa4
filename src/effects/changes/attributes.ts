// Owner and mode of what is there, through a descriptor, so that a link put there meanwhile is refused.
import * as fs from 'node:fs'

import {OpsError, fromSystem} from '../../errors.js'
import type {Attributes, AttributesChange, Seen} from '../../plan.js'
import {readSeen, setAttributes} from '../files.js'
import type {ChangeEffect} from './change-effect.js'

const {O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY} = fs.constants

const set = (path: string, ino: string, attributes: Attributes): void => {
  try {
    // O_NONBLOCK: opening a FIFO nobody writes to must not hang.
    const fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    try {
      if (String(fs.fstatSync(fd, {bigint: true}).ino) !== ino)
        throw new OpsError('CHANGED', `${path} changed meanwhile`, {exit: 'tryAgain', hint: 'run the command again'})
      setAttributes(fd, attributes)
    } finally {
      fs.closeSync(fd)
    }
  } catch (error) {
    throw fromSystem(error, 'set owner and mode of', path)
  }
}

const hasAttributes = (seen: Seen, {mode, uid, gid}: Attributes): boolean =>
  (mode === undefined || seen.mode === mode) &&
  (uid === undefined || seen.uid === uid) &&
  (gid === undefined || seen.gid === gid)

/** fchown(2), then fchmod(2). */
export const attributesEffect: ChangeEffect<AttributesChange> = {
  commit: change => set(change.path, change.before.ino, change),

  outcome: ({path}) => readSeen(path),

  standing: ({path, before, ...wanted}) => {
    const now = readSeen(path)
    if (now === null || now.ino !== before.ino) return 'other'
    if (hasAttributes(now, wanted)) return 'after'
    // Owner set, mode not yet: made in part, and taken back like the whole.
    const {mode, uid, gid} = before
    return hasAttributes(now, {mode, uid, gid}) ? 'before' : 'after'
  },

  complete: change => set(change.path, change.before.ino, change),

  revert: ({path, before: {ino, mode, uid, gid}}) => set(path, ino, {mode, uid, gid}),

  inverse: ({path, before: {mode, uid, gid}}, {after}) =>
    after === null ? null : {kind: 'attributes', path, before: after, mode, uid, gid, why: 'take back'},
}
