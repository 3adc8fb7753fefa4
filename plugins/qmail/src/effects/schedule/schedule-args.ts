// What the journal keeps of a change of times: all that undo and recovery need.
import type {BulkChange, JsonObject} from 'mailops/core'

import {actionText, type Action} from '../../schedule/action.js'

/** Name of the handler. */
export const SCHEDULE = 'qmail.schedule'

/** The arguments of a change of times in the journal. */
export interface ScheduleArgs {
  readonly action: Action
  /** Resolved path. */
  readonly queue: string
  /** Names the record of the earlier times. */
  readonly token: string
  readonly messages: number
  /** True where qmail-send was allowed to be stopped: then undo may stop it too. */
  readonly stop: boolean
}

/** The change of a plan. */
export const scheduleChange = (args: ScheduleArgs, why = ''): BulkChange => ({
  kind: 'bulk',
  handler: SCHEDULE,
  direction: 'apply',
  args: args as unknown as JsonObject,
  undoable: args.action !== 'alarm',
  summary: actionText(args.action, args.messages, args.queue),
  why,
})

/** The arguments as the journal gives them back. */
export const scheduleArgs = (args: JsonObject): ScheduleArgs => args as unknown as ScheduleArgs
