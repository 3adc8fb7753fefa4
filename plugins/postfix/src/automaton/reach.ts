// Which rules of a table can never answer, and which earlier ones take their keys.
import type {Table} from '../table/entry.js'
import {noKey} from './languages.js'
import type {Machine} from './machine.js'
import {buildMachines} from './machines.js'
import {
  AUTOMATON_LIMITS,
  type AutomatonLimits,
  BudgetError,
  type DecisionRule,
  NO_ANSWER,
  type Ruleset,
} from './ruleset.js'
import {entryTag, tableRuleset} from './table-ruleset.js'
import {coveringKeys} from './witness.js'

export type Reachability =
  /** `key` is answered by this rule. */
  | {readonly entry: number; readonly verdict: 'reachable'; readonly key: string}
  /** No key is: those it matches are all answered by the entries `by`; by none, when it matches no key at all. */
  | {readonly entry: number; readonly verdict: 'unreachable'; readonly by: readonly number[]}
  /** Not decided: a budget was used up, or opaque patterns stand before it. */
  | {readonly entry: number; readonly verdict: 'unknown'}

const ROUNDS = 64
const KEYS_TRIED = 4

/** Looks at every rule of a table, in order. `limits` bound each single question. */
export const reachability = (table: Table, limits: AutomatonLimits = AUTOMATON_LIMITS): Reachability[] =>
  new ReachSearch(table, limits).all()

class ReachSearch {
  private readonly table: Table
  private readonly limits: AutomatonLimits
  private readonly ruleset: Ruleset
  /** Places in the ruleset, by tag. */
  private readonly placeOf = new Map<string, number>()
  private machine: Machine | undefined
  /** Not even its automata can be made: every rule would try again and fail. */
  private tooBig = false

  constructor(table: Table, limits: AutomatonLimits) {
    this.table = table
    this.limits = limits
    // What an if without endif hides gets a tag of its own here, to be named like a rule.
    this.ruleset = tableRuleset(table, 'entry')
    for (const [place, {tag}] of this.ruleset.entries()) this.placeOf.set(tag, place)
  }

  all(): Reachability[] {
    return this.table.entries.flatMap((entry, index) => (entry.kind === 'rule' ? [this.one(index)] : []))
  }

  private one(entry: number): Reachability {
    if (this.tooBig || this.limits.stop?.() === true) return {entry, verdict: 'unknown'}
    try {
      return this.search(entry)
    } catch (error) {
      // A limit was reached for this rule; the machine is full, the next rule begins with a new one.
      if (!(error instanceof BudgetError)) throw error
      this.machine = undefined
      return {entry, verdict: 'unknown'}
    }
  }

  private search(entry: number): Reachability {
    const tag = entryTag(entry)
    const rule = this.ruleset[this.placeOf.get(tag)!]!
    // Which keys it matches is only known to the engine.
    if (rule.conditions.some(({language}) => language.kind === 'opaque')) return {entry, verdict: 'unknown'}
    const known = this.triedKeys(rule).find(key => this.answerOf(key) === tag)
    if (known !== undefined) return {entry, verdict: 'reachable', key: known}
    // Ask for keys of the rule beside those of the earlier rules found so far, until there is none or one is its own.
    const before = new Set<string>()
    for (let round = 0; round < ROUNDS; round++) {
      const earlier = [...before].map(other => this.placeOf.get(other)!).toSorted((a, b) => a - b)
      const answer = noKey([...earlier.map(place => this.ruleset[place]!), rule], this.limits, tag)
      if (answer.verdict === 'budget') break
      if (answer.verdict === 'yes')
        return {entry, verdict: 'unreachable', by: [...before].map(other => Number(other.slice(1)))}
      const winner = this.answerOf(answer.key)
      if (winner === tag) return {entry, verdict: 'reachable', key: answer.key}
      if (winner === NO_ANSWER || before.has(winner) || !this.placeOf.has(winner)) break
      before.add(winner)
    }
    return {entry, verdict: 'unknown'}
  }

  private triedKeys({conditions}: DecisionRule): string[] {
    const own = conditions.at(-1)!
    return own.negated || own.language.kind !== 'regular' ? [] : coveringKeys(own.language.node, KEYS_TRIED)
  }

  private build(): Machine {
    try {
      return buildMachines([this.ruleset], this.limits)[0]!
    } catch (error) {
      this.tooBig = error instanceof BudgetError
      throw error
    }
  }

  private answerOf(key: string): string {
    this.machine ??= this.build()
    return this.machine.tags.name(this.machine.run(key))
  }
}
