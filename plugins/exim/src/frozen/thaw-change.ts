// The change that thaws messages and has them delivered, by Exim's own options.
import {plural, type BulkChange, type JsonObject, type Plan} from 'mailops/core'

/** The name under which thaws stand in the journal. */
export const THAW = 'exim.thaw'

/** What a plan says of it; a type, not an interface, so that it is a JsonObject. */
export type ThawArgs = {
  /** Exim, and what names its configuration. */
  readonly argv: readonly string[]
  readonly ids: readonly string[]
  /** Also have them delivered: that cannot be taken back. */
  readonly deliver: boolean
}

/** The arguments of a change of ours. */
export const thawArgs = (args: JsonObject): ThawArgs => args as ThawArgs

/** The plan of a thaw; `spool` is what two of them must not be at work in together. */
export const thawPlan = (args: ThawArgs, spool: string): Plan => {
  const {argv, ids, deliver} = args
  const change: BulkChange = {
    kind: 'bulk',
    handler: THAW,
    direction: 'apply',
    args,
    undoable: !deliver,
    summary: `thaw ${plural(ids.length, 'message')}${deliver ? ' and have them delivered' : ''}`,
    why: `${argv.join(' ')} -Mt${deliver ? ', then -M' : ''}`,
  }
  return {subject: 'exim thaw', resource: spool, changes: [change]}
}
