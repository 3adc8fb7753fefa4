// The store's entries while one transaction decides: what is written is counted at once, and taken back with it.
import type {Table} from '../../policy/transition.js'
import type {Limits} from '../../policy/types.js'
import type {Counted, PendingCounts} from '../../store/pending-counts.js'
import type {Entry} from '../../store/store.js'
import type {Row, Rows} from './rows.js'

/** How many rows an eviction looks at for the oldest pending one; what it does not find, a later one will. */
const LOOK_AT = 4096

export interface SqliteTable extends Table {
  /** After COMMIT. */
  committed(): void
  /** After ROLLBACK: takes the counts back too. */
  rolledBack(): void
}

const NONE: readonly Counted[] = []

/** Every entry that `get` gave is a Row, since it came from here. */
const rowOf = (entry: Entry): Row => entry as Row

/** The table of one transaction after the other; `counts` follow it and are taken back with it. */
export const sqliteTable = (rows: Rows, counts: PendingCounts, limits: Limits): SqliteTable => {
  let gone: Counted[] = []
  let come: Counted[] = []
  // Below it no row is pending, or it was missed, which costs nothing but a younger one being evicted in its place.
  let oldest = 0
  const note = (was: Counted | null, is: Counted | null): void => {
    if (was !== null) gone.push(was)
    if (is !== null) come.push(is)
    counts.change(was === null ? NONE : [was], is === null ? NONE : [is])
  }
  const remove = (row: Row): void => {
    rows.remove(row.id)
    note(row, null)
  }
  const add = (entry: Entry): void => note(null, {id: rows.insert(entry), network: entry.network, passed: entry.passed})
  const evictOldest = (): void => {
    const {row, next} = rows.pendingAfter(oldest, LOOK_AT)
    if (row !== null) {
      oldest = row.id
      rows.lose(row)
      remove(row)
    } else oldest = next ?? 0
  }
  return {
    get: rows.get,
    begin: entry => {
      if (counts.pending >= limits.pending) evictOldest()
      add(entry)
    },
    change: (entry, was) => {
      const {id} = rowOf(was)
      rows.update({...entry, id})
      if (entry.passed > 0 === was.passed > 0) return
      note({id, network: was.network, passed: was.passed}, {id, network: entry.network, passed: entry.passed})
    },
    add,
    remove: entry => remove(rowOf(entry)),
    lose: entry => rows.lose(rowOf(entry)),
    isFull: network => counts.inGroup(network) >= limits.perGroup,
    committed: () => {
      gone = []
      come = []
    },
    rolledBack: () => {
      counts.change(come, gone)
      gone = []
      come = []
    },
  }
}
