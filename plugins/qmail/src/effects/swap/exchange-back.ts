// Puts the old directories back in place of the fresh ones; what came into the fresh ones comes along.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {fromSystem} from 'mailops/core'

import {directoriesOf, type QueueLayout} from '../../queue/layout.js'
import {exchange, isThere, NEW, swapOrder} from './directories.js'
import {bring} from './in-flight.js'
import {entriesOf, pathTo} from './names.js'

/** Below a trash, while a swap is undone: the directories that were in use since the purge. */
export const SINCE = 'since'

/**
 * Order in which files of newer messages come over, by directory, qmail-send being stopped: RESTORE_ORDER, but intd before
 * mess for the sake of messages that are being injected (see bringMessage).
 */
const mergeOrder = ({channels}: QueueLayout): string[] => ['intd', 'mess', 'todo', ...channels, 'bounce', 'info']

/** Removes a directory that is empty, with its empty split; true when it is gone. */
const removeEmpty = (root: string, layout: QueueLayout, part: string): boolean => {
  try {
    for (const directory of directoriesOf(layout, part))
      if (directory !== part && isThere(join(root, directory))) fs.rmdirSync(join(root, directory))
    fs.rmdirSync(join(root, part))
    return true
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return true
    // Something came in by a link(2) that had looked the directory up before it was renamed: brought over next.
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false
    throw fromSystem(error, 'remove', join(root, part))
  }
}

/**
 * Moves every file of one set of directories into the other and removes the first. Numbers never collide: each is the
 * inode of a file that exists. Idempotent.
 * @returns paths that could not come, because something stands in their place
 */
export const mergeSince = (queue: string, root: string, layout: QueueLayout): string[] => {
  const stuck: string[] = []
  for (const part of mergeOrder(layout))
    for (let turn = 0; isThere(join(root, part)); turn++) {
      for (const entry of entriesOf(root, layout, part)) {
        const from = pathTo(root, entry)
        if (!bring(from, pathTo(queue, entry)) && turn > 0 && isThere(String(from))) stuck.push(String(from))
      }
      if (removeEmpty(root, layout, part) || turn > 1) break
    }
  return [...new Set(stuck)]
}

/** What an undo or a failed swap did. */
export interface PutBack {
  /** Paths that stay in the trash, because something stands in their place. */
  readonly stuck: readonly string[]
}

/** Takes a swap back: from any prefix of it, and from any prefix of itself. Needs qmail-send stopped. */
export const exchangeBack = (queue: string, trash: string, layout: QueueLayout): PutBack => {
  const since = join(trash, SINCE)
  if (!isThere(since)) fs.mkdirSync(since, {mode: 0o700})
  // A part that was aside, its successor not yet in place: nothing of the queue is there to be put aside.
  for (const part of swapOrder(layout))
    if (!isThere(join(queue, part)) && isThere(join(trash, part)) && !isThere(join(since, part)))
      fs.renameSync(join(trash, part), join(queue, part))
  exchange({queue, from: trash, to: since}, swapOrder(layout).toReversed())
  const stuck = mergeSince(queue, since, layout)
  if (stuck.length === 0) fs.rmdirSync(since)
  for (const part of swapOrder(layout)) removeEmpty(join(trash, NEW), layout, part)
  return {stuck}
}
