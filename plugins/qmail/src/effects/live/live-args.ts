// What the journal keeps of a live purge: all that undo and recovery need to find it again.
import type {BulkChange, JsonObject} from 'mailops/core'

import type {QueueLayout} from '../../queue/layout.js'

/** Name of the handler. */
export const LIVE = 'qmail.purge.live'

/** The arguments of a live purge in the journal. */
export interface LiveArgs {
  /** Resolved path. */
  readonly queue: string
  readonly layout: QueueLayout
  /** In the header of its trash. */
  readonly token: string
  /** False (--no-trash): nothing is kept, nothing can be taken back. */
  readonly keep: boolean
  /** True for --only-recipient: messages stay, some of their recipients are done. */
  readonly only: boolean
  /** True where the marks were made with qmail-send stopped, or stopped for it. */
  readonly offline: boolean
  /** True where qmail-send was allowed to be stopped: then undo may stop it too. */
  readonly stop: boolean
  /** What was chosen. */
  readonly messages: number
  readonly bytes: number
}

/** The change of a plan. */
export const liveChange = (args: LiveArgs, {summary, why = ''}: {summary: string; why?: string}): BulkChange => ({
  kind: 'bulk',
  handler: LIVE,
  direction: 'apply',
  args: args as unknown as JsonObject,
  undoable: args.keep,
  summary,
  why,
})

/** The arguments as the journal gives them back. */
export const liveArgs = (args: JsonObject): LiveArgs => args as unknown as LiveArgs
