// Keys that go through a whole table.
import type {Table} from '../table/entry.js'
import {workingKeys} from './working-keys.js'

/** How many keys are made at most. */
const TABLE_KEYS = 200_000

/** Returns keys of all rules of a table, each once: with them a process has seen all of it. */
export const tableKeys = (table: Table, limit = TABLE_KEYS): string[] => {
  const keys = new Set<string>()
  for (const entry of table.entries) {
    if (entry.kind !== 'rule' && entry.kind !== 'if') continue
    const {parsed} = entry.pattern
    if (parsed.kind === 'regular') for (const key of workingKeys(parsed.node)) keys.add(key)
    if (keys.size >= limit) break
  }
  keys.delete('')
  return [...keys].slice(0, limit)
}
