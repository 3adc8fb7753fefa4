// Shows that a rule can never answer: all its keys are answered by rules above it.
import {noKey} from '../automaton/languages.js'
import {AUTOMATON_LIMITS} from '../automaton/ruleset.js'
import {entryTag, tableRuleset} from '../automaton/table-ruleset.js'
import type {Rule, Table} from '../table/entry.js'
import type {RuleWords} from './rule-words.js'

const STATES = 200_000

/** A rule, and the earlier ones that are said to answer all its keys. */
export interface Removal {
  readonly entry: number
  readonly by: readonly number[]
}

/** By words where an earlier rule holds each of them, else by the automaton of this rule below those named. */
export const neverAnswers = (
  table: Table,
  {entry, by}: Removal,
  {words, stop}: {words: RuleWords; stop: () => boolean},
): boolean => {
  const rule = table.entries[entry] as Rule
  const own = rule.pattern.negated ? undefined : words.of(rule.pattern)
  if (own !== undefined && own.every(word => isHeld(word, table, entry, words))) return true
  const named = new Set([...by.filter(other => other < entry), entry].map(entryTag))
  // Fewer rules above can only answer fewer keys, so what never answers below these never answers.
  const above = tableRuleset(table, 'entry').filter(({tag}) => named.has(tag))
  const limits = {...AUTOMATON_LIMITS, states: STATES, stop}
  return noKey(above, limits, entryTag(entry)).verdict === 'yes'
}

const isHeld = (word: string, table: Table, entry: number, words: RuleWords): boolean => {
  const {guards} = table.entries[entry] as Rule
  for (let at = entry - 1; at >= 0; at--) {
    const other = table.entries[at]!
    if (other.kind !== 'rule' || other.pattern.negated || other.second !== undefined) continue
    if (!other.guards.every((guard, n) => guards[n] === guard)) continue
    if (words.setOf(other.pattern)?.has(word) === true) return true
    if (words.of(other.pattern)?.some(inner => word.includes(inner)) === true) return true
  }
  return false
}
