// The tables of the store, and what tells our file from another's.
import {randomInt} from 'node:crypto'

import {OpsError} from 'mailops/core'

import type {Database} from './load.js'

/** `MOGL`, in the header of our files (PRAGMA application_id). */
const APPLICATION = 0x4d4f474c
const VERSION = 1

// `idle` is last - first: 0, and thus nothing, in most of what an attack leaves behind.
// Rows stand in the order in which they came, so that the oldest pending one is found without an index over times.
const TABLES = `
CREATE TABLE entry (
  id INTEGER PRIMARY KEY, hash INTEGER NOT NULL,
  network TEXT NOT NULL, sender TEXT NOT NULL, recipient TEXT NOT NULL,
  first INTEGER NOT NULL, idle INTEGER NOT NULL, passed INTEGER NOT NULL, tries INTEGER NOT NULL);
CREATE INDEX entry_hash ON entry(hash);
CREATE TABLE lost (
  id INTEGER PRIMARY KEY, network TEXT NOT NULL, sender TEXT NOT NULL, recipient TEXT NOT NULL,
  first INTEGER NOT NULL, last INTEGER NOT NULL, tries INTEGER NOT NULL);
CREATE TABLE rule (
  list TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, note TEXT, added INTEGER,
  PRIMARY KEY (list, kind, value)) WITHOUT ROWID;
CREATE TABLE counter (day INTEGER NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (day, name)) WITHOUT ROWID;
CREATE TABLE memo (name TEXT PRIMARY KEY, text TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
`

/** Thrown for a database that is not ours, which is then moved aside as a damaged one. */
export class ForeignFile extends Error {
  override readonly name = 'ForeignFile'
}

const create = (database: Database): void => {
  database.exec('BEGIN IMMEDIATE')
  try {
    // Two processes may open a new file at once; the second finds it made.
    if (database.pragma('application_id', {simple: true}) === 0) {
      database.exec(TABLES)
      database.prepare('INSERT INTO memo (name, text, until) VALUES (?, ?, ?)').run('seed', String(randomInt(2 ** 32)), Number.MAX_SAFE_INTEGER)
      database.pragma(`application_id = ${APPLICATION}`)
      database.pragma(`user_version = ${VERSION}`)
    }
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

/**
 * Sets a connection up, and makes the tables in an empty file.
 * @returns the seed of the key hash
 * @throws ForeignFile, or SQLite's errors
 */
export const prepareDatabase = (database: Database): number => {
  const isEmpty = (): boolean => (database.prepare('SELECT count(*) AS n FROM sqlite_master').get() as {n: number}).n === 0
  const application = database.pragma('application_id', {simple: true})
  if (application !== APPLICATION && (application !== 0 || !isEmpty())) throw new ForeignFile('it is the database of another program')
  if (application === APPLICATION && database.pragma('user_version', {simple: true}) !== VERSION) throw new ForeignFile('a newer mailops made it')
  // Whoever owns the file could have planted triggers and views in it.
  database.pragma('trusted_schema = OFF')
  database.pragma('journal_mode = WAL')
  // The last moments before a power cut may go; a deferral more is no harm, an fsync for each is.
  database.pragma('synchronous = NORMAL')
  database.pragma('wal_autocheckpoint = 1000')
  database.pragma('journal_size_limit = 8388608')
  database.pragma('cache_size = -2000')
  database.pragma('temp_store = MEMORY')
  if (application === 0) create(database)
  const seed = database.prepare("SELECT text FROM memo WHERE name = 'seed'").get() as {text: string} | undefined
  if (seed === undefined) throw new OpsError('NO_SEED', 'the seed of its hashes is missing', {exit: 'badData'})
  return Number(seed.text)
}
