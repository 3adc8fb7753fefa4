// An empty qmail queue as its installer leaves it: directories, split, lock/, owners and modes
// @ts-check
import {spawnSync} from 'node:child_process'
import {chmodSync, chownSync, closeSync, fchownSync, futimesSync, mkdirSync, openSync, writeSync} from 'node:fs'

/**
 * Numeric owners of a queue's files.
 * @typedef {object} Owners
 * @property {number} qmailq  uid that owns mess, todo, intd, pid
 * @property {number} qmails  uid that owns info, the channels, bounce, lock/trigger, lock/sendmutex
 * @property {number} qmailr  uid that owns lock/tcpto
 * @property {number} qmail  gid of the directories and of what qmail-send writes
 * @property {number} [caller]  gid of mess, todo and intd files: the group of the injecting process; 0 when absent
 */

/**
 * @typedef {object} QueueOptions
 * @property {number} [split]  conf-split, 23 when absent
 * @property {boolean} [bigtodo]  todo and intd split as mess is
 * @property {readonly string[]} [extraChannels]  beside local and remote: suppl0, suppl1 ...
 * @property {Owners} [owners]  root only; everything belongs to the caller when absent
 * @property {number} [seed]  of everything that varies, 1 when absent
 * @property {number} [now]  seconds since 1970 that ages are counted from; the clock's when absent
 */

/**
 * A queue under construction.
 * @typedef {object} Queue
 * @property {string} dir  the queue directory
 * @property {number} split
 * @property {boolean} bigtodo
 * @property {readonly string[]} channels  local, remote, then the extra ones
 * @property {Owners | null} owners  null: the caller owns everything
 * @property {number} seed
 * @property {number} now  seconds since 1970
 * @property {{added: number, held: number[]}} progress  messages added so far; descriptors that keep numbers from reuse
 */

/**
 * A file to create: exclusively, with owner, mode and, last, times in seconds.
 * @typedef {object} NewFile
 * @property {string} path
 * @property {Uint8Array} bytes
 * @property {number} mode
 * @property {readonly [number, number] | null} owner  uid and gid, null to leave
 * @property {number} mtime
 * @property {number} [atime]  as mtime when absent
 */

/**
 * Runs something with umask 0, so that modes are what they say.
 * @template T
 * @param {() => T} work synchronous
 * @returns {T} its result
 */
export const withoutUmask = (work) => {
  const mask = process.umask(0)
  try {
    return work()
  } finally {
    process.umask(mask)
  }
}

/**
 * Creates a file that must not exist.
 * @param {NewFile} file what to create; the umask must be 0
 */
export const createFile = ({path, bytes, mode, owner, mtime, atime = mtime}) => {
  const fd = openSync(path, 'wx', mode)
  try {
    if (bytes.length > 0) writeSync(fd, bytes)
    if (owner) fchownSync(fd, ...owner)
    futimesSync(fd, atime, mtime)
  } finally {
    closeSync(fd)
  }
}

/**
 * Which directories of a queue are split into 0 .. split-1.
 * @param {Pick<Queue, 'bigtodo' | 'channels'>} queue its layout
 * @returns {string[]} their names
 */
export const splitDirectories = ({bigtodo, channels}) => [
  'mess', 'info', ...channels, ...(bigtodo ? ['todo', 'intd'] : []),
]

/**
 * Where a file of a message is, relative to the queue.
 * @param {Pick<Queue, 'split' | 'bigtodo'>} queue its layout
 * @param {string} directory mess, info, todo, intd, bounce or a channel
 * @param {string} number the message number, any length
 * @returns {string} the path
 */
export const pathOf = ({split, bigtodo}, directory, number) => {
  const flat = directory === 'bounce' || (!bigtodo && (directory === 'todo' || directory === 'intd'))
  if (flat) return `${directory}/${number}`
  // Above 15 digits a number is no longer exact.
  const remainder = number.length > 15 ? BigInt(number) % BigInt(split) : Number(number) % split
  return `${directory}/${remainder}/${number}`
}

/**
 * @param {Queue} queue
 * @param {string} directory
 * @returns {readonly [number, number] | null} uid and gid of a directory
 */
const directoryOwner = ({owners}, directory) => {
  if (!owners) return null
  const ofQueue = ['', 'pid', 'mess', 'intd', 'todo', 'lock'].includes(directory)
  return [ofQueue ? owners.qmailq : owners.qmails, owners.qmail]
}

/**
 * @param {Queue} queue
 * @param {string} directory relative, '' for the queue itself
 */
const makeDirectory = (queue, directory) => {
  const top = directory.split('/')[0] ?? ''
  const path = directory === '' ? queue.dir : `${queue.dir}/${directory}`
  const mode = ['', 'mess', 'todo', 'lock'].includes(top) ? 0o750 : 0o700
  mkdirSync(path, {mode})
  const owner = directoryOwner(queue, top)
  if (owner) chownSync(path, ...owner)
}

/** @param {Queue} queue */
const makeLock = (queue) => {
  const {dir, owners, now} = queue
  const ofSend = owners && /** @type {const} */ ([owners.qmails, owners.qmail])
  createFile({path: `${dir}/lock/sendmutex`, bytes: Buffer.alloc(0), mode: 0o600, owner: ofSend, mtime: now})
  const ofRemote = owners && /** @type {const} */ ([owners.qmailr, owners.qmail])
  createFile({path: `${dir}/lock/tcpto`, bytes: Buffer.alloc(1024), mode: 0o644, owner: ofRemote, mtime: now})
  const {status, stderr, error} = spawnSync('mkfifo', [`${dir}/lock/trigger`], {encoding: 'utf8'})
  if (status !== 0) throw new Error(`mkfifo ${dir}/lock/trigger: ${error?.message ?? stderr}`)
  if (ofSend) chownSync(`${dir}/lock/trigger`, ...ofSend)
  chmodSync(`${dir}/lock/trigger`, 0o622)
}

/**
 * Creates an empty queue; the directory must not exist, or be empty (a mount point may hold lost+found).
 * @param {string} dir where, its parent must exist
 * @param {QueueOptions} [options] layout, owners, seed
 * @returns {Queue} what the other builders take
 */
export const createQueue = (dir, options = {}) => {
  const {split = 23, bigtodo = false, extraChannels = [], owners = null, seed = 1} = options
  /** @type {Queue} */
  const queue = {
    dir, split, bigtodo, owners, seed,
    channels: ['local', 'remote', ...extraChannels],
    now: options.now ?? Math.floor(Date.now() / 1000),
    progress: {added: 0, held: []},
  }
  return withoutUmask(() => {
    makeDirectoryUnlessThere(queue)
    for (const directory of ['pid', 'bounce', 'lock', 'mess', 'info', 'todo', 'intd', ...queue.channels]) {
      makeDirectory(queue, directory)
    }
    for (const directory of splitDirectories(queue)) {
      for (let part = 0; part < split; part += 1) makeDirectory(queue, `${directory}/${part}`)
    }
    makeLock(queue)
    return queue
  })
}

/** @param {Queue} queue */
const makeDirectoryUnlessThere = (queue) => {
  try {
    makeDirectory(queue, '')
  } catch (error) {
    // A mount point or a mkdtemp directory is there already; it gets the queue's owner and mode.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
    const owner = directoryOwner(queue, '')
    if (owner) chownSync(queue.dir, ...owner)
    chmodSync(queue.dir, 0o750)
  }
}
