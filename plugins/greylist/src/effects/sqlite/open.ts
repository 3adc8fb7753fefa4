// Opens the SQLite file whatever state it is in: a damaged one, or another program's, is moved aside and a fresh one made.
import * as fs from 'node:fs'
import {dirname} from 'node:path'

import {OpsError, fromSystem} from 'mailops/core'

import type {Limits} from '../../policy/types.js'
import type {Store} from '../../store/store.js'
import {asOwnerOf} from './as-owner.js'
import {isLost, loadSqlite, sqliteCode, type Database} from './load.js'
import {ForeignFile, prepareDatabase} from './schema.js'
import {sqliteStore} from './store.js'

export interface OpenOptions {
  readonly path: string
  readonly limits: Limits
  /** True in the daemon. */
  readonly isResident?: boolean
  /** True for commands: a damaged file is their user's to look at, so it is an error and stays where it is. */
  readonly isStrict?: boolean
  /** Milliseconds to wait for another process's lock. */
  readonly busyMs?: number
}

export interface Opened {
  readonly store: Store
  /** Why the former file was moved aside, and where to; null when nothing had to be. */
  readonly movedAside: string | null
}

/** Moves a database with its journal files aside; gives the new name. */
const moveAside = (path: string, why: string): string => {
  const stamp = new Date().toISOString().replace(/[-:]/g, '').replace(/\..*/, '')
  let aside = `${path}.${why}-${stamp}`
  for (let n = 2; fs.existsSync(aside); n++) aside = `${path}.${why}-${stamp}.${n}`
  try {
    fs.renameSync(path, aside)
    for (const suffix of ['-wal', '-shm'])
      if (fs.existsSync(path + suffix)) fs.renameSync(path + suffix, aside + suffix)
  } catch (error) {
    throw fromSystem(error, 'move aside', path)
  }
  return aside
}

const damaged = (path: string, why: string): OpsError =>
  new OpsError('STORE_DAMAGED', `${path}: ${why}`, {exit: 'badData', hint: 'start the daemon: it moves the file aside and begins a fresh one (mailops greylist serve)'})

const makeFolder = (path: string): void => {
  try {
    fs.mkdirSync(dirname(path), {recursive: true, mode: 0o700})
  } catch (error) {
    throw fromSystem(error, 'make', dirname(path))
  }
}

const openOnce = async ({path, limits, isResident = false, busyMs = 250}: OpenOptions): Promise<Store> => {
  const Sqlite = await loadSqlite()
  // All files of the store are open when this is done: later calls go by descriptors.
  return asOwnerOf(path, () => openNow(Sqlite, {path, limits, isResident, busyMs}))
}

const openNow = (Sqlite: Awaited<ReturnType<typeof loadSqlite>>, {path, limits, isResident, busyMs}: Required<Omit<OpenOptions, 'isStrict'>>): Store => {
  let database: Database | undefined
  // Addresses of correspondents are nobody else's business; SQLite makes its other files with the mode of this one.
  const former = process.umask(0o077)
  try {
    database = new Sqlite(path, {timeout: busyMs})
    const seed = prepareDatabase(database)
    return sqliteStore({database, seed, path, limits, isResident})
  } catch (error) {
    database?.close()
    throw error
  } finally {
    process.umask(former)
  }
}

/**
 * Opens the store, or makes it.
 * @throws OpsError 69 `SQLITE_MISSING`; OpsErrors and SQLite's own errors when the place cannot be written
 */
export const openSqlite = async (options: OpenOptions): Promise<Opened> => {
  makeFolder(options.path)
  try {
    return {store: await openOnce(options), movedAside: null}
  } catch (error) {
    const isForeign = error instanceof ForeignFile
    if (!isForeign && !isLost(error)) throw error
    if (options.isStrict === true) throw damaged(options.path, isForeign ? error.message : `it is damaged (${sqliteCode(error)})`)
    const aside = asOwnerOf(options.path, () => moveAside(options.path, isForeign ? 'foreign' : 'corrupt'))
    const why = isForeign ? error.message : `it is damaged (${sqliteCode(error)})`
    return {store: await openOnce(options), movedAside: `${options.path}: ${why}; moved to ${aside}, a fresh store was made`}
  }
}
