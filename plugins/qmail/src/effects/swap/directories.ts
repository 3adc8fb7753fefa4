// The two sets of directories of a swap: old ones aside, fresh ones in their place, by renames alone.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {OpsError, fromSystem} from 'mailops/core'
import {syncDirectory} from 'mailops/effects'

import {directoriesOf, isSplit, type QueueLayout} from '../../queue/layout.js'

/**
 * Directories in the order in which they are swapped. Each prefix is what a removal in this order would leave, so legal;
 * and todo goes before intd and mess: from the moment it is swapped whatever qmail-queue accepts is linked into the new
 * todo/, and only its mess and intd can still lie in the old set, as those of a message that is being injected.
 */
export const swapOrder = ({channels}: QueueLayout): string[] => ['bounce', ...channels, 'info', 'todo', 'intd', 'mess']

/** Below a trash: the fresh directories that wait for their turn. */
export const NEW = 'new'

const {O_RDONLY, O_NOFOLLOW, O_DIRECTORY} = fs.constants

/** True when there is anything at a path. */
export const isThere = (path: string): boolean => fs.lstatSync(path, {throwIfNoEntry: false}) !== undefined

/** Mount points of this machine; empty where /proc does not tell, and then rename(2) refuses them with EBUSY. */
const mountPoints = (): Set<string> => {
  try {
    const lines = fs.readFileSync('/proc/self/mountinfo', 'latin1').split('\n')
    // Field 5, with \040 and the like for blanks (proc(5)).
    return new Set(lines.map(line => (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8)))))
  } catch {
    return new Set() // no /proc: FreeBSD, or a container without it
  }
}

/**
 * Refuses what cannot be renamed: a directory of another file system, a mount point of the same one, a link.
 * @throws OpsError 73 `OTHER_FILE_SYSTEM`, 65 `NOT_A_DIRECTORY`
 */
export const requireSwappable = (queue: string, layout: QueueLayout): void => {
  const mounts = mountPoints()
  const {dev} = fs.lstatSync(queue, {bigint: true})
  const parts = swapOrder(layout)
  for (const directory of [...parts, ...parts.flatMap(part => directoriesOf(layout, part))]) {
    const path = join(queue, directory)
    const stat = fs.lstatSync(path, {bigint: true})
    if (!stat.isDirectory())
      throw new OpsError('NOT_A_DIRECTORY', `${path} is not a directory`, {exit: 'badData', hint: 'mailops qmail check'})
    if (stat.dev !== dev || mounts.has(path))
      throw new OpsError('OTHER_FILE_SYSTEM', `${path} is a mount point and cannot be renamed`, {
        exit: 'cannotCreate',
        hint: 'use --method offline',
      })
  }
}

/** Makes a directory with the owner and mode of another. */
const makeLike = (model: string, path: string): void => {
  const {uid, gid, mode} = fs.lstatSync(model)
  fs.mkdirSync(path, {mode: 0o700})
  const fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_DIRECTORY)
  try {
    const made = fs.fstatSync(fd)
    if (made.uid !== uid || made.gid !== gid) fs.fchownSync(fd, uid, gid)
    fs.fchmodSync(fd, mode & 0o7777)
  } finally {
    fs.closeSync(fd)
  }
}

/** Makes the fresh directories below `TRASH/new`: the owners, modes and split of those of the queue. */
export const prepareDirectories = (queue: string, trash: string, layout: QueueLayout): void => {
  const root = join(trash, NEW)
  try {
    fs.mkdirSync(root, {mode: 0o700})
    for (const part of swapOrder(layout)) {
      makeLike(join(queue, part), join(root, part))
      if (isSplit(layout, part))
        for (const directory of directoriesOf(layout, part)) makeLike(join(queue, directory), join(root, directory))
      syncDirectory(join(root, part))
    }
  } catch (error) {
    throw fromSystem(error, 'make', root)
  }
  syncDirectory(root)
}

/** What one swap moves where; the same for a purge and for its undo. */
export interface Exchange {
  /** The directories in use, and where they come from and go to. */
  readonly queue: string
  /** Holds the directories that are to be in use. */
  readonly from: string
  /** Takes those that were. */
  readonly to: string
}

/**
 * Renames each directory aside and its successor into place. Goes on where it was cut off: it looks at what is done.
 * Syncs nothing: a power cut may show any prefix, and every one of them is what recovery goes on from.
 */
export const exchange = ({queue, from, to}: Exchange, parts: readonly string[]): void => {
  for (const part of parts) {
    const next = join(from, part)
    if (!isThere(next)) continue
    try {
      if (!isThere(join(to, part))) fs.renameSync(join(queue, part), join(to, part))
      fs.renameSync(next, join(queue, part))
    } catch (error) {
      throw fromSystem(error, 'swap', join(queue, part))
    }
  }
}

/** True when any directory of the queue was put aside. */
export const isSwapped = (trash: string, layout: QueueLayout): boolean =>
  swapOrder(layout).some(part => isThere(join(trash, part)))

/** Makes the renames of a swap survive a power cut. */
export const syncExchange = ({queue, from, to}: Exchange): void => {
  for (const path of [queue, from, to]) if (isThere(path)) syncDirectory(path)
}
