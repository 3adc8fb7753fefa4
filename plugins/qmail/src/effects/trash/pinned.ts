// Keeps a number from changing its tenant for a moment: while a second link of mess/N exists its inode is not given away.
import * as fs from 'node:fs'

import {sameMessage, type Identity, type OpenQueue} from '../reading/index.js'
import {partsInOrder, pathIn} from '../purge-offline/paths.js'
import type {Trash} from './place.js'

/** Name of the link below a trash; one at a time. */
const PIN = 'pinned'

/** Takes away the pin that a crash left. */
export const dropPin = ({path}: Trash): void => fs.rmSync(`${path}/${PIN}`, {force: true})

/**
 * Links mess/N of the queue into the trash, makes sure that it is that message, works, and takes the link away.
 * @returns what the work returns; undefined when the message has gone
 */
export const whilePinned = <T>(queue: OpenQueue, trash: Trash, message: Identity, work: () => T): T | undefined => {
  const pin = `${trash.path}/${PIN}`
  const [mess] = partsInOrder(queue.layout, ['mess'])
  dropPin(trash)
  try {
    fs.linkSync(`${queue.path}/${pathIn(mess!, message.number)}`, pin)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined // delivered and ended meanwhile
    throw error
  }
  try {
    return sameMessage(queue, message, {path: pin}) === 'same' ? work() : undefined
  } finally {
    dropPin(trash)
  }
}
