// Makes the daemon's folders and files ready while it is still root, and gives them to the user that it will be.
import * as fs from 'node:fs'
import {basename, dirname, join} from 'node:path'

import {fromSystem} from 'mailops/core'

import {sideFolder, tallyPath} from '../../places.js'
import type {Account} from './accounts.js'

const asRoot = (): boolean => process.getuid?.() === 0

/** A folder of the daemon's own. Others may pass through it (0711) or not (0700), never list or write it. */
const ownFolder = (path: string, {mode, account}: {mode: number; account: Account | null}): void => {
  try {
    fs.mkdirSync(dirname(path), {recursive: true, mode: 0o711})
    fs.mkdirSync(path, {recursive: true, mode})
    if (account === null || !asRoot()) return
    const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW)
    try {
      fs.fchownSync(fd, account.uid, account.gid)
    } finally {
      fs.closeSync(fd)
    }
  } catch (error) {
    throw fromSystem(error, 'make', path)
  }
}

/** A plain file of one name, opened without following links; root must not be led to change another file. */
const plainFile = (path: string, flags: number, mode: number): number => {
  const fd = fs.openSync(path, flags | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK, mode)
  const stat = fs.fstatSync(fd)
  if (stat.isFile() && stat.nlink === 1) return fd
  fs.closeSync(fd)
  throw Object.assign(new Error(`${path} is no plain file of its own`), {code: 'ELOOP'})
}

/** Files that a command run by root made before the daemon first ran. */
const giveFiles = (folder: string, prefix: string, {uid, gid}: Account): void => {
  for (const name of fs.readdirSync(folder)) {
    if (!name.startsWith(prefix)) continue
    try {
      const fd = plainFile(join(folder, name), fs.constants.O_RDWR, 0o600)
      fs.fchownSync(fd, uid, gid)
      fs.closeSync(fd)
    } catch {
      // not a file of ours, or gone meanwhile: the store says what it cannot open
    }
  }
}

/**
 * The folder of the store, given to the daemon's user together with the files of the store in it.
 * A folder outside of our own state stays as it is: /tmp, or one that the administrator made.
 */
export const prepareStore = (db: string, account: Account | null): void => {
  const folder = dirname(db)
  const isNew = !fs.existsSync(folder)
  if (isNew || basename(folder) === 'greylist') ownFolder(folder, {mode: 0o700, account})
  if (account !== null && asRoot()) giveFiles(folder, basename(db), account)
}

/**
 * The folder beside the filter's socket, and the tally in it, which filters may only append to.
 * @param gid group of the filters, or null: everybody
 * @returns a descriptor to read and empty the tally with
 */
export const prepareSide = (socket: string, {account, gid}: {account: Account | null; gid: number | null}): number => {
  ownFolder(sideFolder(socket), {mode: 0o711, account})
  const path = tallyPath(socket)
  try {
    const fd = plainFile(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600)
    const stat = fs.fstatSync(fd)
    const uid = process.getuid?.() ?? stat.uid
    if (asRoot()) fs.fchownSync(fd, account?.uid ?? uid, gid ?? account?.gid ?? stat.gid)
    if (asRoot() || stat.uid === uid) fs.fchmodSync(fd, gid === null ? 0o622 : 0o620)
    return fd
  } catch (error) {
    throw fromSystem(error, 'make', path)
  }
}
