// Rules that can never answer: an earlier rule takes every key they match.
import {AUTOMATON_LIMITS} from '../../automaton/ruleset.js'
import {reachability} from '../../automaton/reach.js'
import type {Rule, Table} from '../../table/entry.js'
import {endsAnchored, startsAnchored} from '../words/shape.js'
import type {Symbols, Word} from '../words/symbols.js'
import type {Known} from './candidate.js'

/** A rule that never answers and the earlier ones that answer its keys; none where it matches no key at all. */
export interface Unreachable {
  readonly entry: number
  readonly by: readonly number[]
}

export interface UnreachableOptions {
  readonly symbols: Symbols
  /** True when no more time is to be spent on it. */
  readonly stop: () => boolean
}

/** Most rules of a table that the automaton is asked about one by one. */
const MOST_ASKED = 4_000
const STATES = 60_000
/** States of all those questions together: a bound in work, not in time, so that a busy machine finds the same. */
const STATES_OF_ALL = 120_000

/** Finds them from the words of the rules first, then by automaton as far as time goes. */
export const findUnreachable = (
  table: Table,
  known: ReadonlyMap<number, Known>,
  {symbols, stop}: UnreachableOptions,
): Unreachable[] => {
  const found = new Map<number, Unreachable>()
  const earlier = new Earlier(symbols)
  for (const [entry, rule] of table.entries.entries()) {
    if (rule.kind !== 'rule') continue
    if (stop()) break
    const {words} = known.get(entry)!
    const by = words === undefined ? undefined : earlier.taking(rule, words)
    if (by !== undefined) found.set(entry, {entry, by})
    else if (words !== undefined && !rule.pattern.negated && rule.second === undefined) earlier.add(entry, rule, words)
  }
  if (known.size > MOST_ASKED || stop()) return [...found.values()]
  let states = 0
  const enough = (): boolean => ++states > STATES_OF_ALL || stop()
  for (const answer of reachability(table, {...AUTOMATON_LIMITS, states: STATES, nodes: 1_000_000, stop: enough}))
    if (answer.verdict === 'unreachable' && !found.has(answer.entry)) found.set(answer.entry, answer)
  return [...found.values()].toSorted((a, b) => a.entry - b.entry)
}

const MOST_CHECKS = 6_000_000

/** The words of rules gone by, each with the rule. */
class Earlier {
  private readonly symbols: Symbols
  private readonly whole = new Map<Word, {entry: number; guards: readonly number[]}[]>()
  /** Words that may stand within others. */
  private readonly open: {word: Word; entry: number; guards: readonly number[]}[] = []
  private checks = MOST_CHECKS

  constructor(symbols: Symbols) {
    this.symbols = symbols
  }

  add(entry: number, {guards}: Rule, words: readonly Word[]): void {
    for (const word of words) {
      const list = this.whole.get(word)
      if (list === undefined) this.whole.set(word, [{entry, guards}])
      else list.push({entry, guards})
      if (!startsAnchored(word, this.symbols) || !endsAnchored(word, this.symbols)) this.open.push({word, entry, guards})
    }
  }

  /** The earlier rules that together take every word; undefined when a word is not seen to be taken. */
  taking({guards}: Rule, words: readonly Word[]): number[] | undefined {
    const by = new Set<number>()
    for (const word of words) {
      const entry =
        this.whole.get(word)?.find(other => reaches(other.guards, guards))?.entry ?? this.holder(word, guards)
      if (entry === undefined) return undefined
      by.add(entry)
    }
    return [...by].toSorted((a, b) => a - b)
  }

  private holder(word: Word, guards: readonly number[]): number | undefined {
    if (this.checks <= 0) return undefined
    this.checks -= this.open.length
    return this.open.find(other => word.includes(other.word) && reaches(other.guards, guards))?.entry
  }
}

/** True when whatever key passes `inner` has passed `outer`. */
const reaches = (outer: readonly number[], inner: readonly number[]): boolean =>
  outer.length <= inner.length && outer.every((guard, at) => inner[at] === guard)
