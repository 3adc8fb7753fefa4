// What was known of time and hosts before a change: the times that holding put aside, the queue's lifetime, dead hosts.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {fromSystem} from 'mailops/core'
import {listJournals, type StatePlace} from 'mailops/effects'

import {DEFAULT_QUEUE_LIFETIME} from '../../message/retry-time.js'
import {controlNumber} from '../../queue/control-file.js'
import {HELD_UNTIL_SECONDS} from '../../schedule/hold.js'
import {deadHosts, type DeadHost} from '../../schedule/tcpto.js'
import type {OpenQueue} from '../reading/index.js'
import {readRecord, type TimeChange} from './record.js'
import {SCHEDULE, scheduleArgs} from './schedule-args.js'

/** Names a file that has a time: its path below the queue and its inode. */
export const fileKey = ({path, ino}: Pick<TimeChange, 'path' | 'ino'>): string => `${path} ${ino}`

/** The times, in seconds, that files of a queue had before they were put on hold, by `fileKey`; the last hold counts. */
export const timesBeforeHold = (place: StatePlace, queue: string): Map<string, number> => {
  const times = new Map<string, number>()
  for (const {plan} of listJournals(place).entries) {
    const [change] = plan.changes
    if (plan.resource !== queue || change?.['handler'] !== SCHEDULE) continue
    const {action, token} = scheduleArgs(change['args'] as never)
    if (action !== 'hold') continue
    for (const record of readRecord(place, token)) {
      const seconds = Number(BigInt(record.from) / 1_000_000_000n)
      if (seconds !== HELD_UNTIL_SECONDS) times.set(fileKey(record), seconds)
    }
  }
  return times
}

const bytesOf = (path: string): Buffer | undefined => {
  try {
    return fs.readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined // absent is a legal answer for both
    throw fromSystem(error, 'read', path)
  }
}

/** control/queuelifetime of a queue in seconds, or its default (qmail-send(8)). */
export const queueLifetime = ({control}: OpenQueue): number => {
  const bytes = control === undefined ? undefined : bytesOf(join(control, 'queuelifetime'))
  return (bytes && controlNumber(bytes)) ?? DEFAULT_QUEUE_LIFETIME
}

/** Hosts in lock/tcpto that attempts pass over for now. */
export const deadHostsOf = ({path}: OpenQueue, now: number): DeadHost[] => deadHosts(bytesOf(join(path, 'lock/tcpto')) ?? Buffer.alloc(0), now)
