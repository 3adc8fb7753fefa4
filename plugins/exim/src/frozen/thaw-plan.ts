// The plan that thaws messages and has them delivered, by Exim's own options.
import type {Plan, RunChange} from 'mailops/core'

/** So many ids go on one command line. */
const BATCH = 100
/** Milliseconds; -M delivers one message after the other while it is waited for. */
const THAW_MS = 5 * 60_000
const DELIVER_MS = 60 * 60_000

const batches = (ids: readonly string[]): string[][] =>
  Array.from({length: Math.ceil(ids.length / BATCH)}, (_, n) => ids.slice(n * BATCH, (n + 1) * BATCH))

/** What a thaw is about. */
export interface ThawRequest {
  /** Exim and what names its configuration. */
  readonly argv: readonly [string, ...string[]]
  readonly ids: readonly string[]
  readonly spool: string
  readonly deliver: boolean
}

/** All are thawed (undone by freezing them again) before the first is delivered. */
export const thawPlan = ({argv, ids, spool, deliver}: ThawRequest): Plan => {
  const call = (option: string, some: readonly string[]): readonly [string, ...string[]] => [...argv, option, ...some]
  const thaws = batches(ids).map((some): RunChange => ({kind: 'run', argv: call('-Mt', some), undo: call('-Mf', some), timeoutMs: THAW_MS, why: 'thaw'}))
  const deliveries = batches(ids).map((some): RunChange => ({kind: 'run', argv: call('-M', some), timeoutMs: DELIVER_MS, why: 'deliver'}))
  return {subject: 'exim thaw', resource: spool, changes: [...thaws, ...(deliver ? deliveries : [])]}
}
