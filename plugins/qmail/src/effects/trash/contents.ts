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
import {manifestMessages, TRASH_DIRECTORY, type Trash} from './place.js'

/** The trash as a queue, for everything that reads one: scanQueue, selectMessages, MessageReader. */
export const trashAsQueue = (queue: OpenQueue, {path, header}: Trash): OpenQueue => {
  const {dev, ino} = fs.lstatSync(path, {bigint: true})
  return {...queue, path, layout: header.layout, problems: [], mounts: [], dev, ino}
}

/**
 * What is in the trash without its mess file, as the manifest has it: messages that a crash cut off on their way, in one
 * direction or the other, and remains that had no mess file when they were purged (`presence` tells).
 */
export const headlessIn = (trash: Trash, scan: Scan): TrashedMessage[] => {
  const headless = new Set<MessageNumber>()
  for (let i = 0; i < scan.length; i++) if ((scan.presenceAt(i) & PRESENCE.mess) === 0) headless.add(scan.numberAt(i))
  if (headless.size === 0) return []
  const found: TrashedMessage[] = []
  for (const message of manifestMessages(trash)) if (headless.has(message.number)) found.push(message)
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

const isOwnDirectory = (path: string): boolean => fs.lstatSync(path, {throwIfNoEntry: false})?.isDirectory() ?? false

/** Removes what emptying a trash has left when it was cut off, and the directory of all trashes with the last one. */
export const sweepTrashes = (queue: string): void => {
  const root = join(queue, TRASH_DIRECTORY)
  try {
    // A link that somebody put there is not followed: what is behind it is not ours.
    if (!isOwnDirectory(root)) return
    for (const name of fs.readdirSync(root)) if (name.endsWith(SUFFIX)) removeTree(join(root, name))
    if (fs.readdirSync(root).length === 0) fs.rmdirSync(root)
    syncDirectory(isOwnDirectory(root) ? root : queue)
  } catch (error) {
    throw fromSystem(error, 'remove', root)
  }
}

/** Removes a trash for good, with the first step under another name: nobody takes the rest of it for a trash. */
export const removeTrash = (queue: string, path: string): void => {
  try {
    if (isOwnDirectory(join(queue, TRASH_DIRECTORY)) && isOwnDirectory(path)) {
      fs.renameSync(path, path + SUFFIX)
      syncDirectory(join(queue, TRASH_DIRECTORY))
    }
  } catch (error) {
    throw fromSystem(error, 'remove', path)
  }
  sweepTrashes(queue)
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
