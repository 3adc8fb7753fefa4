// Carries out the single steps of a repair and takes them back; what stands on the disk tells how far a step is.
import * as fs from 'node:fs'
import {basename, dirname, join} from 'node:path'

import {OpsError, fromSystem} from 'mailops/core'
import {run, setAttributes} from 'mailops/effects'

import type {Owned, Step} from '../../check/finding.js'
import {ASIDE} from '../../check/renumber.js'
import {lookAt} from '../check/look.js'

/** Where the steps are taken: the queue and the trash of this repair, absolute. */
export interface StepPlace {
  readonly queue: string
  readonly trash: string
}

/** `before`: not taken. `after`: taken. `other`: somebody else has been there. */
export type Standing = 'before' | 'after' | 'other'

const {O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY} = fs.constants

const resolve = ({queue, trash}: StepPlace, path: string): string =>
  path.startsWith(`${ASIDE}/`) ? join(trash, 'aside', path.slice(ASIDE.length + 1)) : join(queue, path)

const targetOf = (place: StepPlace, step: Step & {op: 'trash' | 'move'}): string =>
  step.op === 'trash' ? join(place.trash, step.path) : resolve(place, step.to)

const sameOwned = (a: Owned, b: Owned): boolean => a.mode === b.mode && a.uid === b.uid && a.gid === b.gid

/** How far a step is. */
export const standing = (place: StepPlace, step: Step): Standing => {
  const path = resolve(place, step.path)
  const now = lookAt(path)
  switch (step.op) {
    case 'trash':
    case 'move': {
      const there = lookAt(targetOf(place, step))
      if (now?.ino === step.ino) return there === undefined ? 'before' : 'other'
      return there?.ino === step.ino ? 'after' : 'other'
    }
    case 'attributes':
      if (now === undefined || now.ino !== step.ino) return 'other'
      return sameOwned(now, step.after) ? 'after' : sameOwned(now, step.before) ? 'before' : 'other'
    case 'mkdir':
      return now === undefined ? 'before' : now.type === 'directory' ? 'after' : 'other'
    case 'fifo':
      if (step.replaces !== undefined && now?.ino === step.replaces) return 'before'
      return now === undefined ? 'before' : now.type === 'fifo' ? 'after' : 'other'
    case 'create':
      if (step.replaces !== undefined && now?.ino === step.replaces) return 'before'
      if (now === undefined) return 'before'
      return now.type === 'file' && now.size === step.size ? 'after' : 'other'
  }
}

/** Takes a step that stands `before`. @throws OpsError with the path; the step is then not taken */
export const takeStep = async (place: StepPlace, step: Step): Promise<void> => {
  const path = resolve(place, step.path)
  try {
    if (step.op === 'trash' || step.op === 'move') renameFree(path, targetOf(place, step))
    else if (step.op === 'attributes') changeAttributes(path, step.ino, step.after)
    else if (step.op === 'mkdir') makeDirectory(path, step.after)
    else if (step.op === 'fifo') await makeFifo(place, path, step)
    else makeFile(place, path, step)
  } catch (error) {
    throw fromSystem(error, step.op === 'attributes' ? 'change' : step.op === 'trash' ? 'take away' : 'put right', path)
  }
}

/** Takes a move again that was taken back just now; unlike takeStep it cannot be overtaken. */
export const retakeMove = (place: StepPlace, step: Step): void => {
  if (step.op !== 'move') throw new Error('only moves make a unit')
  renameFree(resolve(place, step.path), targetOf(place, step))
}

/** Takes back a step that stands `after`. @throws OpsError with the path; then it still stands */
export const takeBackStep = (place: StepPlace, step: Step): void => {
  const path = resolve(place, step.path)
  try {
    if (step.op === 'trash' || step.op === 'move') renameFree(targetOf(place, step), path)
    else if (step.op === 'attributes') changeAttributes(path, step.ino, step.before)
    else if (step.op === 'mkdir') fs.rmdirSync(path)
    else if (step.replaces !== undefined) fs.renameSync(join(place.trash, step.path), path)
    else fs.unlinkSync(path)
  } catch (error) {
    throw fromSystem(error, 'take back', path)
  }
}

