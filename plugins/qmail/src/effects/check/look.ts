// Looks at single files and messages of a queue for check: lstat(2) and a read, twice where it matters.
import * as fs from 'node:fs'

import {fromSystem} from 'mailops/core'

import {contentFault, type ContentFault} from '../../check/contents.js'
import {sameLook, type MessageLook, type PartLook} from '../../check/look.js'
import type {PlaceLook} from '../../check/places.js'
import {relativePath} from '../../queue/layout.js'
import type {MessageNumber} from '../../queue/number.js'
import {FileBytes} from '../reading/file-bytes.js'
import type {OpenQueue} from '../reading/open-queue.js'

const typeOf = (stat: fs.Stats): PlaceLook['type'] => {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'directory'
  if (stat.isSymbolicLink()) return 'symlink'
  return stat.isFIFO() ? 'fifo' : 'other'
}

const exactInode = (path: string, {ino}: fs.Stats): string =>
  ino <= Number.MAX_SAFE_INTEGER ? String(ino) : String(fs.lstatSync(path, {bigint: true}).ino)

/** What stands at a path, undefined when nothing does; links are not followed. @throws OpsError 77, 74 */
export const lookAt = (path: string): PlaceLook | undefined => {
  try {
    const stat = fs.lstatSync(path, {throwIfNoEntry: false})
    if (stat === undefined) return undefined
    const {mode, uid, gid, nlink, size, atimeMs, ctimeMs} = stat
    const ino = exactInode(path, stat)
    return {type: typeOf(stat), ino, mode: mode & 0o7777, uid, gid, nlink, size, atime: Math.floor(atimeMs / 1000), ctimeMs}
  } catch (error) {
    // ENOENT: gone between two calls. ENOTDIR: what should be its directory is a file, which is found elsewhere.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw fromSystem(error, 'look at', path)
  }
}

/** Parts whose records are read; in a mess file any bytes are legal, and intd may be half written. */
const isRead = (part: string): boolean => part !== 'mess' && part !== 'intd' && part !== 'bounce'

/** What is wrong with the content of one file; undefined when nothing is, or when it has gone. @throws OpsError 77, 74 */
export const readFault = (path: string, part: string, bytes: FileBytes): ContentFault | undefined => {
  if (!isRead(part)) return undefined
  try {
    bytes.read(path)
  } catch (error) {
    // Gone since it was looked at: the second look tells.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw fromSystem(error, 'read', path)
  }
  return contentFault(part, {buffer: bytes.buffer, start: 0, end: bytes.length})
}

/** Where files of a message lie that are not in their place: part and path below the queue. */
export type Astray = readonly {readonly part: string; readonly path: string}[]

const partNames = ({layout}: OpenQueue): string[] => ['mess', 'todo', 'intd', 'info', ...layout.channels, 'bounce']

const lookOnce = (queue: OpenQueue, number: MessageNumber, {astray, bytes}: {astray: Astray; bytes: FileBytes | null}): MessageLook => {
  const places = [...partNames(queue).map(part => ({part, path: relativePath(queue.layout, part, number)})), ...astray]
  const parts = places.flatMap(({part, path}): PartLook[] => {
    const whole = `${queue.path}/${path}`
    const file = lookAt(whole)
    if (file?.type !== 'file') return []
    return [{part, path, file, fault: bytes === null ? undefined : readFault(whole, part, bytes)}]
  })
  return {number, parts}
}

const LOOKS = 5

/**
 * Looks at all files of a message until nothing changes between two looks: then it was, at one instant, just as seen.
 * Null when qmail was at work on it each time: such a message is alive, and a fault would still be there later.
 */
export const stableLook = (queue: OpenQueue, number: MessageNumber, {astray, bytes}: {astray: Astray; bytes: FileBytes}): MessageLook | null => {
  for (let i = 0; i < LOOKS; i++) {
    const look = lookOnce(queue, number, {astray, bytes})
    if (sameLook(look, lookOnce(queue, number, {astray, bytes: null}))) return look
  }
  return null
}

/** True when any file of that number is in its place. */
export const isTaken = (queue: OpenQueue, number: MessageNumber): boolean =>
  partNames(queue).some(part => lookAt(`${queue.path}/${relativePath(queue.layout, part, number)}`) !== undefined)
