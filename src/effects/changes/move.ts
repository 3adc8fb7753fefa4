// Renaming within one file system, never over anything.
import * as fs from 'node:fs'
import {dirname} from 'node:path'

import {OpsError, fromSystem} from '../../errors.js'
import type {MoveChange, Seen} from '../../plan.js'
import {readSeen, syncDirectory} from '../files.js'
import type {ChangeEffect} from './change-effect.js'
import {patiently} from '../patiently.js'

const isSameObject = (a: Seen | null, b: Seen): boolean => a !== null && a.dev === b.dev && a.ino === b.ino && a.type === b.type

const rename = (from: string, to: string): void => {
  // rename(2) would replace what is there; Node has no RENAME_NOREPLACE, so this look is as close as it gets.
  if (readSeen(to) !== null) throw new OpsError('EEXIST', `${to} is there already`, {exit: 'cannotCreate'})
  try {
    patiently(() => fs.renameSync(from, to))
    syncDirectory(dirname(to))
    if (dirname(from) !== dirname(to)) syncDirectory(dirname(from))
  } catch (error) {
    throw fromSystem(error, `move ${from} to`, to)
  }
}

/** rename(2). */
export const moveEffect: ChangeEffect<MoveChange> = {
  commit: ({path, to, before}) => {
    if (!isSameObject(readSeen(path), before))
      throw new OpsError('CHANGED', `${path} changed meanwhile`, {exit: 'tryAgain', hint: 'run the command again'})
    rename(path, to)
  },

  outcome: ({to}) => readSeen(to),

  standing: ({path, to, before}) => {
    if (isSameObject(readSeen(path), before)) return 'before'
    return isSameObject(readSeen(to), before) ? 'after' : 'other'
  },

  revert: ({path, to}) => rename(to, path),

  inverse: ({path, to}, {after}) =>
    after === null ? null : {kind: 'move', path: to, to: path, before: after, why: 'take back'},
}
