// Makes a trash ready to take files: room checked, directories made, manifest written and synced.
import * as fs from 'node:fs'
import {dirname, join} from 'node:path'

import {OpsError, fromSystem} from 'mailops/core'
import {privateDirectory, requireSpace, syncDirectory} from 'mailops/effects'

import {directoriesOf} from '../../queue/layout.js'
import {headerLine, messageLine, type TrashedMessage, type TrashHeader} from '../../trash/manifest.js'
import {trashNeeds} from '../../trash/needs.js'
import {MANIFEST, TRASH_DIRECTORY, trashPath, type Trash} from './place.js'

const {O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY} = fs.constants
const CHUNK = 1 << 18

/** A trash that is to be made, and the room that it will take. */
export interface NewTrash {
  readonly header: TrashHeader
  /** Lines of the manifest, in the order in which they are to leave; asked for once, streaming. */
  readonly messages: Iterable<TrashedMessage>
  /** Directories of parts that will take files (`mess`, `info`, `remote` ...), each with how many. */
  readonly files: ReadonlyMap<string, number>
  /** More bytes that will be copied into it. */
  readonly copiedBytes?: number
  /** More inodes that will be made in it. */
  readonly copiedFiles?: number
  /** False: only the manifest; the directories come by rename (swap). */
  readonly directories?: boolean
}

/** Returns the header's members that tell this queue from another that is at its path later. */
export const queueIdentity = (queue: string): Pick<TrashHeader, 'queue' | 'queueDev' | 'queueIno'> => {
  const {dev, ino} = fs.lstatSync(queue, {bigint: true})
  return {queue, queueDev: String(dev), queueIno: String(ino)}
}

/**
 * Creates the trash of a purge; when it returns, manifest and directories are on the disk. It is the caller who has
 * checked that all parts are on the queue's own file system (`requireOneFileSystem`).
 * @throws OpsError 73 `NO_SPACE` (nothing was changed, the hint names --no-trash), 77 `NOT_OURS`
 */
export const createTrash = (trash: NewTrash): Trash => {
  const {header, files, copiedBytes = 0, copiedFiles = 0, directories = true} = trash
  const root = join(header.queue, TRASH_DIRECTORY)
  const need = trashNeeds(header.layout, {lines: header.messages, files: directories ? files : new Map()})
  requireSpace(
    header.queue,
    {bytes: need.bytes + copiedBytes, inodes: need.inodes + copiedFiles},
    'a trash frees no room before it is emptied; --no-trash needs none, but cannot be undone',
  )
  privateDirectory(root)
  const path = trashPath(header.queue, header.id)
  try {
    fs.mkdirSync(path, {mode: 0o700})
    if (directories) makeDirectories(path, header, files)
    writeManifest(path, trash)
  } catch (error) {
    throw fromSystem(error, 'make', path)
  }
  // A journaling file system commits what was made in there before with the manifest's own sync.
  for (const directory of [path, root, dirname(root)]) syncDirectory(directory)
  return {id: header.id, path, header}
}

const makeDirectories = (path: string, {layout}: TrashHeader, files: ReadonlyMap<string, number>): void => {
  for (const part of files.keys()) {
    fs.mkdirSync(join(path, part), {mode: 0o700})
    for (const directory of directoriesOf(layout, part))
      if (directory !== part) fs.mkdirSync(join(path, directory), {mode: 0o700})
  }
}

const writeManifest = (path: string, {header, messages}: NewTrash): void => {
  const fd = fs.openSync(join(path, MANIFEST), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  try {
    let text = headerLine(header)
    for (const message of messages) {
      text += messageLine(message)
      if (text.length < CHUNK) continue
      writeAll(fd, text)
      text = ''
    }
    writeAll(fd, text)
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

const writeAll = (fd: number, text: string): void => {
  const bytes = Buffer.from(text, 'utf8')
  for (let at = 0; at < bytes.length; ) at += fs.writeSync(fd, bytes, at, bytes.length - at)
}

/**
 * Refuses a trash for a queue whose directories lie on several file systems: a rename would fail in the middle.
 * @throws OpsError 73 `OTHER_FILE_SYSTEM`
 */
export const requireOneFileSystem = (queue: string, directories: Iterable<string>): void => {
  const {dev} = fs.lstatSync(queue, {bigint: true})
  for (const directory of directories) {
    const path = join(queue, directory)
    if (fs.lstatSync(path, {bigint: true}).dev === dev) continue
    throw new OpsError('OTHER_FILE_SYSTEM', `${path} is on another file system than ${queue}: a trash cannot take its files`, {
      exit: 'cannotCreate',
      hint: '--no-trash removes without a trash, and cannot be undone',
    })
  }
}
