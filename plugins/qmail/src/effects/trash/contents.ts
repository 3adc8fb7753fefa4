// What is in a trash right now: read as the queue that its directories mirror.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {fromSystem} from 'mailops/core'
import {syncDirectory} from 'mailops/effects'

import {PRESENCE} from '../../message/presence.js'
import type {MessageNumber} from '../../queue/number.js'
import type {TrashedMessage} from '../../trash/manifest.js'
import {scanQueue, statOf, type OpenQueue, type Scan} from '../reading/index.js'
import {partsInOrder, pathIn} from '../purge-offline/paths.js'
import {listTrashes, MANIFEST, manifestMessages, TRASH_DIRECTORY, type Trash} from './place.js'

/** The trash as a queue, for everything that reads one: scanQueue, selectMessages, MessageReader. */
export const trashAsQueue = (queue: OpenQueue, {path, header}: Trash): OpenQueue => {
  const {dev, ino} = fs.lstatSync(path, {bigint: true})
  return {...queue, path, layout: header.layout, problems: [], mounts: [], dev, ino}
}

/** Numbers of messages of which only a part is in the trash: a crash cut them off on their way, in one direction or the other. */
export const cutOff = (trash: Trash, scan: Scan): TrashedMessage[] => {
  const headless = new Set<MessageNumber>()
  for (let i = 0; i < scan.length; i++) if ((scan.presenceAt(i) & PRESENCE.mess) === 0) headless.add(scan.numberAt(i))
  if (headless.size === 0) return []
  const found: TrashedMessage[] = []
  for (const message of manifestMessages(trash))
    if (headless.has(message.number) && (message.presence & PRESENCE.mess) !== 0) found.push(message)
  return found
}

/** How much a trash holds: messages with a mess file, and those files' bytes; one stat(2) a message. */
export const measureTrash = (queue: OpenQueue, trash: Trash): {messages: number; bytes: number} => {
  const scan = scanQueue(trashAsQueue(queue, trash))
  const [mess] = partsInOrder(trash.header.layout, ['mess'])
  let messages = 0
  let bytes = 0
  for (let i = 0; i < scan.length; i++) {
    if ((scan.presenceAt(i) & PRESENCE.mess) === 0) continue
    messages++
    bytes += statOf(`${trash.path}/${pathIn(mess!, scan.numberAt(i))}`, scan.numberAt(i)).size
  }
  return {messages, bytes}
}

const SUFFIX = '.emptying'

/** Paths of what an interrupted emptying left. */
const leftovers = (queue: string): string[] => {
  const root = join(queue, TRASH_DIRECTORY)
  return fs.readdirSync(root).filter(name => name.endsWith(SUFFIX)).map(name => join(root, name))
}

/**
 * Removes a trash for good, its manifest with the first step, so that nobody takes the rest of it for a trash; and
 * whatever an earlier call that was cut off has left. The directory of all trashes goes with the last one.
 */
export const removeTrash = (queue: string, path: string): void => {
  const root = join(queue, TRASH_DIRECTORY)
  try {
    if (!fs.existsSync(root)) return
    if (fs.existsSync(join(path, MANIFEST))) {
      fs.renameSync(path, path + SUFFIX)
      syncDirectory(root)
    } else fs.rmSync(path, {recursive: true, force: true})
    for (const leftover of leftovers(queue)) removeTree(leftover)
    if (fs.readdirSync(root).length === 0) fs.rmdirSync(root)
    syncDirectory(fs.existsSync(root) ? root : queue)
  } catch (error) {
    throw fromSystem(error, 'remove', path)
  }
}

// Ascending in each directory, since inodes that lie together are then freed together; a tree of ours has no links.
const removeTree = (path: string): void => {
  for (const entry of fs.readdirSync(path, {withFileTypes: true}).toSorted((a, b) => Number(a.name) - Number(b.name))) {
    const below = `${path}/${entry.name}`
    if (entry.isDirectory()) removeTree(below)
    else fs.unlinkSync(below)
  }
  fs.rmdirSync(path)
}

/** What all trashes of a queue hold together, for stats and doctor. @throws OpsError as listTrashes */
export const trashSize = (queue: OpenQueue): {trashes: number; messages: number; bytes: number} => {
  const {trashes} = listTrashes(queue.path)
  const sizes = trashes.map(trash => measureTrash(queue, trash))
  return {
    trashes: trashes.length,
    messages: sizes.reduce((sum, {messages}) => sum + messages, 0),
    bytes: sizes.reduce((sum, {bytes}) => sum + bytes, 0),
  }
}
