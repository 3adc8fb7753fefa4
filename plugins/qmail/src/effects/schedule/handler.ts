// The bulk handler of retry, hold, release and expire.
import {OpsError, plural} from 'mailops/core'
import type {BulkContext, BulkHandler, BulkResult} from 'mailops/effects'

import {recoverArgv} from '../live/recover-argv.js'
import {withQueueLock} from '../purge-offline/queue-lock.js'
import {openQueue, type OpenQueue} from '../reading/index.js'
import {applySchedule, type ScheduleLive} from './apply.js'
import {dropRecord, readRecord} from './record.js'
import {SCHEDULE, scheduleArgs, type ScheduleArgs} from './schedule-args.js'
import {revertTime} from './times.js'

const STOP_TIMEOUT_MS = 60_000

const putBack = (queue: OpenQueue, {token}: ScheduleArgs, {place}: BulkContext): BulkResult => {
  const changes = readRecord(place, token)
  const files = changes.filter(change => revertTime(queue, change)).length
  dropRecord(place, token)
  // A file that has gone, or has another time, was tried since: there is nothing to put back, now or later.
  return {result: {queue: queue.path, files, changedSince: changes.length - files}, complete: true}
}

const undo = async (args: ScheduleArgs, context: BulkContext): Promise<BulkResult> => {
  const queue = openQueue(args.queue)
  if (args.action === 'expire') return putBack(queue, args, context)
  const options = {stop: args.stop, timeoutMs: STOP_TIMEOUT_MS, recoverArgv: recoverArgv(context.journalId)}
  const {value, downtimeMs} = await withQueueLock(queue.path, options, context, async () => putBack(queue, args, context))
  return {...value, result: {...value.result, serviceDowntimeMs: downtimeMs}}
}

/**
 * The handler `qmail.schedule`.
 * @param live what the command knows; without it the handler can undo and recover, not apply
 */
export const scheduleHandler = (live?: ScheduleLive): BulkHandler => ({
  name: SCHEDULE,
  apply: async (change, context) => {
    if (live === undefined) throw new OpsError('NO_SELECTION', 'times are changed by mailops qmail retry, hold or release', {exit: 'bug'})
    return applySchedule(scheduleArgs(change.args), live, context)
  },
  undo: async (change, context) => undo(scheduleArgs(change.args), context),
  describeUndo: args => `put back the earlier times of ${plural(scheduleArgs(args).messages, 'message')}, where they were not tried since`,
  recover: async (change, context) => {
    const args = scheduleArgs(change.args)
    // In both directions: the earlier times. Where none was recorded none was changed.
    if (args.action !== 'alarm') putBack(openQueue(args.queue), args, context)
    return change.direction === 'apply' ? 'undone' : 'done'
  },
})
