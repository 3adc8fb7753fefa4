// One step of a copy, forth and back; after any kill the disk tells how far it came.
import * as fs from 'node:fs'
import {dirname, join} from 'node:path'

import {OpsError, fromSystem, type Attributes} from 'mailops/core'
import {patiently, setAttributes} from 'mailops/effects'

import {sameStood, type CopyStep, type Stood} from '../../migrate/copy-steps.js'
import {inherited, look} from './inside.js'
import {keepIn} from './record.js'

/** A step with its number in its copy. */
export interface Numbered {
  readonly n: number
  readonly token: string
  readonly step: CopyStep
}

const newName = ({n, token, step}: Numbered): string => join(keepIn(step.base, token), `${n}.new`)
const oldName = ({n, token, step}: Numbered): string => join(keepIn(step.base, token), `${n}.old`)

const stood = (path: string): Stood | null => {
  const stat = look(path)
  return stat === null ? null : {bytes: stat.isFile() ? stat.size : -1, mtimeMs: stat.mtimeMs}
}

const matches = (path: string, wanted: Stood | null): boolean => {
  const now = stood(path)
  return now === null || wanted === null ? now === wanted : sameStood(now, wanted)
}

/** Whether the step was taken: its file is in place, and what it replaced is kept. */
export const isTaken = (numbered: Numbered): boolean => {
  const {step} = numbered
  const isKept = step.before === null || look(oldName(numbered)) !== null
  return isKept && (step.name === null ? look(step.to) === null : matches(step.to, step))
}

const rename = (from: string, to: string): void => {
  try {
    patiently(() => fs.renameSync(from, to))
  } catch (error) {
    throw fromSystem(error, 'rename', from)
  }
}

interface Written {
  readonly content: AsyncIterable<Uint8Array>
  readonly attributes: Attributes
  /** Modification time. */
  readonly seconds: number
}

// Owner, mode and time by the descriptor: whoever owns the folder could put a link in the place of the name.
const writeAll = async (path: string, {content, attributes, seconds}: Written): Promise<number> => {
  let fd: number
  try {
    fd = fs.openSync(path, fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_TRUNC | (fs.constants.O_NOFOLLOW ?? 0), 0o600)
  } catch (error) {
    throw fromSystem(error, 'create', path)
  }
  let bytes = 0
  try {
    for await (const piece of content)
      for (let at = 0; at < piece.length; ) {
        const size = fs.writeSync(fd, piece, at, piece.length - at)
        at += size
        bytes += size
      }
    setAttributes(fd, attributes)
    fs.futimesSync(fd, seconds, seconds)
    // Elsewhere one sync of the file system does for all files.
    if (process.platform !== 'linux') fs.fsyncSync(fd)
  } catch (error) {
    throw fromSystem(error, 'write', path)
  } finally {
    fs.closeSync(fd)
  }
  return bytes
}

const remove = (path: string): void => patiently(() => fs.rmSync(path, {force: true}))

/** Takes away what was written of a file that is not brought to its place after all. */
export const dropNew = (numbered: Numbered): void => remove(newName(numbered))

/**
 * Brings a file to its place; what stood there is kept aside.
 * @throws OpsError 75 `CHANGED` when something else stands there by now
 */
export const takeStep = async (numbered: Numbered, content: AsyncIterable<Uint8Array>): Promise<void> => {
  const {step} = numbered
  const fresh = newName(numbered)
  const parent = inherited(dirname(step.to))
  const before = step.before === null ? null : look(step.to)
  const {uid, gid} = before ?? parent
  const mode = before === null ? (parent.mode & 0o660) | 0o600 : before.mode & 0o777
  const bytes = await writeAll(fresh, {content, attributes: {uid, gid, mode}, seconds: step.mtimeMs / 1000})
  if (bytes !== step.bytes) throw new OpsError('CHANGED', `${step.name} has ${bytes} bytes, not ${step.bytes} as when the plan was made`, {exit: 'tryAgain', hint: 'run the command again'})
  putAside(numbered)
  rename(fresh, step.to)
}

/** Takes a file away whose source is gone; it is kept aside. */
export const putAside = (numbered: Numbered): void => {
  const {step} = numbered
  if (!matches(step.to, step.before))
    throw new OpsError('CHANGED', `${step.to} changed since the plan was made`, {exit: 'tryAgain', hint: 'run the command again'})
  if (step.before !== null) rename(step.to, oldName(numbered))
}

/** After a kill: what was half done is not done. Gives whether the step is taken. */
export const settleStep = (numbered: Numbered): boolean => {
  const {step} = numbered
  dropNew(numbered)
  if (isTaken(numbered)) return true
  if (step.before !== null && look(oldName(numbered)) !== null && look(step.to) === null) rename(oldName(numbered), step.to)
  return false
}

/** Takes a step back; false when somebody has changed its file since, which then stays. */
export const takeBack = (numbered: Numbered): boolean => {
  const {step} = numbered
  dropNew(numbered)
  const old = oldName(numbered)
  const now = stood(step.to)
  // Never taken, unless somebody has removed what was kept.
  if (step.before !== null && look(old) === null) return now === null || !sameStood(now, step) || sameStood(step, step.before)
  const isOurs = step.name === null ? now === null : now === null || sameStood(now, step)
  if (!isOurs) return false
  if (step.before !== null) rename(old, step.to)
  else remove(step.to)
  return true
}
