// One round over a table: what can never answer goes, what answers the same is joined.
import type {Table} from '../table/entry.js'
import type {Used} from './allowance.js'
import {type Goal, type Merge, decide} from './merge/decide.js'
import {type Assembled, assemble} from './plan/assemble.js'
import {type KeptReason, type Known, readCandidates} from './plan/candidate.js'
import {Disjointness} from './plan/disjoint.js'
import {groupRules} from './plan/grouping.js'
import {findUnreachable, type Unreachable} from './plan/unreachable.js'
import type {Kept} from './optimize.js'
import type {Symbols} from './words/symbols.js'

export type RewriteKind = 'unreachable' | 'merge' | 'factor' | 'guard' | 'captures'

/** One thing that was done. */
export interface Rewrite {
  readonly kind: RewriteKind
  /** The rules it concerns, by place in `entries` and by line. */
  readonly entries: readonly number[]
  readonly lines: readonly number[]
  /** Of what can never answer: the rules that answer its keys. */
  readonly by?: readonly number[]
  readonly byLines?: readonly number[]
}

export interface RoundContext {
  readonly goal: Goal
  readonly symbols: Symbols
  readonly used: Used
  readonly leave: ReadonlySet<number>
}

export interface Round {
  readonly assembled: Assembled
  readonly rewrites: readonly Rewrite[]
  readonly kept: readonly Kept[]
}

/** Looks at the whole table once. */
export const round = (table: Table, context: RoundContext): Round => {
  const {symbols, used, leave} = context
  const known = new Map([...readCandidates(table, symbols)].map(([entry, one]) => [entry, left(one, leave.has(entry))]))
  const unreachable = findUnreachable(table, known, {symbols, stop: () => used(0.2)}).filter(({entry}) => !leave.has(entry))
  const removed = new Set(unreachable.map(({entry}) => entry))
  const disjoint = new Disjointness(symbols, () => used(0.3))
  const {groups, held} = groupRules(table, known, {without: removed, disjoint})
  const merges: Merge[] = []
  const reasons = new Map<number, KeptReason>()
  for (const {members} of groups) {
    const decision = decide(members, {...context, engine: table.engine, stop: () => used(0.45)})
    merges.push(...decision.merges)
    for (const [entry, reason] of decision.kept) reasons.set(entry, held.has(entry) ? 'order' : reason)
  }
  return {
    assembled: assemble(table, {merges, removed}),
    rewrites: [...unreachable.map(one => removal(table, one)), ...merges.map(one => joining(table, one))],
    kept: [...known].flatMap(([entry, {kept}]): Kept[] => {
      const reason = kept?.reason ?? reasons.get(entry)
      if (reason === undefined) return []
      return [{entry, line: table.entries[entry]!.line, reason, ...(kept?.detail !== undefined && {detail: kept.detail})}]
    }),
  }
}

const left = (known: Known, leave: boolean): Known =>
  leave ? {words: known.words, candidate: undefined, kept: {reason: 'differs'}} : known

const removal = (table: Table, {entry, by}: Unreachable): Rewrite => ({
  kind: 'unreachable',
  entries: [entry],
  lines: [table.entries[entry]!.line],
  by,
})

const joining = (table: Table, {members}: Merge): Rewrite => {
  const entries = members.map(({entry}) => entry)
  return {
    kind: members.length > 1 ? 'merge' : 'factor',
    entries,
    lines: entries.map(entry => table.entries[entry]!.line),
  }
}
