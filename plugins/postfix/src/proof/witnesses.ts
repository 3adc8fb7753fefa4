// Keys for the run against the real engine: hits of every rule, near misses, other case, extensions, long keys.
import {coveringKeys, nearMisses} from '../automaton/witness.js'
import {upperByte} from '../regex/byte-set.js'
import type {Table} from '../table/entry.js'

/** A key and the rule it was made for. */
export interface Witness {
  readonly key: string
  /** Place in `entries`. */
  readonly entry: number
  /** True when the pattern of the rule was followed, false for what only comes near. */
  readonly hit: boolean
}

const KEYS_A_RULE = 12
const LONG = 400

/** Keys that tables are asked whatever they hold: trivial-rewrite(8) asks for `*`. */
export const COMMON_KEYS: readonly string[] = ['*', '@', 'postmaster', 'MAILER-DAEMON@example.com', 'nobody@nowhere.invalid', '\xe9@\xff.x']

/**
 * Returns the witnesses of a table in the order they should be asked in: one of each rule, rules far apart first, then
 * the second of each. Whoever stops early has seen all parts of the table.
 */
export const witnesses = (table: Table): Witness[] => {
  const lists = spread(table.entries.flatMap((entry, at) => (entry.kind === 'rule' ? [at] : []))).map(at => ofRule(table, at))
  const ordered: Witness[] = []
  const longest = lists.reduce((most, list) => Math.max(most, list.length), 0)
  for (let n = 0; n < longest; n++) ordered.push(...lists.flatMap(list => list.slice(n, n + 1)))
  return ordered
}

/** The same numbers, neighbours apart. */
const spread = (entries: readonly number[]): number[] => {
  const step = Math.max(1, Math.round(Math.sqrt(entries.length)))
  return Array.from({length: step}, (_, first) => entries.filter((_entry, at) => at % step === first)).flat()
}

const ofRule = (table: Table, entry: number): Witness[] => {
  const rule = table.entries[entry]
  if (rule?.kind !== 'rule' || rule.pattern.parsed.kind !== 'regular') return []
  const hits = coveringKeys(rule.pattern.parsed.node, KEYS_A_RULE)
  const near = hits.slice(0, 2).flatMap(key => [...nearMisses(key), key.replace(/[a-z]/g, upper), long(key)])
  const keys = new Map<string, boolean>()
  // A hit, then what comes near to it: whoever stops early has had some of both.
  for (let n = 0; n < Math.max(hits.length, near.length); n++) {
    if (hits[n] !== undefined) keys.set(hits[n]!, true)
    if (near[n] !== undefined && !keys.has(near[n]!)) keys.set(near[n]!, false)
  }
  return [...keys].filter(([key]) => askable(key)).map(([key, hit]) => ({key, entry, hit}))
}

const upper = (char: string): string => String.fromCharCode(upperByte(char.charCodeAt(0)))

const long = (key: string): string => {
  const middle = key.length >> 1
  return key.slice(0, middle) + 'x'.repeat(LONG) + key.slice(middle)
}

/** What `postmap -q -` takes a line a key, and gives back before a tab. */
const askable = (key: string): boolean => key !== '' && !/[\n\t\0]/.test(key)
