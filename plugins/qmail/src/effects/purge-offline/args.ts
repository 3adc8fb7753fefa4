// What the journal keeps of an offline purge: all that undo and recovery need to find it again.
import type {BulkChange, JsonObject} from 'mailops/core'

import type {Selection} from '../../selection/selection.js'

/** Name of the handler. */
export const OFFLINE = 'qmail.purge.offline'

/** The arguments of an offline purge in the journal. */
export interface OfflineArgs {
  /** Resolved path. */
  readonly queue: string
  /** Where the control files were; restoring under a running qmail-send needs them. */
  readonly control?: string | undefined
  /** In the header of its trash. */
  readonly token: string
  /** False (--no-trash): removed for good. */
  readonly keep: boolean
  /** What was chosen. */
  readonly messages: number
  readonly bytes: number
  /** Of an undo: only these of the trash. */
  readonly selection?: Selection | undefined
}

/** The change of a plan. */
export const offlineChange = (args: OfflineArgs, {summary, why = ''}: {summary: string; why?: string}): BulkChange => ({
  kind: 'bulk',
  handler: OFFLINE,
  direction: 'apply',
  args: args as unknown as JsonObject,
  undoable: args.keep,
  summary,
  why,
})

/** The arguments as the journal gives them back. */
export const offlineArgs = (args: JsonObject): OfflineArgs => args as unknown as OfflineArgs
