// Questions about the keys that patterns match: disjoint, included, equal unions.
import type {RegexNode} from '../regex/node.js'
import {type Comparison, compareRulesets} from './compare.js'
import {buildMachines} from './machines.js'
import {findKey} from './pair-search.js'
import {
  AUTOMATON_LIMITS,
  type AutomatonLimits,
  BudgetError,
  type DecisionRule,
  type Language,
  type Ruleset,
} from './ruleset.js'

export type LanguageAnswer =
  | {readonly verdict: 'yes'}
  /** `key` is a shortest key that shows it. */
  | {readonly verdict: 'no'; readonly key: string}
  | {readonly verdict: 'budget'; readonly limit: BudgetError['limit']; readonly reached: number}

const regular = (node: RegexNode): Language => ({kind: 'regular', node})

const YES = 'yes'

/** Is there no key that both match? */
export const disjoint = (a: RegexNode, b: RegexNode, limits: AutomatonLimits = AUTOMATON_LIMITS): LanguageAnswer =>
  noKey(
    [
      {
        conditions: [
          {language: regular(a), negated: false},
          {language: regular(b), negated: false},
        ],
        tag: YES,
      },
    ],
    limits,
  )

/** Is every key that `a` matches also matched by one of `others`? */
export const includedIn = (
  a: RegexNode,
  others: readonly RegexNode[],
  limits: AutomatonLimits = AUTOMATON_LIMITS,
): LanguageAnswer => noKey([...unionOf(others, 'other'), ...unionOf([a], YES)], limits)

/** Does the pattern match no key at all? */
export const isEmptyLanguage = (node: RegexNode, limits: AutomatonLimits = AUTOMATON_LIMITS): LanguageAnswer =>
  noKey(unionOf([node], YES), limits)

/** Do the patterns of `a` together match the same keys as those of `b` together? */
export const sameUnion = (
  a: readonly RegexNode[],
  b: readonly RegexNode[],
  limits: AutomatonLimits = AUTOMATON_LIMITS,
): Comparison => compareRulesets(unionOf(a, YES), unionOf(b, YES), limits)

/** Rules that answer `tag` for every key one of the patterns matches. */
export const unionOf = (nodes: readonly RegexNode[], tag: string): DecisionRule[] =>
  nodes.map(node => ({conditions: [{language: regular(node), negated: false}], tag}))

/** Is there no key that the ruleset answers with `tag` ('yes' unless told)? */
export const noKey = (ruleset: Ruleset, limits: AutomatonLimits = AUTOMATON_LIMITS, tag = YES): LanguageAnswer => {
  try {
    const machine = buildMachines([ruleset], limits)[0]!
    const number = machine.tags.number(tag)
    const key = findKey(machine, outcome => outcome === number)
    return key === undefined ? {verdict: 'yes'} : {verdict: 'no', key}
  } catch (error) {
    // A limit was reached: an answer of its own, not a failure.
    if (error instanceof BudgetError) return {verdict: 'budget', limit: error.limit, reached: error.reached}
    throw error
  }
}
