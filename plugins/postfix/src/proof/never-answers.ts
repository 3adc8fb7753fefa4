// Shows that a rule can never answer: all its keys are answered by rules above it.
import {noKey} from '../automaton/languages.js'
import {AUTOMATON_LIMITS} from '../automaton/ruleset.js'
import {entryTag, tableRuleset} from '../automaton/table-ruleset.js'
import type {Rule, Table} from '../table/entry.js'
import type {RuleWords} from './rule-words.js'

const STATES = 200_000

/** By words where an earlier rule holds each of them, else by the automaton of all rules down to this one. */
export const neverAnswers = (table: Table, entry: number, words: RuleWords, stop: () => boolean): boolean => {
  const rule = table.entries[entry] as Rule
  const own = rule.pattern.negated ? undefined : words.of(rule.pattern)
  if (own !== undefined && own.every(word => isHeld(word, table, entry, words))) return true
  const above = tableRuleset({...table, entries: table.entries.slice(0, entry + 1)}, 'entry')
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
