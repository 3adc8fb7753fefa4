// Entries in memory: what the tests of the policy decide on, and what those of the stores are held against.
import type {Table} from '../../src/policy/transition.js'
import {groupOf} from '../../src/policy/address.js'
import {keyText} from '../../src/policy/transition.js'
import type {Limits} from '../../src/policy/types.js'
import type {Entry} from '../../src/store/store.js'

export interface MemoryTable extends Table {
  readonly entries: ReadonlyMap<string, Entry>
  readonly lost: readonly Entry[]
}

/** A table that holds to the same limits as every store, by looking at all entries. */
export const memoryTable = (limits: Limits): MemoryTable => {
  // In the order in which they came: the oldest pending one is the first.
  const entries = new Map<string, Entry>()
  const lost: Entry[] = []
  const pending = (): Entry[] => [...entries.values()].filter(({passed}) => passed === 0)
  const set = (entry: Entry): void => void entries.set(keyText(entry), entry)
  return {
    entries,
    lost,
    get: (network, sender, recipient) => entries.get(keyText({network, sender, recipient})) ?? null,
    begin: entry => {
      const waiting = pending()
      const [oldest] = waiting
      if (waiting.length >= limits.pending && oldest !== undefined) {
        lost.push(oldest)
        entries.delete(keyText(oldest))
      }
      set(entry)
    },
    change: set,
    add: set,
    remove: entry => void entries.delete(keyText(entry)),
    lose: entry => void lost.push(entry),
    isFull: network => {
      const group = groupOf(network, limits)
      return group !== null && pending().filter(entry => groupOf(entry.network, limits) === group).length >= limits.perGroup
    },
  }
}
