// Memory before and after, in one process and on the machine.
import type {Holder} from '../configuration/holders.js'
import {copiesOf} from '../configuration/holders.js'
import {residentBytes} from '../estimate/document.js'
import {estimateTable, type TableEstimate} from '../memory/table-estimate.js'
import type {Table} from '../table/entry.js'

/** Heap bytes of one process above an empty map. */
export interface BeforeAfter {
  readonly coldBefore: number
  readonly coldAfter: number
  readonly warmBefore: number
  readonly warmAfter: number
}

export interface MemoryReport {
  readonly model: BeforeAfter
  readonly measured: (BeforeAfter & {readonly keys: number}) | null
  readonly daemons: readonly {readonly name: string; readonly parameter: string; readonly processes: number}[]
  /** From the warm figures; `machine` is null where nobody knows how many processes there are. */
  readonly saved: {readonly perProcess: number; readonly machine: number | null}
}

export interface MemoryFacts {
  readonly before: Table
  readonly after: Table
  readonly measured: readonly {readonly cold: number; readonly warm: number; readonly keys: number}[]
  readonly holders: readonly Holder[] | undefined
  readonly processes: number | undefined
  /** True when no more time is to be spent on the model: what is left is guessed. */
  readonly stop?: (() => boolean) | undefined
}

/** Reckons with the measured figures where there are some, else with the model's resident bytes. */
export const memoryReport = ({before, after, measured, holders, processes, stop}: MemoryFacts): MemoryReport => {
  const [old, now] = [sampled(before, stop), sampled(after, stop)]
  const [real, realNow] = measured
  const saved =
    real !== undefined && realNow !== undefined
      ? real.warm - realNow.warm
      : residentBytes(before, old) - residentBytes(after, now)
  const known = holders !== undefined || processes !== undefined
  return {
    model: {coldBefore: old.cold, coldAfter: now.cold, warmBefore: old.warm, warmAfter: now.warm},
    measured:
      real === undefined || realNow === undefined
        ? null
        : {coldBefore: real.cold, coldAfter: realNow.cold, warmBefore: real.warm, warmAfter: realNow.warm, keys: real.keys},
    daemons: (holders ?? []).map(({service, parameters, processes: count}) => ({
      name: service,
      parameter: parameters.join(' '),
      processes: count,
    })),
    saved: {perProcess: saved, machine: known ? saved * copiesOf(holders ?? [], processes) : null},
  }
}

const SAMPLE = 2_000

/** Of a big table every n-th rule is followed, and the sum scaled: following all would take longer than rewriting them. */
const sampled = (table: Table, stop: () => boolean = () => false): TableEstimate => {
  const rules = table.entries.filter(({kind}) => kind === 'rule').length
  if (rules <= 2 * SAMPLE) return estimateTable(table, {stop})
  const step = Math.ceil(rules / SAMPLE)
  let n = 0
  const entries = table.entries.filter(({kind}) => kind !== 'rule' || n++ % step === 0)
  const estimate = estimateTable({...table, entries}, {stop})
  return {...estimate, cold: Math.round(estimate.cold * step), warm: Math.round(estimate.warm * step), exact: false}
}
