// Proves that the new table gives every key the answer of the old one.
import {compareRulesets} from '../automaton/compare.js'
import {AUTOMATON_LIMITS} from '../automaton/ruleset.js'
import {tableRuleset} from '../automaton/table-ruleset.js'
import type {Table} from '../table/entry.js'
import type {Used} from '../rewrite/allowance.js'
import {withDoubts} from '../rewrite/doubt.js'
import type {Step} from '../rewrite/optimize.js'
import {certify} from './certify.js'

export type Proof =
  /** Both tables walked side by side through every key there is. */
  | {readonly verdict: 'proven'; readonly method: 'whole-table'; readonly states: number}
  /** Each rewrite has its certificate; `states` is how far the whole tables were walked before that was given up. */
  | {readonly verdict: 'proven'; readonly method: 'per-rewrite'; readonly states: number}
  | {
      readonly verdict: 'not-proven'
      readonly why: string
      /** A key that the tables answer differently, where that is what was found. */
      readonly key?: string
      /** Entries of the table before step `step` whose rewriting is to be left out. */
      readonly step: number
      readonly entries: readonly number[]
    }

export interface ProveOptions {
  /** States of both machines together before certificates take over. */
  readonly states: number
  readonly used: Used
  /** True when the walk through whole tables has had its time: where unanchored patterns multiply it never ends. */
  readonly stopWhole?: () => boolean
}

/** States of the walk through whole tables, unless told. */
export const PROOF_STATES = 200_000
/** Integers of the walk: 4 bytes each. */
const INTEGERS = 60_000_000

/** `steps` lead from the first to the final table. */
export const prove = (first: Table, final: Table, steps: readonly Step[], options: ProveOptions): Proof => {
  const {states, used, stopWhole = () => false} = options
  const limits = {...AUTOMATON_LIMITS, states, integers: INTEGERS, nodes: 3_000_000, stop: () => used(0.7) || stopWhole()}
  const [original, last] = [withDoubts(first), withDoubts(final)]
  const whole = compareRulesets(tableRuleset(original), tableRuleset(last), limits)
  if (whole.verdict === 'equal') return {verdict: 'proven', method: 'whole-table', states: whole.states}
  if (whole.verdict === 'different')
    return {
      verdict: 'not-proven',
      why: `the key ${JSON.stringify(whole.key)} would have another answer`,
      key: whole.key,
      step: -1,
      entries: [],
    }
  for (const [step, one] of steps.entries()) {
    const certificate = certify(one, () => used(0.9))
    if (certificate.verdict === 'not-proven') return {...certificate, step}
  }
  return {verdict: 'proven', method: 'per-rewrite', states: whole.limit === 'states' ? whole.reached : 0}
}
