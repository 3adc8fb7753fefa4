// The SQLite store: one writer, one transaction for all that a moment asks.
import {setImmediate as nextTurn} from 'node:timers/promises'

import {decideOn} from '../../policy/transition.js'
import type {Limits, Rule} from '../../policy/types.js'
import {pendingCounts, type PendingCounts} from '../../store/pending-counts.js'
import type {Entry, EntryFilter, Lost, Store} from '../../store/store.js'
import {asOwnerOf} from './as-owner.js'
import type {Database} from './load.js'
import {makeRows, type Row, type Rows, type Timed} from './rows.js'
import {sqliteTable, type SqliteTable} from './table.js'
import {makeTransaction, type Transaction} from './transaction.js'

/** Rows that one step of a walk looks at: about 2 ms. */
const STEP = 512

/** Rows that one step removes at most: each costs ten times a look. */
const MOST_DEAD = 64

interface Parts {
  readonly database: Database
  readonly rows: Rows
  readonly counts: PendingCounts
  readonly table: SqliteTable
  readonly transaction: Transaction
}

const entryOf = ({network, sender, recipient, first, last, passed, tries}: Row): Entry => ({network, sender, recipient, first, last, passed, tries})

const fits = (entry: Entry, {state}: EntryFilter): boolean => state === undefined || (entry.passed > 0) === (state === 'passed')

const walk = async function* ({rows}: Parts, filter: EntryFilter): AsyncGenerator<readonly Entry[]> {
  let id = 0
  for (let isFirst = true; ; isFirst = false) {
    // Decisions come between the steps.
    if (!isFirst) await nextTurn()
    let found: Row[]
    let next: number | null
    if (filter.network === undefined) {
      found = rows.after(id, STEP)
      next = found.length < STEP ? null : (found.at(-1)?.id ?? null)
    } else ({rows: found, next} = rows.ofNetwork(filter.network, id, 4 * STEP))
    const chosen = found.filter(row => fits(row, filter)).map(entryOf)
    if (chosen.length > 0) yield chosen
    if (next === null) return
    id = next
  }
}

/** The part of the store that keeps lists, counters and memos. */
const sideTables = (parts: Parts): Pick<Store, 'rules' | 'changeRules' | 'count' | 'counts' | 'lost' | 'recall' | 'recallAll' | 'remember'> => {
  const {database, transaction} = parts
  const rules = database.prepare('SELECT list, kind, value, note, added FROM rule ORDER BY list, kind, value')
  const addRule = database.prepare('INSERT OR IGNORE INTO rule (list, kind, value, note, added) VALUES (?, ?, ?, ?, ?)')
  const removeRule = database.prepare('DELETE FROM rule WHERE list = ? AND kind = ? AND value = ?')
  const count = database.prepare('INSERT INTO counter (day, name, n) VALUES (?, ?, ?) ON CONFLICT (day, name) DO UPDATE SET n = n + excluded.n')
  const dropDays = database.prepare('DELETE FROM counter WHERE day > 0 AND day < ?')
  const counts = database.prepare('SELECT name, n FROM counter WHERE day = ?')
  const lost = database.prepare('SELECT network, sender, recipient, first, last, tries FROM lost ORDER BY id DESC LIMIT ?')
  const recall = database.prepare('SELECT text FROM memo WHERE name = ? AND until > ?')
  const recallAll = database.prepare('SELECT name, text FROM memo WHERE name >= ? AND name < ? AND until > ?')
  const remember = database.prepare('INSERT OR REPLACE INTO memo (name, text, until) VALUES (?, ?, ?)')
  return {
    rules: async () =>
      (rules.all() as {list: Rule['list']; kind: Rule['kind']; value: string; note: string | null; added: number | null}[]).map(
        ({list, kind, value, note, added}) => ({list, kind, value, ...(note !== null && {note}), ...(added !== null && {added})}),
      ),
    changeRules: async ({add, remove}) =>
      transaction.now(() => {
        for (const {list, kind, value} of remove) removeRule.run(list, kind, value)
        for (const {list, kind, value, note, added} of add) addRule.run(list, kind, value, note ?? null, added ?? null)
      }),
    count: async (day, values) =>
      transaction.now(() => {
        for (const [name, n] of Object.entries(values)) {
          count.run(0, name, n)
          if (day > 0) count.run(day, name, n)
        }
        // Four hundred days: a year to compare with.
        dropDays.run(day - 400)
      }),
    counts: async (day = 0) => Object.fromEntries((counts.all(day) as {name: string; n: number}[]).map(({name, n}) => [name, n])),
    lost: async limit => lost.all(limit) as Lost[],
    recall: async (name, now) => (recall.get(name, now) as {text: string} | undefined)?.text ?? null,
    recallAll: async (prefix, now) =>
      (recallAll.all(prefix, `${prefix}\uffff`, now) as {name: string; text: string}[]).map(({name, text}) => [name, text] as const),
    remember: async (name, text, until) => void transaction.now(() => remember.run(name, text, until)),
  }
}

