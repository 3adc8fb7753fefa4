// Removing a file, a symbolic link or an empty directory, with what brings it back.
import * as fs from 'node:fs'
import {dirname, join} from 'node:path'

import {OpsError, fromSystem} from '../../errors.js'
import type {Change, RemoveChange} from '../../plan.js'
import {copyNew, readSeen, readWhole, removeIfThere, sameSeen, setDirectoryAttributes, syncDirectory, writeNew} from '../files.js'
import {privateDirectory} from '../state.js'
import {besideTarget, type ChangeEffect} from './change-effect.js'
import {patiently} from '../patiently.js'

/** unlink(2) or rmdir(2). */
export const removeEffect: ChangeEffect<RemoveChange> = {
  plan: (change, slot) => (change.before.type === 'file' ? {backup: join(slot.backups, String(slot.n))} : {}),

  stage: (change, slot, saved) => {
    if (change.before.type === 'symlink') return {link: fs.readlinkSync(change.path)}
    if (saved.backup === undefined) {
      if (change.before.type === 'directory') return saved
      throw new OpsError('NOT_A_FILE', `${change.path} is neither file, link nor directory`, {exit: 'badData'})
    }
    privateDirectory(slot.backups)
    const sha256 = copyNew(change.path, saved.backup)
    syncDirectory(slot.backups)
    return {...saved, sha256}
  },

  commit: ({path, before}) => {
    if (!sameSeen(readSeen(path, {digest: before.sha256 !== undefined}), before))
      throw new OpsError('CHANGED', `${path} changed meanwhile`, {exit: 'tryAgain', hint: 'run the command again'})
    try {
      if (before.type === 'directory') fs.rmdirSync(path)
      else fs.unlinkSync(path)
      syncDirectory(dirname(path))
    } catch (error) {
      throw fromSystem(error, 'remove', path)
    }
  },

  outcome: () => null,

  standing: ({path, before}) => {
    const now = readSeen(path)
    if (now === null) return 'after'
    return now.type === before.type && (before.type === 'directory' || now.size === before.size) ? 'before' : 'other'
  },

  revert: ({path, before}, slot, saved) => {
    const {mode, uid, gid, mtimeNs} = before
    // Made beside it first: a crash must not leave half a file, or a directory half closed, under the real name.
    const temporary = besideTarget(path, slot)
    if (before.type === 'directory') {
      fs.rmSync(temporary, {recursive: true, force: true})
      fs.mkdirSync(temporary, {mode: 0o700})
      setDirectoryAttributes(temporary, {mode, uid, gid})
      patiently(() => fs.renameSync(temporary, path))
    } else if (before.type === 'symlink') {
      fs.symlinkSync(saved.link ?? '', path)
      fs.lchownSync(path, uid, gid)
    } else {
      removeIfThere(temporary)
      writeNew(temporary, readWhole(saved.backup ?? ''), {mode, uid, gid, mtimeNs})
      patiently(() => fs.renameSync(temporary, path))
    }
    syncDirectory(dirname(path))
  },

  inverse: ({path, before}, {saved}): Change | null => {
    const {mode, uid, gid, mtimeNs} = before
    const why = 'take back'
    if (before.type === 'directory') return {kind: 'mkdir', path, mode, uid, gid, why}
    if (before.type === 'symlink') return {kind: 'link', path, target: saved.link ?? '', uid, gid, why}
    return {kind: 'write', path, before: null, after: readWhole(saved.backup ?? ''), mode, uid, gid, mtimeNs, why}
  },
}
