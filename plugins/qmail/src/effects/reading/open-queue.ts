// Opens a queue: resolves its path once, recognises its layout, notes whose it is and what is mounted in it.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {OpsError, fromSystem} from 'mailops/core'

import type {QueueLayout} from '../../queue/layout.js'
import {parseNumber} from '../../queue/number.js'
import {recogniseLayout, type DirectoryListing, type LayoutProblem, type QueueListing} from '../../queue/recognise.js'
import type {Routing} from '../../queue/virtual-domains.js'
import {findControl, readRouting} from './control.js'
import {walkDirectory, type EntryType} from './directory.js'

/** Whom the files of a queue belong to, as its directories show it: builds use different names and numbers. */
export interface QueueOwners {
  /** qmailq: owns mess, todo, intd, pid and lock. From stat(queue/mess). */
  readonly queueUid: number
  /** qmails: owns info, the channels and bounce. From stat(queue/info). */
  readonly sendUid: number
  /** qmail: group of all directories, and of what qmail-send writes. */
  readonly gid: number
}

/** A queue that was looked at; nothing of it is held open. */
export interface OpenQueue {
  /** Real path: links were resolved once, below it none is followed. */
  readonly path: string
  readonly layout: QueueLayout
  /** What is wrong with the directories; `error` means that nothing may be changed before it is mended. */
  readonly problems: readonly LayoutProblem[]
  readonly dev: bigint
  readonly ino: bigint
  readonly owners: QueueOwners
  /** Directories of the queue (mess, info ...) on another file system than the queue itself: renames do not reach them. */
  readonly mounts: readonly string[]
  /** Where locals and virtualdomains were read, undefined when there is no control directory. */
  readonly control: string | undefined
  readonly routing: Routing
}

/** Settings of openQueue. */
export interface OpenQueueOptions {
  /** The control directory; found from the queue's path when absent. */
  readonly control?: string | undefined
}

const SAMPLES = 8
/** Directories that recognition knows by name, so that no file in them need be read. */
const KNOWN = /^(mess|info|todo|intd|bounce|lock|pid|local|remote|suppl\d+)$/

/**
 * Opens a queue.
 * @throws OpsError 66 when there is nothing, 65 `NOT_A_QUEUE` naming what is missing, 77 when it may not be read
 */
export const openQueue = (given: string, {control}: OpenQueueOptions = {}): OpenQueue => {
  const path = realDirectory(given)
  const {listing, links} = listQueue(path)
  const {layout, problems} = recogniseLayout(listing)
  if (layout === undefined) throw notAQueue(path, problems, links)
  const {dev, ino} = fs.statSync(path, {bigint: true})
  const mess = fs.lstatSync(join(path, 'mess'))
  const info = fs.lstatSync(join(path, 'info'))
  const place = control ?? findControl(path)
  if (control !== undefined) realDirectory(control)
  return {
    path,
    layout,
    problems: [...links.map(linkProblem), ...problems],
    dev,
    ino,
    owners: {queueUid: mess.uid, sendUid: info.uid, gid: mess.gid},
    mounts: [...listing.keys()].filter(name => fs.lstatSync(join(path, name), {bigint: true}).dev !== dev),
    control: place,
    routing: readRouting(place),
  }
}

const realDirectory = (given: string): string => {
  try {
    const path = fs.realpathSync(given)
    if (!fs.statSync(path).isDirectory())
      throw new OpsError('NOT_A_DIRECTORY', `${given} is not a directory`, {exit: 'badData'})
    return path
  } catch (error) {
    throw fromSystem(error, 'open', given)
  }
}

const notAQueue = (path: string, problems: readonly LayoutProblem[], links: readonly string[]): OpsError => {
  const missing = problems.filter(({code}) => code === 'missing-directory').map(problem => problem.path)
  const linked = links.filter(name => missing.includes(name))
  const what =
    linked.length > 0
      ? `${linked.join(', ')} is a symbolic link, and below a queue none is followed (mount it there instead)`
      : missing.length > 0
        ? `it has no ${missing.join(', no ')}`
        : 'mess/ and info/ have no sub-directories 0, 1, 2 ...'
  return new OpsError('NOT_A_QUEUE', `${path} is not a qmail queue: ${what}`, {exit: 'badData'})
}

const linkProblem = (path: string): LayoutProblem => ({
  code: 'alien-directory',
  severity: /^(mess|info|todo|intd|bounce|lock|pid|local|remote)$/.test(path) ? 'error' : 'warning',
  path,
  message: `${path} is a symbolic link and is not followed`,
})

const listQueue = (path: string): {listing: QueueListing; links: string[]} => {
  const names: string[] = []
  const links: string[] = []
  walkDirectory(path, (name, type) => {
    if (name.startsWith('.')) return
    if (type === 'directory') names.push(name)
    if (type === 'symlink') links.push(name)
  })
  return {listing: new Map(names.map(name => [name, KNOWN.test(name) ? listDirectory(path, name) : listForeign(path, name)])), links}
}

const listForeign = (queue: string, name: string): DirectoryListing => {
  try {
    return listDirectory(queue, name)
  } catch (error) {
    // lost+found of a mount point, say: what is closed to us and no part of a queue must not keep us from the queue.
    if ((error as {code?: string}).code === 'EACCES') return {directories: [], files: 0, firstBytes: []}
    throw error
  }
}

const listDirectory = (queue: string, name: string): DirectoryListing => {
  const path = join(queue, name)
  const directories: string[] = []
  const samples: string[] = []
  let files = 0
  const sample = (entry: string, type: EntryType, at: string): void => {
    if (type === 'file' && samples.length < SAMPLES && parseNumber(entry) !== undefined) samples.push(join(at, entry))
  }
  // lock and pid hold nothing that tells a layout, and pid may be closed to all but its owner.
  if (name === 'lock' || name === 'pid') return {directories, files, firstBytes: []}
  walkDirectory(path, (entry, type) => {
    if (type === 'directory') directories.push(entry)
    else if (type === 'file' && parseNumber(entry) !== undefined) files++
    sample(entry, type, path)
  })
  if (KNOWN.test(name)) return {directories, files, firstBytes: []}
  for (const directory of directories) {
    if (samples.length >= SAMPLES) break
    const below = join(path, directory)
    walkDirectory(below, (entry, type) => sample(entry, type, below))
  }
  return {directories, files, firstBytes: samples.flatMap(firstByte)}
}

const firstByte = (path: string): number[] => {
  try {
    const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK)
    try {
      const byte = Buffer.alloc(1)
      return fs.readSync(fd, byte, 0, 1, 0) === 1 ? [byte[0]!] : []
    } finally {
      fs.closeSync(fd)
    }
  } catch {
    return [] // one sample less: it went away, or is not ours to read
  }
}
