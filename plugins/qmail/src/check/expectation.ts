// Who owns what in a queue and with which mode, as qmail's installer (hier.c) and its programs make it.
import type {QueueLayout} from '../queue/layout.js'
import type {Owned} from './finding.js'

/** Owners told from the queue itself, never from the user database: builds differ in the names. */
export interface QueueOwners {
  /** qmailq: of queue/mess. */
  readonly queueUid: number
  /** qmails: of queue/info. */
  readonly sendUid: number
  /** qmail: of queue/mess. */
  readonly gid: number
}

/** What a path should be; an undefined member may be anything. */
export interface Expectation {
  readonly mode: number
  readonly uid: number | undefined
  readonly gid: number | undefined
  /** Builds give the group more than 1.03 does; directories only. */
  readonly groupMayMore: boolean
}

const OF_QUEUE = new Set(['', 'pid', 'mess', 'intd', 'todo', 'lock'])
const MODE_750 = new Set(['', 'mess', 'todo', 'lock'])

const top = (path: string): string => path.split('/', 1)[0] ?? ''

/** Takes the path of a directory below the queue ('' is the queue) and returns what it should be. */
export const expectedDirectory = (path: string, owners: QueueOwners): Expectation => {
  const name = top(path)
  return {
    mode: MODE_750.has(name) ? 0o750 : 0o700,
    uid: OF_QUEUE.has(name) ? owners.queueUid : owners.sendUid,
    gid: owners.gid,
    groupMayMore: true,
  }
}

/** Takes mess, intd, todo, info, bounce, pid or a channel and returns what a file of it should be. */
export const expectedFile = (part: string, owners: QueueOwners): Expectation => {
  // The group of what qmail-queue writes is that of whoever injected.
  if (part === 'mess' || part === 'intd' || part === 'todo' || part === 'pid')
    return {mode: 0o644, uid: owners.queueUid, gid: undefined, groupMayMore: false}
  return {mode: 0o600, uid: owners.sendUid, gid: owners.gid, groupMayMore: false}
}

/** Takes sendmutex, trigger or tcpto and returns what it should be; qmailr, tcpto's owner, owns nothing else here. */
export const expectedLock = (name: 'sendmutex' | 'trigger' | 'tcpto', owners: QueueOwners): Expectation => {
  if (name === 'tcpto') return {mode: 0o644, uid: undefined, gid: undefined, groupMayMore: false}
  const mode = name === 'trigger' ? 0o622 : 0o600
  return {mode, uid: owners.sendUid, gid: owners.gid, groupMayMore: false}
}

/** True when the mode is as expected. */
export const modeFits = ({mode}: Pick<Owned, 'mode'>, expected: Expectation): boolean => {
  if (!expected.groupMayMore) return mode === expected.mode
  const mayHave = expected.mode | 0o2070
  return (mode & expected.mode) === expected.mode && (mode & ~mayHave) === 0
}

/** True when owner and group are as expected. */
export const ownerFits = ({uid, gid}: Owned, expected: Expectation): boolean =>
  (expected.uid === undefined || uid === expected.uid) && (expected.gid === undefined || gid === expected.gid)

/** Returns owner and mode as they should be, keeping what may be anything; `found` is what there is, if it exists. */
export const mended = (expected: Expectation, found: Owned): Owned => ({
  mode: modeFits(found, expected) ? found.mode : expected.mode,
  uid: expected.uid ?? found.uid,
  gid: expected.gid ?? found.gid,
})

/** Directories of the queue that must exist, '' first, each after its parent. */
export const directoriesOfQueue = (layout: QueueLayout): string[] => {
  const split = ['mess', 'info', ...layout.channels, ...(layout.bigTodo ? ['todo', 'intd'] : [])]
  const flat = ['', 'pid', 'lock', 'bounce', ...(layout.bigTodo ? [] : ['todo', 'intd'])]
  const below = (name: string): string[] => Array.from({length: layout.split}, (_, i) => `${name}/${i}`)
  return [...flat, ...split.flatMap(name => [name, ...below(name)])]
}