/** Puts entries as they are, and removes some, in one transaction. */
const bulkParts = (parts: Parts): Pick<Store, 'get' | 'put' | 'remove'> => {
  const {rows, table, transaction} = parts
  const find = ({network, sender, recipient}: Pick<Entry, 'network' | 'sender' | 'recipient'>): Row | null => rows.get(network, sender, recipient)
  return {
    get: async keys =>
      keys.map(key => {
        const row = find(key)
        return row === null ? null : entryOf(row)
      }),
    put: async entries =>
      transaction.now(() => {
        for (const entry of entries) {
          const row = find(entry)
          if (row === null) table.add(entry)
          else table.change(entry, row)
        }
      }),
    remove: async keys =>
      transaction.now(() => {
        let removed = 0
        for (const key of keys) {
          const row = find(key)
          if (row === null) continue
          table.remove(row)
          removed++
        }
        return removed
      }),
  }
}

/** The walk that expires, and that counts what was there at the start. */
const sweeper = (parts: Parts): Store['sweep'] => {
  const {rows, counts, table, database, transaction} = parts
  const dropMemos = database.prepare('DELETE FROM memo WHERE until <= ?')
  let id = 0
  let step = STEP
  return async ({now, window, keep}) => {
    const looked = rows.times(id, step)
    const isOver = ({passed, first, last}: Timed): boolean => (passed > 0 ? now - last > keep : now - first > window)
    const last = looked.filter(isOver)[MOST_DEAD - 1]
    const found = last === undefined ? looked : looked.slice(0, looked.indexOf(last) + 1)
    const isEnd = looked.length < step && found.length === looked.length
    // Among the dead most of a longer look would be in vain.
    step = last === undefined ? STEP : Math.max(MOST_DEAD, found.length)
    const to = isEnd ? null : (found.at(-1)?.id ?? null)
    const dead = found.filter(isOver)
    counts.walked(found, to)
    if (dead.length > 0 || isEnd)
      transaction.run(() => {
        for (const {id: over} of dead) {
          const row = rows.byId(over)
          if (row === null) continue
          if (row.passed === 0) rows.lose(row)
          table.remove(row)
        }
        if (isEnd) dropMemos.run(now)
      })
    id = to ?? 0
    return {removed: dead.length, lost: dead.filter(({passed}) => passed === 0).length, done: isEnd}
  }
}

/**
 * The store over an open database.
 * @param isResident the daemon's: sizes come from its counts instead of a look at every row
 */
export const sqliteStore = ({database, seed, path, limits, isResident}: {database: Database; seed: number; path: string; limits: Limits; isResident: boolean}): Store => {
  const rows = makeRows(database, seed)
  const counts = pendingCounts(limits, rows.newest())
  const table = sqliteTable(rows, counts, limits)
  const transaction = makeTransaction(database, table, isResident)
  const parts: Parts = {database, rows, counts, table, transaction}
  const sizes = database.prepare('SELECT coalesce(sum(passed = 0), 0) AS pending, coalesce(sum(passed > 0), 0) AS passed FROM entry')
  return {
    name: `SQLite ${path}`,
    get isDoubtful() {
      return transaction.isDoubtful
    },
    decide: asks =>
      asks.every(({dry}) => dry === true)
        ? asks.map(ask => decideOn(table, ask))
        : transaction.run(() => asks.map(ask => decideOn(table, ask))),
    entries: filter => walk(parts, filter),
    ...bulkParts(parts),
    ...sideTables(parts),
    sweep: sweeper(parts),
    size: async () => (isResident ? {pending: counts.pending, passed: counts.passed} : (sizes.get() as {pending: number; passed: number})),
    close: async () => {
      try {
        transaction.commit()
      } finally {
        asOwnerOf(path, () => database.close())
      }
    },
  }
}
