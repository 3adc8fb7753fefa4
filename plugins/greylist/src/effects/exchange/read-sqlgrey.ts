// Reads sqlgrey's SQLite database: pending triplets, both auto-whitelists, and who opted in or out.
import {OpsError, fromSystem} from 'mailops/core'

import {importedOf, type Imported, type ImportTarget} from '../../exchange/imported.js'
import {makeRule} from '../../policy/rule.js'
import {loadSqlite, sqliteCode, type Database} from '../sqlite/load.js'

/** `1.2.3` is a class C network of sqlgrey's, `1.2.3.4` an address. */
const clientOf = (src: unknown): string => (/^\d+\.\d+\.\d+$/.test(String(src)) ? `${String(src)}.0/24` : String(src))

/** Epoch seconds, whatever type the column has. */
const timeOf = (value: unknown): number => Number(value) * 1000

type Row = Readonly<Record<string, unknown>>

const senderOf = ({sender_name: name, sender_domain: domain}: Row): string => (name === '-undef-' || domain === '-undef-' ? '' : `${String(name)}@${String(domain)}`)

const passed = (row: Row, target: ImportTarget): Imported =>
  importedOf({client: clientOf(row['src']), first: timeOf(row['first_seen']), last: timeOf(row['last_seen']), hasPassed: true}, target)

const pending = (row: Row, target: ImportTarget): Imported => {
  const first = timeOf(row['first_seen'])
  return importedOf({client: clientOf(row['src']), sender: senderOf(row), recipient: String(row['rcpt']), first, last: first, hasPassed: false}, target)
}

const opted = (list: 'opt-in' | 'opt-out', column: string) => (row: Row, {now}: ImportTarget): Imported => {
  try {
    return {rule: makeRule({list, text: String(row[column]), note: 'from sqlgrey', added: now})}
  } catch {
    return {skipped: 'an opt-in or opt-out that is no address'} // the column takes any text
  }
}

const TABLES: readonly {name: string; take: (row: Row, target: ImportTarget) => Imported}[] = [
  {name: 'connect', take: pending},
  {name: 'from_awl', take: passed},
  {name: 'domain_awl', take: passed},
  {name: 'optin_domain', take: opted('opt-in', 'domain')},
  {name: 'optout_domain', take: opted('opt-out', 'domain')},
  {name: 'optin_email', take: opted('opt-in', 'email')},
  {name: 'optout_email', take: opted('opt-out', 'email')},
]

const PAGE = 5000

const rowsOf = function* (database: Database, table: string): Generator<Row> {
  const statement = database.prepare(`SELECT rowid AS n, * FROM "${table}" WHERE rowid > ? ORDER BY rowid LIMIT ${PAGE}`)
  for (let after = 0; ; ) {
    const rows = statement.all(after) as Row[]
    yield* rows
    if (rows.length < PAGE) return
    after = Number(rows.at(-1)?.['n'])
  }
}

/**
 * The records of the database, which is opened for reading only.
 * @throws OpsError 65 `NOT_SQLGREY`, 69 `SQLITE_MISSING`, 66 or 77
 */
export const readSqlgrey = async function* (path: string, target: ImportTarget): AsyncGenerator<Imported> {
  const Sqlite = await loadSqlite()
  let database: Database
  try {
    database = new Sqlite(path, {readonly: true, fileMustExist: true})
  } catch (error) {
    throw sqliteCode(error) === 'SQLITE_CANTOPEN' ? new OpsError('NOT_SQLGREY', `cannot open ${path}`, {exit: 'noInput', hint: 'name the file sqlgrey.db', cause: error}) : fromSystem(error, 'open', path)
  }
  try {
    const names = (database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as {name: string}[]).map(({name}) => name)
    if (!names.includes('connect') || !names.includes('from_awl')) throw new OpsError('NOT_SQLGREY', `${path} is no database of sqlgrey`, {exit: 'badData'})
    for (const {name, take} of TABLES) if (names.includes(name)) for (const row of rowsOf(database, name)) yield take(row, target)
  } catch (error) {
    if (sqliteCode(error) === '') throw error
    throw new OpsError('NOT_SQLGREY', `${path}: ${(error as Error).message}`, {exit: 'badData', cause: error})
  } finally {
    database.close()
  }
}
