// Files without surprises: never through a symbolic link, never half-written, synced where it matters.
import {createHash, randomBytes} from 'node:crypto'
import * as fs from 'node:fs'
import {dirname} from 'node:path'

import {OpsError, fromSystem} from '../errors.js'
import type {Attributes, Seen} from '../plan.js'
import {patiently} from './patiently.js'

const {O_CREAT, O_DIRECTORY = 0, O_EXCL, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY, O_WRONLY} = fs.constants

const typeOf = (stat: fs.BigIntStats): Seen['type'] => {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'directory'
  if (stat.isSymbolicLink()) return 'symlink'
  return stat.isFIFO() ? 'fifo' : 'other'
}

/** Hex SHA-256 of a file's bytes, read in pieces; a symbolic link is refused (ELOOP). */
export const digestOf = (path: string): string => {
  const hash = createHash('sha256')
  const fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    const piece = Buffer.allocUnsafe(1 << 18)
    for (let size; (size = fs.readSync(fd, piece, 0, piece.length, null)) > 0; ) hash.update(piece.subarray(0, size))
  } finally {
    fs.closeSync(fd)
  }
  return hash.digest('hex')
}

/**
 * What stands at a path now, null when nothing does. Links are looked at, not followed.
 * @param options.digest read a file's content too, so that a later comparison does not rest on times alone
 */
export const readSeen = (path: string, {digest = false} = {}): Seen | null => {
  let stat: fs.BigIntStats
  try {
    stat = fs.lstatSync(path, {bigint: true})
  } catch (error) {
    // Nothing there is an answer, not a failure.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw fromSystem(error, 'look at', path)
  }
  const type = typeOf(stat)
  const isDirectory = type === 'directory'
  return {
    type,
    dev: String(stat.dev),
    ino: String(stat.ino),
    size: isDirectory ? 0 : Number(stat.size),
    mtimeNs: isDirectory ? '0' : String(stat.mtimeNs),
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    ...(digest && type === 'file' && {sha256: digestOf(path)}),
  }
}

/**
 * True when both describe the same file in the same state. Digests count where both have one: what recovery has put back
 * has the same bytes in a new inode. Else inode, size and time do.
 */
export const sameSeen = (a: Seen | null, b: Seen | null): boolean => {
  if (a === null || b === null) return a === b
  if (a.type !== b.type || a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid || a.size !== b.size) return false
  if (a.sha256 !== undefined && b.sha256 !== undefined) return a.sha256 === b.sha256
  return a.dev === b.dev && a.ino === b.ino && a.mtimeNs === b.mtimeNs
}

/** The whole file, refused (ELOOP) when the path is a symbolic link. */
export const readWhole = (path: string): Buffer => {
  try {
    const fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    try {
      return fs.readFileSync(fd)
    } finally {
      fs.closeSync(fd)
    }
  } catch (error) {
    throw fromSystem(error, 'read', path)
  }
}

/** Makes a rename, link or unlink in a directory survive a power cut. Windows cannot open a directory and needs none. */
export const syncDirectory = (path: string): void => {
  if (process.platform === 'win32') return
  const fd = fs.openSync(path, O_RDONLY)
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

/** Owner, then mode (changing the owner clears set-id bits), of an open file. */
export const setAttributes = (fd: number, {mode, uid, gid}: Attributes): void => {
  if ((uid !== undefined || gid !== undefined) && process.platform !== 'win32') {
    const now = fs.fstatSync(fd)
    const owner = uid ?? now.uid
    const group = gid ?? now.gid
    if (owner !== now.uid || group !== now.gid) fs.fchownSync(fd, owner, group)
  }
  if (mode !== undefined) fs.fchmodSync(fd, mode)
}

/** As `setAttributes`, of a directory by its name; a link that somebody put in its place is refused (ENOTDIR, ELOOP). */
export const setDirectoryAttributes = (path: string, attributes: Attributes): void => {
  // Windows cannot open a directory; a new one has the rights of its parent.
  if (process.platform === 'win32') return
  const fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_DIRECTORY)
  try {
    setAttributes(fd, attributes)
  } finally {
    fs.closeSync(fd)
  }
}

const toTime = (ns: bigint): number => Number(ns / 1_000n) / 1e6

