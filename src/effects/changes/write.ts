// Creating or replacing a file: the new content waits beside the target, the old one goes into the backups, then a rename.
import {createHash} from 'node:crypto'
import * as fs from 'node:fs'
import {dirname, join} from 'node:path'

import {OpsError, fromSystem} from '../../errors.js'
import type {Change, Seen, WriteChange} from '../../plan.js'
import {copyNew, digestOf, readSeen, readWhole, removeIfThere, sameSeen, syncDirectory, writeNew} from '../files.js'
import {privateDirectory} from '../state.js'
import {besideTarget, type ChangeEffect} from './change-effect.js'
import {patiently} from '../patiently.js'

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex')

const attributesFor = ({before, mode, uid, gid, mtimeNs}: WriteChange) => ({
  mode: mode ?? before?.mode,
  uid: uid ?? before?.uid,
  gid: gid ?? before?.gid,
  mtimeNs,
})

/** Puts content at a path in one step, through the waiting file. */
const install = (temporary: string, path: string): void => {
  try {
    patiently(() => fs.renameSync(temporary, path))
    syncDirectory(dirname(path))
  } catch (error) {
    throw fromSystem(error, 'replace', path)
  }
}

const digestNow = (path: string): string | null => {
  const seen = readSeen(path)
  if (seen === null) return null
  return seen.type === 'file' ? digestOf(path) : `a ${seen.type}`
}

/** write(2) to a waiting file, rename(2) over the target. */
export const writeEffect: ChangeEffect<WriteChange> = {
  plan: (change, slot) => ({
    temporary: besideTarget(change.path, slot),
    afterSha256: sha256(change.after),
    ...(change.before !== null && {backup: join(slot.backups, String(slot.n))}),
  }),

  stage: (change, slot, saved) => {
    writeNew(saved.temporary ?? '', change.after, attributesFor(change))
    if (saved.backup === undefined) return saved
    privateDirectory(slot.backups)
    const before = copyNew(change.path, saved.backup)
    syncDirectory(slot.backups)
    // The new content was made from what the plan saw, not from what somebody has written since.
    const wanted = change.before?.sha256
    if (wanted === undefined ? !sameSeen(readSeen(change.path), change.before) : wanted !== before)
      throw new OpsError('CHANGED', `${change.path} changed while it was being copied`, {exit: 'tryAgain'})
    return {...saved, sha256: before}
  },

  commit: ({path, before}, _slot, saved) => {
    // The last look before the rename: whoever wrote meanwhile keeps his work.
    const now = digestNow(path)
    if (now !== (before === null ? null : saved.sha256))
      throw new OpsError('CHANGED', `${path} changed meanwhile`, {exit: 'tryAgain', hint: 'run the command again'})
    install(saved.temporary ?? '', path)
  },

  outcome: ({path}) => readSeen(path, {digest: true}),

  standing: ({path, before}, _slot, saved) => {
    const now = digestNow(path)
    // A change that writes what is there already counts as made: taking it back writes the same bytes again.
    if (now === saved.afterSha256) return 'after'
    if (before === null) return now === null ? 'before' : 'other'
    // Never staged: nothing can have been made.
    return saved.sha256 === undefined || now === saved.sha256 ? 'before' : 'other'
  },

  revert: ({path, before}, slot, saved) => {
    if (before === null) {
      removeIfThere(path)
      syncDirectory(dirname(path))
      return
    }
    const temporary = besideTarget(path, slot)
    removeIfThere(temporary)
    const {mode, uid, gid, mtimeNs} = before
    writeNew(temporary, readWhole(saved.backup ?? ''), {mode, uid, gid, mtimeNs})
    install(temporary, path)
  },

  inverse: ({path, before}, {saved, after}): Change | null => {
    const why = 'take back'
    if (before === null) return after === null ? null : {kind: 'remove', path, before: after, why}
    const {mode, uid, gid, mtimeNs}: Seen = before
    return {kind: 'write', path, before: after, after: readWhole(saved.backup ?? ''), mode, uid, gid, mtimeNs, why}
  },
}
