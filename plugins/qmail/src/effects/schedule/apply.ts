// Applies a change of times: under the queue's lock where qmail-send would overwrite it, else while it runs.
import {setImmediate} from 'node:timers/promises'

import {OpsError} from 'mailops/core'
import type {BulkContext, BulkResult} from 'mailops/effects'

import {PRESENCE} from '../../message/presence.js'
import {Skips, VANISHED, BEING_INJECTED} from '../../purge/outcome.js'
import {expiredBirth} from '../../schedule/expire.js'
import {HELD_UNTIL_SECONDS, isHeld} from '../../schedule/hold.js'
import {recoverArgv} from '../live/recover-argv.js'
import {sendAlarm} from '../live/sending.js'
import {withQueueLock, type StopOptions} from '../purge-offline/queue-lock.js'
import {lookUp, type OpenQueue, type Snapshot} from '../reading/index.js'
import {fileKey} from './earlier.js'
import {dropRecord, writeRecord, type TimeChange} from './record.js'
import type {ScheduleArgs} from './schedule-args.js'
import {applyTime, changesOf, isSame} from './times.js'

/** What only the command knows. */
export interface ScheduleLive {
  readonly queue: OpenQueue
  /** The messages; absent for `alarm`. */
  readonly snapshot?: Snapshot | undefined
  /** False for a chosen message that is left as it is. */
  readonly takes?: ((index: number) => boolean) | undefined
  readonly stop: StopOptions
  /** Seconds since the epoch. */
  readonly now: number
  /** control/queuelifetime in seconds, for `expire`. */
  readonly lifetime: number
  /** For `expire`: send ALRM afterwards, so that the last attempt is now. */
  readonly flush?: boolean | undefined
  /** For `release`: the times that holding has recorded, by fileKey, in seconds; else they are due now. */
  readonly earlier?: ReadonlyMap<string, number> | undefined
}

/** Why a message got no time. */
export const NOT_PREPROCESSED = 'is still in todo, it has no time yet'
const STRIDE = 512

/** The time that a file is to get; null to leave it alone. */
const timeFor = ({action}: ScheduleArgs, {now, lifetime, earlier}: ScheduleLive) => (file: Pick<TimeChange, 'path' | 'ino'>, mtimeMs: number): number | null => {
  switch (action) {
    case 'hold':
      return HELD_UNTIL_SECONDS
    case 'release':
      return isHeld(mtimeMs) ? (earlier?.get(fileKey(file)) ?? now) : null
    case 'expire':
      return expiredBirth({now, lifetime})
    case 'retry':
    case 'alarm':
      return now
  }
}

interface Planned {
  readonly changes: TimeChange[]
  /** Messages of which a time changes. */
  readonly messages: number
}

const planTimes = async (args: ScheduleArgs, live: ScheduleLive, skips: Skips, signal: AbortSignal): Promise<Planned> => {
  const {queue, snapshot, takes} = live
  const parts = args.action === 'expire' ? ['info'] : queue.layout.channels
  const changes: TimeChange[] = []
  let messages = 0
  for (let i = 0; snapshot !== undefined && i < snapshot.length && !signal.aborted; i++) {
    if (i % STRIDE === STRIDE - 1) await setImmediate()
    if (takes?.(i) === false) continue
    const message = snapshot.at(i)
    const reason = unfitness(queue, message)
    if (reason !== null) {
      skips.add(String(message.number), reason)
      continue
    }
    const some = changesOf(queue, message, parts, timeFor(args, live))
    if (some.length > 0) messages++
    changes.push(...some)
  }
  return {changes, messages}
}

const unfitness = (queue: OpenQueue, message: ReturnType<Snapshot['at']>): string | null => {
  if (!isSame(queue, message)) return VANISHED
  const presence = lookUp(queue, message.number)
  if ((presence & PRESENCE.todo) !== 0) return NOT_PREPROCESSED
  return (presence & PRESENCE.info) === 0 ? BEING_INJECTED : null
}

const changeTimes = async (args: ScheduleArgs, live: ScheduleLive, context: BulkContext): Promise<BulkResult> => {
  const skips = new Skips()
  const {changes, messages} = await planTimes(args, live, skips, context.signal)
  // Half of a choice is nothing that anybody asked for; once the setting has begun it takes a moment, and is ended.
  if (context.signal.aborted) throw new OpsError('INTERRUPTED', 'interrupted; nothing was changed', {exit: 'interrupted'})
  writeRecord(context.place, args.token, changes)
  // Between looking and setting nobody but qmail-send changes them, and under the lock it does not run.
  let set = 0
  for (const [index, change] of changes.entries()) {
    if (applyTime(live.queue, change)) set++
    if (index % STRIDE === STRIDE - 1) {
      context.progress(index, changes.length)
      await setImmediate()
    }
  }
  if (changes.length === 0) dropRecord(context.place, args.token)
  return {
    result: {queue: args.queue, action: args.action, selected: args.messages, messages, files: set, ...skips.json()},
    complete: !skips.failed,
  }
}

/** Applies a change of times. */
export const applySchedule = async (args: ScheduleArgs, live: ScheduleLive, context: BulkContext): Promise<BulkResult> => {
  const {queue} = live
  if (args.action === 'alarm') {
    await sendAlarm(queue.path, context.place)
    return {result: {queue: queue.path, action: 'alarm', selected: args.messages, serviceDowntimeMs: 0}, complete: true}
  }
  // qmail-send reads info's time at each pass, but the times of channel files only at its start; at its end it writes them.
  if (args.action === 'expire' && !live.stop.stop) {
    const changed = await changeTimes(args, live, context)
    if (live.flush === true) await sendAlarm(queue.path, context.place)
    return {...changed, result: {...changed.result, serviceDowntimeMs: 0, flushed: live.flush === true}}
  }
  const stop = {...live.stop, recoverArgv: recoverArgv(context.journalId)}
  const {value, downtimeMs} = await withQueueLock(queue.path, stop, context, () => changeTimes(args, live, context))
  return {...value, result: {...value.result, serviceDowntimeMs: downtimeMs}}
}
