// Reads sqlgrey's SQLite database: pending triplets, both auto-whitelists, and who opted in or out.
import {OpsError, fromSystem} from 'mailops/core'

import {importedOf, type Imported, type ImportTarget} from '../../exchange/imported.js'
import {textOfLatin1} from '../../protocol/bytes.js'
import {makeRule} from '../../policy/rule.js'
import {asOwnerOf} from '../sqlite/as-owner.js'
import {loadSqlite, sqliteCode, type Database} from '../sqlite/load.js'

/** `1.2.3` is a class C network of sqlgrey's, `1.2.3.4` an address. */
const clientOf = (src: unknown): string => (/^\d+\.\d+\.\d+$/.test(String(src)) ? `${String(src)}.0/24` : String(src))

/** Epoch seconds, whatever type the column has. */
const timeOf = (value: unknown): number => Number(value) * 1000

type Row = Readonly<Record<string, unknown>>

/** Addresses come as bytes, since SQLite takes any for a text. */
const textOf = (value: unknown): string => (value instanceof Uint8Array ? textOfLatin1(Buffer.from(value).toString('latin1')) : String(value))

const UNDEFINED = '-undef-'

/** The null sender has neither part; one that is no address, `root`, has no domain. */
const senderOf = (row: Row): string => {
  const [name, domain] = [textOf(row['sender_name']), textOf(row['sender_domain'])]
  if (domain === UNDEFINED) return name === UNDEFINED ? '' : name
  return name === UNDEFINED ? `@${domain}` : `${name}@${domain}`
}

const passed = (row: Row, target: ImportTarget): Imported =>
  importedOf({client: clientOf(row['src']), first: timeOf(row['first_seen']), last: timeOf(row['last_seen']), hasPassed: true}, target)

const pending = (row: Row, target: ImportTarget): Imported => {
  const first = timeOf(row['first_seen'])
  return importedOf({client: clientOf(row['src']), sender: senderOf(row), recipient: textOf(row['rcpt']), first, last: first, hasPassed: false}, target)
}

const opted = (list: 'opt-in' | 'opt-out', column: string) => (row: Row, {now}: ImportTarget): Imported => {
  try {
    return {rule: makeRule({list, text: textOf(row[column]), note: 'from sqlgrey', added: now})}
  } catch {
    return {skipped: 'an opt-in or opt-out that is no address'} // the column takes any text
  }
}

interface Table {
  readonly name: string
  readonly take: (row: Row, target: ImportTarget) => Imported
  readonly plain: readonly string[]
  /** Columns of addresses. */
  readonly bytes: readonly string[]
}

const list = (name: string, which: 'opt-in' | 'opt-out', column: string): Table => ({name, take: opted(which, column), plain: [], bytes: [column]})

const TABLES: readonly Table[] = [
  {name: 'connect', take: pending, plain: ['src', 'first_seen'], bytes: ['sender_name', 'sender_domain', 'rcpt']},
  {name: 'from_awl', take: passed, plain: ['src', 'first_seen', 'last_seen'], bytes: []},
  {name: 'domain_awl', take: passed, plain: ['src', 'first_seen', 'last_seen'], bytes: []},
  list('optin_domain', 'opt-in', 'domain'),
  list('optout_domain', 'opt-out', 'domain'),
  list('optin_email', 'opt-in', 'email'),
  list('optout_email', 'opt-out', 'email'),
]

const PAGE = 5000

const rowsOf = function* (database: Database, {name, plain, bytes}: Table): Generator<Row> {
  const columns = ['rowid AS n', ...plain, ...bytes.map(column => `CAST(${column} AS BLOB) AS ${column}`)].join(', ')
  const statement = database.prepare(`SELECT ${columns} FROM "${name}" WHERE rowid > ? ORDER BY rowid LIMIT ${PAGE}`)
  for (let after = 0; ; ) {
    const rows = statement.all(after) as Row[]
    yield* rows
    if (rows.length < PAGE) return
    after = Number(rows.at(-1)?.['n'])
  }
}

const notSqlgrey = (path: string, error: unknown): OpsError =>
  new OpsError('NOT_SQLGREY', `${path}: ${(error as Error).message}`, {exit: 'badData', cause: error})

/**
 * The records of the database, which is opened for reading only.
 * @throws OpsError 65 `NOT_SQLGREY`, 69 `SQLITE_MISSING`, 66 or 77
 */
export const readSqlgrey = async function* (path: string, target: ImportTarget): AsyncGenerator<Imported> {
  const Sqlite = await loadSqlite()
  let database: Database
  try {
    // SQLite opens the file, and what a database has beside it, with the first statement.
    database = asOwnerOf(path, () => {
      const opened = new Sqlite(path, {readonly: true, fileMustExist: true})
      try {
        opened.pragma('trusted_schema = OFF')
        opened.pragma('schema_version')
        return opened
      } catch (error) {
        opened.close()
        throw error
      }
    })
  } catch (error) {
    if (sqliteCode(error) === '') throw fromSystem(error, 'open', path)
    if (sqliteCode(error) !== 'SQLITE_CANTOPEN') throw notSqlgrey(path, error)
    throw new OpsError('NOT_SQLGREY', `cannot open ${path}`, {exit: 'noInput', hint: 'name the file sqlgrey.db', cause: error})
  }
  try {
    const names = (database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as {name: string}[]).map(({name}) => name)
    if (!names.includes('connect') || !names.includes('from_awl')) throw new OpsError('NOT_SQLGREY', `${path} is no database of sqlgrey`, {exit: 'badData'})
    for (const table of TABLES) if (names.includes(table.name)) for (const row of rowsOf(database, table)) yield table.take(row, target)
  } catch (error) {
    if (sqliteCode(error) === '') throw error
    throw notSqlgrey(path, error)
  } finally {
    database.close()
  }
}
