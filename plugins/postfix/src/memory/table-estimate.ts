// What a whole table costs a process that has it open, rule by rule.
import type {Entry, Rule, Table} from '../table/entry.js'
import type {PatternUse} from '../table/pattern-use.js'
import {writeResult} from '../table/result.js'
import {mymallocBytes} from './heap.js'
import {type CompileLimits, COMPILE_LIMITS} from './glibc/compiled.js'
import {estimatePattern, type PatternEstimate} from './pattern-estimate.js'

/** One rule or if. */
export interface EntryEstimate extends PatternEstimate {
  /** Place in the table's entries. */
  readonly entry: number
  readonly line: number
}

/** Heap bytes of one process above the same process with an empty table. */
export interface TableEstimate {
  readonly cold: number
  readonly warm: number
  /** False when some rule could only be guessed. */
  readonly exact: boolean
  /** Rules, ifs and endifs in the order of the table. */
  readonly entries: readonly EntryEstimate[]
}

export interface EstimateOptions {
  readonly limits?: CompileLimits
  /** Asked before each rule; true ends the work, and the rest is guessed. The place for a clock. */
  readonly stop?: () => boolean
}

// dict_regexp.c, dict_pcre.c: the structs for a rule, an if, an endif.
const RULE_BYTES = 56
const IF_BYTES = 40
const ENDIF_BYTES = 16

/** Estimates a table. Rules that Postfix skips are no entries of it and cost nothing. */
export const estimateTable = (table: Table, options: EstimateOptions = {}): TableEstimate => {
  const limits = {...(options.limits ?? COMPILE_LIMITS), stop: options.stop}
  const known = {cold: 0, warm: 0, bytes: 0}
  let late = 0
  const entries = table.entries.flatMap((entry, at): EntryEstimate[] => {
    const isLate = options.stop?.() === true
    const bytes = patternBytes(entry)
    const estimate =
      isLate && bytes > 0 && known.bytes > 0 && ++late > FEW_LATE
        ? {cold: Math.round((known.cold / known.bytes) * bytes), warm: Math.round((known.warm / known.bytes) * bytes), exact: false}
        : estimateEntry(entry, {limits: isLate ? HURRIED : limits, guarded: isGuarded(table, entry)})
    if (estimate === undefined) return []
    known.cold += estimate.cold
    known.warm += estimate.warm
    known.bytes += bytes
    return [{entry: at, line: entry.line, ...estimate}]
  })
  const sum = (of: 'cold' | 'warm'): number => entries.reduce((total, entry) => total + entry[of], 0)
  return {cold: sum('cold'), warm: sum('warm'), exact: entries.every(({exact}) => exact), entries}
}

/** So many rules get a quick look when time is up; those after them are taken to cost what the others did for their length. */
const FEW_LATE = 500

const patternBytes = (entry: Entry): number =>
  (entry.kind === 'rule' ? (entry.second?.text.length ?? 0) : 0) + (entry.kind === 'rule' || entry.kind === 'if' ? entry.pattern.text.length : 0)

/** Limits that give up at once. */
const HURRIED: CompileLimits = {nodes: 2_000, members: 20_000, states: 500, work: 200_000, stop: () => true}

/** A key that hardly anything matches passes ifs that ask for a pattern not to match, and no others. */
const isGuarded = ({entries}: Table, entry: Entry): boolean =>
  (entry.kind === 'rule' || entry.kind === 'if') &&
  entry.guards.some(guard => {
    // Of a part of a table, the guard may not be there.
    const around = entries[guard]
    return around?.kind === 'if' && !around.pattern.negated
  })

export interface EntryOptions {
  readonly limits?: CompileLimits
  /** Some if around it keeps keys away that hardly anything matches. */
  readonly guarded?: boolean
}

/** Heap of one entry; undefined for what Postfix does not keep. */
export const estimateEntry = (
  entry: Entry,
  {limits = COMPILE_LIMITS, guarded = false}: EntryOptions = {},
): PatternEstimate | undefined => {
  switch (entry.kind) {
    case 'rule':
      return estimateRule(entry, {guarded, limits})
    case 'if':
      return plus(mymallocBytes(IF_BYTES), [estimatePattern(entry.pattern, {captures: true, asksGroups: false, guarded}, limits)])
    case 'endif':
      return {cold: mymallocBytes(ENDIF_BYTES), warm: mymallocBytes(ENDIF_BYTES), exact: true}
    default:
      return undefined
  }
}

const estimateRule = (
  {pattern: first, second, result}: Rule,
  context: {guarded: boolean; limits: CompileLimits},
): PatternEstimate => {
  const patterns = [pattern(first, result.kind === 'template', context)]
  if (second !== undefined) patterns.push(pattern(second, false, context))
  return plus(mymallocBytes(RULE_BYTES) + mymallocBytes(writeResult(result).length + 1), patterns)
}

const pattern = (
  use: PatternUse,
  captures: boolean,
  {guarded, limits}: {guarded: boolean; limits: CompileLimits},
): PatternEstimate => estimatePattern(use, {captures, guarded}, limits)

const plus = (bytes: number, parts: readonly PatternEstimate[]): PatternEstimate => ({
  cold: parts.reduce((sum, part) => sum + part.cold, bytes),
  warm: parts.reduce((sum, part) => sum + part.warm, bytes),
  exact: parts.every(part => part.exact),
})
