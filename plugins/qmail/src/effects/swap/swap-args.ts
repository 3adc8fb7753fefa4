// What the journal keeps of a swap purge: all that undo and recovery need to find it again.
import type {BulkChange, JsonObject} from 'mailops/core'

import type {QueueLayout} from '../../queue/layout.js'

/** Name of the handler. */
export const SWAP = 'qmail.purge.swap'

/** The arguments of a swap purge in the journal. */
export interface SwapArgs {
  /** Resolved path. */
  readonly queue: string
  readonly layout: QueueLayout
  /** In the header of its trash. */
  readonly token: string
  /** False (--no-trash): the old directories are removed at once. */
  readonly keep: boolean
  /** True where qmail-send was allowed to be stopped: then undo may stop it too. */
  readonly stop: boolean
  /** What was counted before, for people. */
  readonly messages: number
  readonly bytes: number
}

/** The change of a plan. */
export const swapChange = (args: SwapArgs, {summary, why = ''}: {summary: string; why?: string}): BulkChange => ({
  kind: 'bulk',
  handler: SWAP,
  direction: 'apply',
  args: args as unknown as JsonObject,
  undoable: args.keep,
  summary,
  why,
})

/** The arguments as the journal gives them back. */
export const swapArgs = (args: JsonObject): SwapArgs => args as unknown as SwapArgs
