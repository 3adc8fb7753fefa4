// Entries as rows: prepared statements, and the short form in which networks are kept.
import {dayOf, LOST} from '../../metrics/names.js'
import type {Entry, Key} from '../../store/store.js'
import {keyHash} from '../../store/key-hash.js'
import type {Database} from './load.js'

/** An entry with its row number. */
export interface Row extends Entry {
  readonly id: number
}

/** `192.0.2.0/24` is kept as `192.0.2`: five bytes of a million rows. */
export const shortNetwork = (network: string): string => (network.endsWith('.0/24') ? network.slice(0, -5) : network)

/** The reverse of `shortNetwork`. */
export const longNetwork = (kept: string): string => (/^\d+\.\d+\.\d+$/.test(kept) ? `${kept}.0/24` : kept)

const whole = (row: Row): Row => ({...row, network: longNetwork(row.network)})

const COLUMNS = 'id, network, sender, recipient, first, first + idle AS last, passed, tries'

/** A row as far as expiry and counting need it. */
export type Timed = Pick<Row, 'id' | 'network' | 'first' | 'last' | 'passed'>

/** What can be done with rows; none of it begins or ends a transaction. */
export interface Rows {
  get(network: string, sender: string, recipient: string): Row | null
  /** Gives the row's number. */
  insert(entry: Entry): number
  update(row: Row): void
  remove(id: number): void
  lose(row: Row): void
  /** As `after`, without the addresses: a walk over everything makes less garbage. */
  times(id: number, limit: number): Timed[]
  byId(id: number): Row | null
  /** Rows after `id` in order, at most `limit`. */
  after(id: number, limit: number): Row[]
  /** As `after`, of one network only; `next` is where to go on, null at the end. */
  ofNetwork(network: string, id: number, limit: number): {rows: Row[]; next: number | null}
  /** The first pending row after `id`, looking at `limit` rows at most; `next` as above. */
  pendingAfter(id: number, limit: number): {row: Row | null; next: number | null}
  newest(): number
}

/** How many of what never came back are remembered. */
const MOST_LOST = 10_000

/** The prepared statements over a database that is open; `seed` is that of its hashes. */
export const makeRows = (database: Database, seed: number): Rows => {
  const byHash = database.prepare(`SELECT ${COLUMNS} FROM entry WHERE hash = ? AND network = ? AND sender = ? AND recipient = ?`)
  const insert = database.prepare('INSERT INTO entry (hash, network, sender, recipient, first, idle, passed, tries) VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
  const update = database.prepare('UPDATE entry SET first = ?, idle = ?, passed = ?, tries = ? WHERE id = ?')
  const remove = database.prepare('DELETE FROM entry WHERE id = ?')
  const lose = database.prepare('INSERT INTO lost (network, sender, recipient, first, last, tries) VALUES (?, ?, ?, ?, ?, ?)')
  const forget = database.prepare('DELETE FROM lost WHERE id <= ?')
  const after = database.prepare(`SELECT ${COLUMNS} FROM entry WHERE id > ? ORDER BY id LIMIT ?`)
  const times = database.prepare('SELECT id, network, first, first + idle AS last, passed FROM entry WHERE id > ? ORDER BY id LIMIT ?')
  const byId = database.prepare(`SELECT ${COLUMNS} FROM entry WHERE id = ?`)
  const bound = database.prepare('SELECT id FROM entry WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?')
  const between = database.prepare(`SELECT ${COLUMNS} FROM entry WHERE id > ? AND id <= ? AND network = ?`)
  const pending = database.prepare(`SELECT ${COLUMNS} FROM entry WHERE id > ? AND id <= ? AND passed = 0 ORDER BY id LIMIT 1`)
  const count = database.prepare('INSERT INTO counter (day, name, n) VALUES (?, ?, 1) ON CONFLICT (day, name) DO UPDATE SET n = n + 1')
  const newest = database.prepare('SELECT coalesce(max(id), 0) AS id FROM entry')
  const hashOf = ({network, sender, recipient}: Key): number => keyHash(seed, shortNetwork(network), sender, recipient)
  const boundAfter = (id: number, limit: number): number | null => (bound.get(id, limit - 1) as {id: number} | undefined)?.id ?? null
  return {
    get: (network, sender, recipient) => {
      const short = shortNetwork(network)
      const row = byHash.get(keyHash(seed, short, sender, recipient), short, sender, recipient) as {-readonly [name in keyof Row]: Row[name]} | undefined
      if (row === undefined) return null
      // A new object for it would be a third of the cost of the look-up.
      row.network = network
      return row
    },
    insert: entry => {
      const {network, sender, recipient, first, last, passed, tries} = entry
      return Number(insert.run(hashOf(entry), shortNetwork(network), sender, recipient, first, last - first, passed, tries).lastInsertRowid)
    },
    update: ({id, first, last, passed, tries}) => void update.run(first, last - first, passed, tries, id),
    remove: id => void remove.run(id),
    lose: ({network, sender, recipient, first, last, tries}) => {
      const id = Number(lose.run(network, sender, recipient, first, last, tries).lastInsertRowid)
      if (id > MOST_LOST) forget.run(id - MOST_LOST)
      for (const day of [0, dayOf(first)]) count.run(day, LOST)
    },
    times: (id, limit) => {
      const found = times.all(id, limit) as {-readonly [name in keyof Timed]: Timed[name]}[]
      for (const row of found) row.network = longNetwork(row.network)
      return found
    },
    byId: id => {
      const row = byId.get(id) as Row | undefined
      return row === undefined ? null : whole(row)
    },
    after: (id, limit) => (after.all(id, limit) as Row[]).map(whole),
    ofNetwork: (network, id, limit) => {
      const next = boundAfter(id, limit)
      return {rows: (between.all(id, next ?? Number.MAX_SAFE_INTEGER, shortNetwork(network)) as Row[]).map(whole), next}
    },
    pendingAfter: (id, limit) => {
      const next = boundAfter(id, limit)
      const row = pending.get(id, next ?? Number.MAX_SAFE_INTEGER) as Row | undefined
      return {row: row === undefined ? null : whole(row), next}
    },
    newest: () => (newest.get() as {id: number}).id,
  }
}
