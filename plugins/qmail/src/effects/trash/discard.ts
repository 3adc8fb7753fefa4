// Takes trashes away for good, at once or in steps; what a crash left of one is found and removed the next time.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {fromSystem, OpsError} from 'mailops/core'
import {syncDirectory} from 'mailops/effects'

import type {Block} from '../purge-offline/remover.js'
import {inside, removeBlocks} from '../purge-offline/remove.js'
import {scanQueue, type OpenQueue, type Scan} from '../reading/index.js'
import {trashAsQueue} from './contents.js'
import {headerOf, TRASH_DIRECTORY} from './place.js'

const SUFFIX = '.emptying'

const isOwnDirectory = (path: string): boolean => fs.lstatSync(path, {throwIfNoEntry: false})?.isDirectory() ?? false

/** Removes what emptying a trash has left when it was cut off, and the directory of all trashes with the last one. */
export const sweepTrashes = (queue: string): void => {
  const root = join(queue, TRASH_DIRECTORY)
  try {
    // A link that somebody put there is not followed: what is behind it is not ours.
    if (!isOwnDirectory(root)) return
    const before = process.cwd()
    try {
      process.chdir(queue)
      within(TRASH_DIRECTORY, () => {
        for (const name of fs.readdirSync('.')) if (name.endsWith(SUFFIX)) removeTree(name)
      })
    } finally {
      process.chdir(before)
    }
    if (fs.readdirSync(root).length === 0) fs.rmdirSync(root)
    syncDirectory(isOwnDirectory(root) ? root : queue)
  } catch (error) {
    throw fromSystem(error, 'remove', root)
  }
}

/** The first step of a removal, another name: nobody takes the rest of it for a trash. Nothing where there is none. */
export const condemnTrash = (queue: string, path: string): void => {
  try {
    if (!isOwnDirectory(join(queue, TRASH_DIRECTORY)) || !isOwnDirectory(path)) return
    fs.renameSync(path, path + SUFFIX)
    syncDirectory(join(queue, TRASH_DIRECTORY))
  } catch (error) {
    throw fromSystem(error, 'remove', path)
  }
}

/** Removes a trash for good, in one go: for those that hold little. */
export const removeTrash = (queue: string, path: string): void => {
  condemnTrash(queue, path)
  sweepTrashes(queue)
}

/** Paths of the trashes whose removal has begun and was cut off, or goes on in another process. */
export const condemnedTrashes = (queue: string): string[] => {
  const root = join(queue, TRASH_DIRECTORY)
  try {
    if (!isOwnDirectory(root)) return []
    return fs.readdirSync(root).filter(name => name.endsWith(SUFFIX)).toSorted().map(name => join(root, name))
  } catch (error) {
    throw fromSystem(error, 'list', root)
  }
}

/**
 * Works in a directory of the present one, and comes back. The queue's users own what is above a trash and can put a link,
 * or another directory, in the place of any name; by name alone root would then remove what is behind it.
 */
const within = (name: string, work: () => void): void => {
  const above = identity('.')
  const below = identity(name)
  process.chdir(name)
  if (identity('.') !== below) throw moved(name)
  work()
  process.chdir('..')
  if (identity('.') !== above) throw moved(name)
}

const identity = (path: string): string => {
  const {dev, ino} = fs.lstatSync(path, {bigint: true})
  return `${dev}:${ino}`
}

const moved = (name: string): OpsError => new OpsError('TRASH_MOVED', `${name} in the trash is another directory than a moment ago`, {exit: 'tryAgain'})

/** Removes a name of the present directory with all below it; of a link, the link. */
const removeTree = (name: string): void => {
  if (!fs.lstatSync(name).isDirectory()) return fs.unlinkSync(name)
  within(name, () => {
    // Ascending, since inodes that lie together are then freed together.
    for (const below of fs.readdirSync('.', {withFileTypes: true}).toSorted((a, b) => Number(a.name) - Number(b.name))) {
      if (below.isDirectory()) removeTree(below.name)
      else fs.unlinkSync(below.name)
    }
  })
  fs.rmdirSync(name)
}

/** Messages between two looks at ^C and progress. */
const STRIDE = 512

/** The messages of a condemned trash. */
export interface Condemned {
  readonly trash: OpenQueue
  readonly scan: Scan
}

/** Reads a condemned trash; null where it holds no more than a few files: cut off while it was made, or nearly gone. */
export const readCondemned = (queue: OpenQueue, path: string): Condemned | null => {
  const header = headerOf(path)
  if (typeof header === 'string') return null
  const trash = trashAsQueue(queue, {path, header})
  return {trash, scan: scanQueue(trash)}
}

/**
 * Removes the messages of a condemned trash, one after the other and by two threads where that pays, as a purge without
 * a trash does. `took` hears how many have left since it heard last; the signal ends it early. What is no message, or
 * could not be removed, is left to `sweepTrashes`.
 */
export const removeCondemned = (
  {trash, scan}: Condemned,
  {signal, took}: {signal: AbortSignal; took: (messages: number) => void},
): Promise<void> =>
  inside(trash, async () => {
    for await (const {block, outcome} of removeBlocks({queue: trash, trash: null}, blocksOf(scan, signal), scan.length)) {
      if (outcome.error !== undefined) throw outcome.error
      took(block.numbers.length)
    }
  })

function* blocksOf(scan: Scan, signal: AbortSignal): Generator<Block> {
  for (let from = 0; from < scan.length && !signal.aborted; from += STRIDE) {
    const indexes = Array.from({length: Math.min(STRIDE, scan.length - from)}, (_, i) => from + i)
    // Nobody else takes a file out of a trash.
    yield {numbers: indexes.map(i => scan.numberAt(i)), presence: indexes.map(i => scan.presenceAt(i)), chosen: null}
  }
}
