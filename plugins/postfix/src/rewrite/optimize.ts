// Makes a table smaller without changing one answer: remove, join, guard, again until nothing more is gained.
import type {Table} from '../table/entry.js'
import {parseTable} from '../table/parse.js'
import {type Used, UNLIMITED} from './allowance.js'
import {type Goal} from './merge/decide.js'
import {withDoubts} from './doubt.js'
import {guardTable} from './guard/guard.js'
import type {KeptReason} from './plan/candidate.js'
import {type Rewrite, round} from './round.js'
import {Symbols} from './words/symbols.js'

export type {Goal} from './merge/decide.js'
export type {Rewrite} from './round.js'

export interface OptimizeOptions {
  readonly goal?: Goal
  /** Says how much of the time is gone; nothing new is begun once half of it is. */
  readonly used?: Used
  /** Rules of the table that are to stay as they are, by their place in `entries`. */
  readonly leave?: ReadonlySet<number>
  /** As it was given to parseTable. */
  readonly forbidSubstitution?: boolean
}

/** A rule that stays as it is. */
export interface Kept {
  readonly entry: number
  readonly line: number
  readonly reason: KeptReason
  readonly detail?: string
}

export interface Optimized {
  /** The new table: latin1 text, and read. */
  readonly text: string
  readonly table: Table
  /** What was done, in the order of doing; entries and lines are those of the original. */
  readonly rewrites: readonly Rewrite[]
  readonly kept: readonly Kept[]
  /** For each rule of the new table, in order, the entries of the original it stands for. */
  readonly origins: readonly (readonly number[])[]
  /** Each table on the way, from the original to the last, to be proven step by step. */
  readonly steps: readonly Step[]
}

/** One table became another: `origins` as in Optimized, in entries of the table before. */
export interface Step {
  readonly before: Table
  readonly after: Table
  readonly origins: readonly (readonly number[])[]
  readonly rewrites: readonly Rewrite[]
}

const ROUNDS = 6

/** Rewrites a table. Pure and deterministic, but for `used`, which may end it early. */
export const optimizeTable = (whole: Table, options: OptimizeOptions = {}): Optimized => {
  const table = withDoubts(whole)
  const {goal = 'balanced', used = UNLIMITED, leave = new Set<number>()} = options
  
  const {forbidSubstitution = false} = options
  const read = (text: string): Table => withDoubts(parseTable(text, {engine: table.engine, forbidSubstitution}))
  const work = new Work(table)
  for (let n = 0; n < ROUNDS && !used(0.5); n++) {
    // Symbols of its own each time, so that a later run of the command sees what this round sees.
    const context = {goal, symbols: new Symbols(), used}
    const {assembled, rewrites, kept} = round(work.table, {...context, leave: work.placesOf(leave)})
    if (n === 0) work.kept = kept
    if (rewrites.length > 0) work.step(assembled, rewrites, read)
    const guarded = goal === 'memory' ? undefined : guardTable(work.table, {...context, leave: work.placesOf(leave)})
    if (guarded !== undefined) work.step(guarded.assembled, guarded.rewrites, read)
    if (rewrites.length === 0 && guarded === undefined) break
  }
  return work.finish()
}

class Work {
  table: Table
  kept: readonly Kept[] = []
  private readonly original: Table
  private readonly steps: Step[] = []
  private readonly rewrites: Rewrite[] = []
  private origins: readonly (readonly number[])[]

  constructor(table: Table) {
    this.original = table
    this.table = table
    this.origins = ruleEntries(table).map(entry => [entry])
  }

  step(
    assembled: {text: string; origins: readonly (readonly number[])[]},
    rewrites: readonly Rewrite[],
    read: (text: string) => Table,
  ): void {
    const before = this.table
    const after = read(assembled.text)
    this.steps.push({before, after, origins: assembled.origins, rewrites})
    const originOf = new Map(ruleEntries(before).map((entry, n) => [entry, this.origins[n]!]))
    const original = (entries: readonly number[]): number[] =>
      [...new Set(entries.flatMap(entry => originOf.get(entry) ?? []))].toSorted((a, b) => a - b)
    for (const rewrite of rewrites) {
      const entries = original(rewrite.entries)
      const by = rewrite.by === undefined ? undefined : original(rewrite.by)
      this.rewrites.push({
        kind: rewrite.kind,
        entries,
        lines: entries.map(entry => this.original.entries[entry]!.line),
        ...(by !== undefined && {by, byLines: by.map(entry => this.original.entries[entry]!.line)}),
      })
    }
    this.origins = assembled.origins.map(original)
    this.table = after
  }

  /** Where entries of the original are now, as far as they stand alone. */
  placesOf(entries: ReadonlySet<number>): ReadonlySet<number> {
    if (entries.size === 0) return entries
    const rules = ruleEntries(this.table)
    return new Set(rules.filter((_, n) => this.origins[n]!.some(entry => entries.has(entry))))
  }

  finish(): Optimized {
    const touched = new Set(this.rewrites.filter(({kind}) => kind !== 'guard').flatMap(({entries}) => entries))
    return {
      text: this.table.entries.map(({source}) => source).join(''),
      table: this.table,
      rewrites: this.rewrites,
      kept: this.kept.filter(({entry}) => !touched.has(entry)),
      origins: this.origins,
      steps: this.steps,
    }
  }
}

/** Places of the rules of a table in its entries. */
export const ruleEntries = (table: Table): number[] =>
  table.entries.flatMap((entry, at) => (entry.kind === 'rule' ? [at] : []))
