// Programs that a change runs: the journal knows each before it begins, so that one that outlives us is not worked beside.
import {setTimeout as sleep} from 'node:timers/promises'

import {OpsError} from '../errors.js'
import type {JsonObject} from '../plan.js'
import type {JournalRecord} from './journal-records.js'
import {isAlive, oneLine, type Identity} from './lock/identity.js'
import type {Argv, RunOptions} from './process.js'

interface Child extends Identity {
  /** Milliseconds since 1970 after which it would have been killed by whoever started it. */
  readonly until: number
  /** Its command line, for people. */
  readonly what: string
}

const POLL_MS = 100
// SIGKILL ends a process at once, unless it waits for a disk.
const KILLED_MS = 10_000

/**
 * Options for `run` that write the program into the journal before it begins.
 * @param note appends a synced record
 */
export const noted = (argv: Argv, timeoutMs: number, note: (note: JsonObject) => void): Pick<RunOptions, 'announce' | 'timeoutMs'> => ({
  timeoutMs,
  announce: ({pid, start}) => note({child: {pid, start, until: Date.now() + timeoutMs, what: oneLine(argv.join(' '))}}),
})

const childrenIn = (records: readonly JournalRecord[]): Child[] =>
  records.flatMap(record => {
    const child = record.type === 'note' ? record.note['child'] : undefined
    return child === undefined ? [] : [child as unknown as Child]
  })

const endGroup = ({pid, start}: Child): void => {
  // Where the system does not tell when a process began, its number may be another's by now.
  if (start === null) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended in this very moment.
  }
}

const gone = async (child: Child, until: number, signal: AbortSignal | undefined): Promise<boolean> => {
  while (isAlive(child)) {
    if (signal?.aborted === true) throw new OpsError('INTERRUPTED', `interrupted while ${child.what} was waited for`, {exit: 'interrupted', hint: 'mailops recover'})
    if (Date.now() >= until) return false
    await sleep(POLL_MS)
  }
  return true
}

/**
 * Waits until no program runs any more that a change began before it was cut off: what it does after recovery would undo
 * that. After the time that the program had been given it is killed with its process group.
 * @throws OpsError 75 `STILL_RUNS` when it cannot be ended
 */
export const childrenEnded = async (records: readonly JournalRecord[], {warn, signal}: {warn?: ((text: string) => void) | undefined; signal?: AbortSignal | undefined}): Promise<void> => {
  for (const child of childrenIn(records)) {
    if (!isAlive(child)) continue
    warn?.(`waiting for ${child.what} (process ${child.pid}), which the change that was cut off had begun`)
    if (await gone(child, child.until, signal)) continue
    endGroup(child)
    if (await gone(child, Date.now() + KILLED_MS, signal)) continue
    throw new OpsError('STILL_RUNS', `${child.what} (process ${child.pid}) still runs`, {exit: 'tryAgain', hint: `end it, then mailops recover: kill ${child.pid}`})
  }
}
