// Rewrites, proves, asks the engine; what does not hold is left out and the rest tried again.
import {TableLookup} from '../../lookup/lookup.js'
import {type Proof, PROOF_STATES, prove} from '../../proof/prove.js'
import {type Goal, type Optimized, optimizeTable, ruleEntries} from '../../rewrite/optimize.js'
import type {Table} from '../../table/entry.js'
import {compareByPostmap, type Differential} from './differential.js'

export interface ProvenOptions {
  readonly goal: Goal
  /** Seconds for all of it, but the run of postmap(1). */
  readonly budgetSeconds: number
  readonly postmapSeconds: number
  readonly configDirectory?: string | undefined
  readonly forbidSubstitution: boolean
  /** What the answers are compared with, where it is not the table itself but one of the other engine. */
  readonly original?: {readonly table: Table; readonly source: string}
  readonly states?: number
  /** Called with what is done now. */
  readonly stage?: (what: string) => void
}

export interface Proven {
  readonly optimized: Optimized
  readonly verdict: 'proven' | 'unchanged'
  readonly proof: (Proof & {verdict: 'proven'}) | undefined
  /** Undefined: there is no postmap(1), or it was not wanted. */
  readonly postmap: Differential | undefined
  /** Rules that were left alone because their rewriting could not be shown to be right, or the engine said otherwise. */
  readonly doubts: readonly string[]
  /** True when something was not tried for want of time. */
  readonly outOfTime: boolean
}

const ATTEMPTS = 5
/** Of the budget, for the walk through whole tables before certificates take over. */
const WHOLE_SHARE = 0.06

/** Gives a table that is proven to answer as the old one, or the old one. `source` is the text of `table`. */
export const optimizeProven = async (table: Table, source: string, options: ProvenOptions): Promise<Proven> => {
  const began = performance.now()
  const used = (share: number): boolean => performance.now() - began > share * options.budgetSeconds * 1_000
  const {forbidSubstitution, goal, original = {table, source}, stage = () => undefined} = options
  let cut = false
  /** What was left out for want of time, early on as well: another run might find it. */
  const usedBySearch = (share: number): boolean => {
    const is = used(share)
    cut ||= is
    return is
  }
  const leave = new Set<number>()
  const doubts: string[] = []
  let last = unchanged(table)
  for (let attempt = 0; attempt < ATTEMPTS && !used(0.5); attempt++) {
    stage('rewriting')
    const optimized = optimizeTable(table, {goal, used: usedBySearch, leave, forbidSubstitution})
    last = unchanged(table, optimized.kept)
    if (optimized.steps.length === 0 && original.table === table) break
    stage('proving')
    const proving = performance.now()
    const stopWhole = (): boolean => performance.now() - proving > WHOLE_SHARE * options.budgetSeconds * 1_000
    const states = options.states ?? PROOF_STATES
    const proof = prove(original.table, optimized.table, optimized.steps, {states, used, stopWhole})
    if (proof.verdict === 'not-proven') {
      doubts.push(proof.why)
      if (!add(leave, blame(table, optimized, proof))) break
      continue
    }
    stage('asking postmap')
    const postmap = await compareByPostmap(
      original,
      {source: optimized.text, engine: table.engine},
      {seconds: options.postmapSeconds, configDirectory: options.configDirectory},
    )
    const differing = postmap?.differences ?? []
    if (differing.length === 0) return {optimized, verdict: 'proven', proof, postmap, doubts, outOfTime: cut || used(0.5)}
    doubts.push(`postmap answers ${JSON.stringify(differing[0])} otherwise`)
    if (!add(leave, differing.flatMap(key => blameKey(table, optimized, key)))) break
  }
  return {optimized: last, verdict: 'unchanged', proof: undefined, postmap: undefined, doubts, outOfTime: cut || used(0.5)}
}

/** True when something new was added. */
const add = (set: Set<number>, more: readonly number[]): boolean => {
  const before = set.size
  for (const entry of more) set.add(entry)
  return set.size > before
}

const unchanged = (table: Table, kept: Optimized['kept'] = []): Optimized => ({
  text: table.entries.map(({source}) => source).join(''),
  table,
  rewrites: [],
  kept,
  origins: ruleEntries(table).map(entry => [entry]),
  steps: [],
})

/** Entries of the original whose rewriting is in doubt. */
const blame = (table: Table, optimized: Optimized, proof: Proof & {verdict: 'not-proven'}): number[] => {
  if (proof.key !== undefined) return blameKey(table, optimized, proof.key)
  let entries: readonly number[] = proof.entries
  for (let step = proof.step - 1; step >= 0; step--) {
    const {after, origins} = optimized.steps[step]!
    const place = new Map(ruleEntries(after).map((entry, at) => [entry, at]))
    entries = entries.flatMap(entry => origins[place.get(entry) ?? -1] ?? [])
  }
  return [...entries]
}

/** The rules that answer a key in either table, by the lines of the original. */
const blameKey = (table: Table, optimized: Optimized, key: string): number[] => {
  const [old, now] = [new TableLookup(table).lookup(key), new TableLookup(optimized.table).lookup(key)]
  const place = new Map(ruleEntries(optimized.table).map((entry, at) => [entry, at]))
  return [
    ...('entry' in old ? [old.entry] : []),
    ...('entry' in now ? (optimized.origins[place.get(now.entry) ?? -1] ?? []) : []),
  ]
}
