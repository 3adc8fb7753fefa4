// What `estimate` says, as the document of --json.
import type {Holder} from '../configuration/holders.js'
import {copiesOf} from '../configuration/holders.js'
import {PCRE_UNTOUCHED_BYTES} from '../memory/pcre/estimate.js'
import type {EntryEstimate, TableEstimate} from '../memory/table-estimate.js'
import type {Entry, Table} from '../table/entry.js'

export interface Bytes {
  readonly cold: number
  readonly warm: number
}

/** One rule, if or endif with its share. */
export interface RuleCost extends Bytes {
  readonly line: number
  readonly kind: Entry['kind']
  /** False: only guessed, because the pattern is not analysed. */
  readonly exact: boolean
  readonly pattern: string
}

export interface EstimateDocument {
  readonly map: string
  readonly type: Table['engine']
  readonly rules: number
  readonly bytes: number
  /** Heap of one process above an empty table; `resident`: real memory after long use. */
  readonly memory: {
    readonly model: Bytes & {readonly resident: number; readonly exact: boolean}
    readonly measured: (Bytes & {readonly keys: number}) | null
    /** All daemons of the machine together, from `resident` or the measured warm figure. */
    readonly machine: {readonly copies: number; readonly bytes: number} | null
  }
  readonly daemons: readonly {
    readonly name: string
    readonly program: string
    readonly parameter: string
    readonly copies: number
    readonly processes: number
    readonly limit: number | null
    readonly running: number | null
  }[]
  /** The most expensive first. */
  readonly top: readonly RuleCost[]
}

export interface EstimateFacts {
  readonly map: string
  readonly table: Table
  readonly bytes: number
  readonly estimate: TableEstimate
  readonly measured: (Bytes & {readonly keys: number}) | null
  /** Undefined: no configuration is known. */
  readonly holders: readonly Holder[] | undefined
  readonly processes: number | undefined
  readonly top: number
}

/** Puts the document together. */
export const estimateDocument = (facts: EstimateFacts): EstimateDocument => {
  const {table, estimate, measured, holders = [], processes} = facts
  const resident = residentBytes(table, estimate)
  const copies = copiesOf(holders, processes)
  const known = facts.holders !== undefined || processes !== undefined
  return {
    map: facts.map,
    type: table.engine,
    rules: table.entries.filter(({kind}) => kind === 'rule').length,
    bytes: facts.bytes,
    memory: {
      model: {cold: estimate.cold, warm: estimate.warm, resident, exact: estimate.exact},
      measured,
      machine: known ? {copies, bytes: copies * (measured?.warm ?? resident)} : null,
    },
    daemons: holders.map(({service, program, parameters, copies: own, processes: count, limit, running}) => ({
      name: service,
      program,
      parameter: parameters.join(' '),
      copies: own,
      processes: count,
      limit: limit === Infinity ? null : limit,
      running: running ?? null,
    })),
    top: topRules(table, estimate.entries, facts.top),
  }
}

/** PCRE2's frames are taken whole and written to in part; what glibc takes it uses. */
export const residentBytes = (table: Table, estimate: TableEstimate): number => {
  if (table.engine === 'regexp') return estimate.warm
  const patterns = table.entries.filter(({kind}) => kind === 'rule' || kind === 'if').length
  return Math.max(0, estimate.warm - patterns * PCRE_UNTOUCHED_BYTES)
}

const topRules = (table: Table, entries: readonly EntryEstimate[], count: number): RuleCost[] =>
  entries
    .toSorted((a, b) => b.warm - a.warm || a.line - b.line)
    .slice(0, count)
    .map(({entry, line, cold, warm, exact}) => {
      const its = table.entries[entry]!
      const pattern = its.kind === 'rule' || its.kind === 'if' ? its.pattern.text : ''
      return {line, kind: its.kind, cold, warm, exact, pattern}
    })
