// What is in a trash right now: read as the queue that its directories mirror.
import * as fs from 'node:fs'

import {PRESENCE} from '../../message/presence.js'
import type {MessageNumber} from '../../queue/number.js'
import type {TrashedMessage} from '../../trash/manifest.js'
import {scanQueue, statOf, type OpenQueue, type Scan} from '../reading/index.js'
import {partsInOrder, pathIn} from '../purge-offline/paths.js'
import {manifestMessages, type Trash} from './place.js'

/** The trash as a queue, for everything that reads one: scanQueue, selectMessages, MessageReader. */
export const trashAsQueue = (queue: OpenQueue, {path, header}: Pick<Trash, 'path' | 'header'>): OpenQueue => {
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
