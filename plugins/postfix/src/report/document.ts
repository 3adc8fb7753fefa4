// What optimize-regexp tells, as the document of --json.
import type {Finding} from '../table/finding.js'
import type {Optimized, Rewrite} from '../rewrite/optimize.js'
import type {Table} from '../table/entry.js'
import type {MemoryReport} from './memory.js'

/** How it is known that no answer changes. */
export interface ProofReport {
  readonly verdict: 'proven' | 'unchanged'
  readonly method: 'whole-table' | 'per-rewrite' | null
  readonly states: number
  /** Null where no postmap(1) was asked. */
  readonly postmap: {readonly keys: number; readonly differences: number; readonly notReached: readonly number[]} | null
  /** What was left out because it could not be shown to be right. */
  readonly doubts: readonly string[]
}

export interface OptimizeDocument {
  readonly map: string
  readonly type: Table['engine']
  readonly rules: {readonly before: number; readonly after: number}
  readonly memory: MemoryReport
  readonly proof: ProofReport
  readonly rewrites: readonly {readonly lines: readonly number[]; readonly kind: Rewrite['kind']; readonly by?: readonly number[]}[]
  readonly kept: readonly {readonly line: number; readonly reason: string; readonly detail?: string}[]
  readonly findings: readonly {
    readonly code: string
    readonly file: string
    readonly line: number
    readonly message: string
    readonly consequence: string
  }[]
  readonly hints: readonly string[]
  readonly output: {readonly path: string} | {readonly text: string} | null
}

/** How many rules a table has, ifs and what is skipped aside. */
export const ruleCount = (table: Table): number => table.entries.filter(({kind}) => kind === 'rule').length

/** What was rewritten, as a member of the document. */
export const rewritesOf = ({rewrites}: Optimized): OptimizeDocument['rewrites'] =>
  rewrites.map(({kind, lines, byLines}) => ({lines, kind, ...(byLines !== undefined && {by: byLines})}))

/** Rules that stayed, and why. */
export const keptOf = ({kept}: Optimized): OptimizeDocument['kept'] =>
  kept.map(({line, reason, detail}) => ({line, reason, ...(detail !== undefined && {detail})}))

/** What Postfix would warn about. */
export const findingsOf = (findings: readonly Finding[], file: string): OptimizeDocument['findings'] =>
  findings.map(({code, line, message, consequence}) => ({code, file, line, message, consequence}))
