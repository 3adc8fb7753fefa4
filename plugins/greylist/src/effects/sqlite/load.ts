// Loads better-sqlite3 when it is needed: hosts that only purge queues have neither it nor a compiler.
import {OpsError} from 'mailops/core'

/** Of a prepared statement, what is used here. */
export interface Statement {
  run(...values: readonly SqlValue[]): {changes: number; lastInsertRowid: number | bigint}
  get(...values: readonly SqlValue[]): unknown
  all(...values: readonly SqlValue[]): unknown[]
}

export type SqlValue = string | number | null

/** Of a database, what is used here: small enough for node:sqlite to stand in some day. */
export interface Database {
  prepare(sql: string): Statement
  exec(sql: string): unknown
  pragma(text: string, options?: {simple?: boolean}): unknown
  close(): unknown
}

type Constructor = new (path: string, options?: {timeout?: number; readonly?: boolean; fileMustExist?: boolean}) => Database

const missing = (error: unknown): OpsError =>
  new OpsError('SQLITE_MISSING', `better-sqlite3 cannot be used here: ${(error as Error).message.split('\n')[0]}`, {
    exit: 'unavailable',
    hint: 'npm i -g --allow-scripts=better-sqlite3 mailops   (it needs a C++ compiler where no binary is offered)',
    cause: error,
  })

/**
 * The constructor of databases.
 * @throws OpsError 69 `SQLITE_MISSING` when the module is absent, or is there without its compiled part
 */
export const loadSqlite = async (): Promise<Constructor> => {
  try {
    const {default: Sqlite} = (await import('better-sqlite3')) as unknown as {default: Constructor}
    // The module loads without its addon and fails only here.
    new Sqlite(':memory:').close()
    return Sqlite
  } catch (error) {
    throw missing(error)
  }
}

/** SQLite's result code of an error (`SQLITE_FULL`), '' for errors of another kind. */
export const sqliteCode = (error: unknown): string => {
  const code = (error as {code?: unknown} | null)?.code
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : ''
}

/** True when the file is damaged or is no database, so that only a fresh one helps. */
export const isLost = (error: unknown): boolean => /^SQLITE_(CORRUPT|NOTADB|READONLY_DBMOVED|IOERR_SHORT_READ)/.test(sqliteCode(error))

/** True when there is no room for more. */
export const isDiskFull = (error: unknown): boolean => /^SQLITE_(FULL|IOERR_WRITE)/.test(sqliteCode(error)) || ['ENOSPC', 'EDQUOT'].includes((error as {code?: string} | null)?.code ?? '')