/** Sets modification and access time from nanoseconds; futimes(2) of Node takes seconds, so microseconds survive. */
export const setTimes = (fd: number, {atimeNs, mtimeNs}: {atimeNs: bigint; mtimeNs: bigint}): void =>
  fs.futimesSync(fd, toTime(atimeNs), toTime(mtimeNs))

/**
 * Writes a new file (refused when anything is there), 0600 until its attributes are set, synced.
 */
export const writeNew = (path: string, data: Uint8Array, attributes: Attributes & {mtimeNs?: string | undefined} = {}): void => {
  let fd: number | null = null
  try {
    fd = fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    fs.writeFileSync(fd, data)
    setAttributes(fd, attributes)
    if (attributes.mtimeNs !== undefined) {
      const ns = BigInt(attributes.mtimeNs)
      setTimes(fd, {atimeNs: ns, mtimeNs: ns})
    }
    fs.fsyncSync(fd)
  } catch (error) {
    // Half a file under a name of ours would only be in the way; one that was there before is not ours.
    if (fd !== null) removeIfThere(path)
    throw fromSystem(error, 'write', path)
  } finally {
    if (fd !== null) fs.closeSync(fd)
  }
}

/** Copies a file's bytes into a new file, 0600, synced; gives the hex SHA-256 of what was copied. */
export const copyNew = (from: string, to: string): string => {
  const hash = createHash('sha256')
  const source = fs.openSync(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    const target = fs.openSync(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    try {
      const piece = Buffer.allocUnsafe(1 << 18)
      for (let size; (size = fs.readSync(source, piece, 0, piece.length, null)) > 0; ) {
        hash.update(piece.subarray(0, size))
        for (let at = 0; at < size; ) at += fs.writeSync(target, piece, at, size - at)
      }
      fs.fsyncSync(target)
    } finally {
      fs.closeSync(target)
    }
  } finally {
    fs.closeSync(source)
  }
  return hash.digest('hex')
}

/** Removes a file that may be gone already. */
export const removeIfThere = (path: string): void => {
  try {
    patiently(() => fs.unlinkSync(path))
  } catch (error) {
    // Gone already is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fromSystem(error, 'remove', path)
  }
}

/** Replaces or creates a file in one step: written beside it, synced, renamed, its directory synced. */
export const writeAtomic = (path: string, data: Uint8Array, attributes: Attributes = {}): void => {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  writeNew(temporary, data, attributes)
  try {
    patiently(() => fs.renameSync(temporary, path))
  } catch (error) {
    removeIfThere(temporary)
    throw fromSystem(error, 'replace', path)
  }
  syncDirectory(dirname(path))
}

/** f_type of statfs(2), of ext2 and ext3 as well. */
const EXT4 = 0xef53

/** Free bytes and inodes for us on the file system that holds a path; inodes are Infinity where it does not count them. */
export const freeSpace = (path: string): {bytes: number; inodes: number} => {
  const {type, blocks, bavail, bfree, bsize, files, ffree} = fs.statfsSync(path)
  // Root may use the reserved blocks, but not those that ext4 keeps for itself: 2% of all, its own tables included, up
  // to 4096 (s_resv_clusters in fs/ext4/super.c).
  const kept = type === EXT4 ? Math.min(4096, Math.ceil(blocks / 40)) : 0
  const free = process.getuid?.() === 0 ? Math.max(bavail, bfree - kept) : bavail
  return {bytes: free * bsize, inodes: files === 0 ? Number.POSITIVE_INFINITY : ffree}
}

/** Refuses (73 `NO_SPACE`) when the file system below `path` has not that much room left. */
export const requireSpace = (path: string, need: {bytes: number; inodes: number}, hint?: string): void => {
  const free = freeSpace(path)
  if (free.bytes >= need.bytes && free.inodes >= need.inodes) return
  throw new OpsError(
    'NO_SPACE',
    `the file system of ${path} has ${free.bytes} bytes and ${free.inodes} inodes left, ` +
      `${need.bytes} bytes and ${need.inodes} inodes are needed; nothing was changed`,
    {exit: 'cannotCreate', ...(hint !== undefined && {hint})},
  )
}
