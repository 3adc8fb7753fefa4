// A directory tree as plain data, so that two moments of it can be compared file by file
// @ts-check
import {createHash} from 'node:crypto'
import {closeSync, constants, lstatSync, openSync, readdirSync, readFileSync, readlinkSync} from 'node:fs'

/**
 * One entry of a tree. Directories have no times, size or link count here: these change when files come and go.
 * @typedef {object} TreeEntry
 * @property {'file' | 'directory' | 'symlink' | 'other'} type
 * @property {bigint} ino
 * @property {number} mode  permission bits
 * @property {number} uid
 * @property {number} gid
 * @property {number} [nlink]
 * @property {bigint} [mtimeNs]
 * @property {string} [content]  sha256 of a file's bytes, target of a symlink
 */

/** @typedef {Map<string, TreeEntry>} Tree  by path relative to the top, a character a byte */

/**
 * Takes a tree's snapshot without changing an access time, for qmail's 36 hour rule counts from those.
 * @param {string} dir its top, not part of the snapshot
 * @param {{without?: (path: string) => boolean}} [options] entries to leave out, with what lies below them
 * @returns {Tree} in the order of the names
 */
export const snapshotTree = (dir, {without = () => false} = {}) => {
  /** @type {Tree} */
  const tree = new Map()
  const walk = (/** @type {string} */ below) => {
    const names = readdirSync(bytesOf(`${dir}/${below}`, dir), {encoding: 'latin1'}).sort()
    for (const name of names) {
      const path = `${below}${name}`
      if (without(path)) continue
      const entry = entryOf(bytesOf(`${dir}/${path}`, dir))
      tree.set(path, entry)
      if (entry.type === 'directory') walk(`${path}/`)
    }
  }
  walk('')
  return tree
}

/**
 * The path as bytes: the top as the caller wrote it, the rest a character a byte.
 * @param {string} path
 * @param {string} dir
 */
const bytesOf = (path, dir) => Buffer.concat([Buffer.from(dir), Buffer.from(path.slice(dir.length), 'latin1')])

/** @param {Buffer} path @returns {TreeEntry} */
const entryOf = (path) => {
  const stat = lstatSync(path, {bigint: true})
  const type = stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? 'symlink' : 'other'
  const common = {ino: stat.ino, mode: Number(stat.mode & 0o7777n), uid: Number(stat.uid), gid: Number(stat.gid)}
  if (type === 'directory') return {type, ...common}
  const rest = {...common, nlink: Number(stat.nlink), mtimeNs: stat.mtimeNs}
  if (type === 'file') return {type, ...rest, content: digest(path)}
  return {type, ...rest, ...(type === 'symlink' && {content: readlinkSync(path, 'latin1')})}
}

/** @param {Buffer} path @returns {string} */
const digest = (path) => {
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NOATIME ?? 0))
  try {
    return createHash('sha256').update(readFileSync(fd)).digest('base64')
  } finally {
    closeSync(fd)
  }
}

/**
 * What differs between two snapshots, one line each, so that a failed comparison can be read.
 * @param {Tree} before the earlier
 * @param {Tree} after the later
 * @returns {string[]} `PATH: missing`, `PATH: new` or `PATH: MEMBER was A, is B`; empty when they are the same
 */
export const differences = (before, after) => {
  const lines = []
  for (const [path, was] of before) {
    const is = after.get(path)
    if (!is) {
      lines.push(`${path}: missing`)
      continue
    }
    for (const member of /** @type {(keyof TreeEntry)[]} */ (Object.keys({...was, ...is}))) {
      if (was[member] !== is[member]) lines.push(`${path}: ${member} was ${was[member]}, is ${is[member]}`)
    }
  }
  for (const path of after.keys()) if (!before.has(path)) lines.push(`${path}: new`)
  return lines
}