/** Where a step changes directories, so that they can be synced: absolute. */
export const directoriesChanged = (place: StepPlace, step: Step): string[] => {
  if (step.op === 'attributes') return []
  const path = dirname(resolve(place, step.path))
  return step.op === 'trash' || step.op === 'move' ? [path, dirname(targetOf(place, step))] : [path]
}

// rename(2) would replace what is there. qmail-queue links, and so never replaces; in this queue nobody else renames.
const renameFree = (from: string, to: string): void => {
  if (lookAt(to) !== undefined) throw new OpsError('EEXIST', `${to} is there already`, {exit: 'tryAgain'})
  try {
    fs.renameSync(from, to)
  } catch (error) {
    // The first file that goes to its directory in the trash.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || lookAt(from) === undefined) throw error
    fs.mkdirSync(dirname(to), {recursive: true, mode: 0o700})
    fs.renameSync(from, to)
  }
}

const changed = (path: string): OpsError => new OpsError('CHANGED', `${path} changed meanwhile`, {exit: 'tryAgain', hint: 'run the command again'})

const changeAttributes = (path: string, ino: string, owned: Owned): void => {
  let fd: number
  try {
    fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    // Our own file, closed to ourselves: by its name, which nobody but us can make a trap for us.
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    fs.chmodSync(path, owned.mode)
    return
  }
  try {
    if (String(fs.fstatSync(fd, {bigint: true}).ino) !== ino) throw changed(path)
    setAttributes(fd, owned)
  } finally {
    fs.closeSync(fd)
  }
}

// Root alone can enter it until it has its owner and mode.
const makeDirectory = (path: string, owned: Owned): void => {
  fs.mkdirSync(path, {mode: 0o700})
  const fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    setAttributes(fd, owned)
  } finally {
    fs.closeSync(fd)
  }
}

/** Made in the trash and renamed into place whole, so that no crash leaves it with a wrong owner. */
const makeFifo = async (place: StepPlace, path: string, step: Step & {op: 'fifo'}): Promise<void> => {
  const fresh = freshPath(place, path)
  const {status, stderr} = await run(['mkfifo', '-m', '0600', fresh])
  if (status !== 0) throw new OpsError('MKFIFO', `cannot make ${path}: ${stderr.trim()}`, {exit: 'cannotCreate'})
  setOwned(fresh, step.after)
  putInPlace(place, {fresh, path, step})
}

interface Putting {
  readonly fresh: string
  readonly path: string
  readonly step: Step & {op: 'fifo' | 'create'}
}

/** What is replaced gets its name in the trash first: there is no instant without either. */
const putInPlace = (place: StepPlace, {fresh, path, step}: Putting): void => {
  if (step.replaces === undefined) {
    renameFree(fresh, path)
    return
  }
  const kept = join(place.trash, step.path)
  fs.mkdirSync(dirname(kept), {recursive: true, mode: 0o700})
  if (lookAt(kept) === undefined) fs.linkSync(path, kept)
  if (lookAt(kept)?.ino !== step.replaces) throw changed(path)
  fs.renameSync(fresh, path)
}

const setOwned = (path: string, owned: Owned): void => {
  const fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    setAttributes(fd, owned)
  } finally {
    fs.closeSync(fd)
  }
}

const freshPath = ({trash}: StepPlace, path: string): string => {
  const fresh = join(trash, `new-${basename(path)}`)
  // What a run that was cut off left.
  fs.rmSync(fresh, {force: true})
  return fresh
}

const makeFile = (place: StepPlace, path: string, step: Step & {op: 'create'}): void => {
  const fresh = freshPath(place, path)
  const bytes = Buffer.alloc(step.size)
  if (step.replaces !== undefined) readInto(path, bytes)
  const fd = fs.openSync(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  try {
    fs.writeSync(fd, bytes, 0, bytes.length, 0)
    setAttributes(fd, step.after)
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
  putInPlace(place, {fresh, path, step})
}

const readInto = (path: string, bytes: Buffer): void => {
  const fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    fs.readSync(fd, bytes, 0, bytes.length, 0)
  } finally {
    fs.closeSync(fd)
  }
}
