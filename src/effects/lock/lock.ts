// Takes a lock by this platform's means, waits for one, and says who has it.
import {platform} from 'node:process'
import {setTimeout as delay} from 'node:timers/promises'
import {OpsError} from '../../errors.js'
import {flockBackend} from './flock.js'
import {lockFileBackend} from './lock-file.js'
import {lockfBackend} from './lockf.js'
import {leaveNote, readNote} from './note.js'
import type {Holder, Lock, LockBackend, LockOptions} from './types.js'

const POLL_MS = 100

const backendOf = ({backend}: LockOptions): LockBackend => {
  if (backend !== undefined) return backend
  if (platform === 'win32') return lockFileBackend
  return platform === 'freebsd' ? lockfBackend : flockBackend
}

/**
 * Takes the exclusive lock on a file or directory without waiting; null when another has it, this process included.
 * Never follows a symbolic link, needs no free byte on the disk unless `create` has to create.
 */
export const tryLock = async (path: string, options: LockOptions = {}): Promise<Lock | null> => {
  const lock = await backendOf(options).tryLock(path, options)
  if (lock === null || options.notesDir === undefined) return lock
  const takeNoteAway = leaveNote(options.notesDir, path)
  return {
    path,
    held: () => lock.held(),
    release: async () => {
      // Before the lock: afterwards it could be the next holder's note.
      if (lock.held()) takeNoteAway()
      await lock.release()
    },
  }
}

/** Who holds the lock on a path; null when nobody does, or when this machine does not tell. */
export const holder = async (path: string, options: LockOptions = {}): Promise<Holder | null> => {
  const seen = await backendOf(options).holder(path, options)
  const noted = options.notesDir === undefined ? null : readNote(options.notesDir, path)
  return seen === null || seen.pid === noted?.pid ? noted ?? seen : seen
}

/** The error for a lock that another has (75): it says who. */
export const busy = (path: string, who: Holder | null): OpsError => {
  const since = who?.since === undefined ? '' : `, since ${who.since}`
  const by = who === null ? 'another process' : `${who.command} (pid ${who.pid}${since})`
  return new OpsError('LOCKED', `${path} is in use by ${by}`, {
    exit: 'tryAgain',
    hint: who === null ? 'run it again when that has finished' : `wait until pid ${who.pid} has finished, then run it again`,
  })
}

/** Takes the lock, waiting at most `waitMs` (0 unless told); after that an OpsError (75) that says who holds it. */
export const acquire = async (path: string, options: LockOptions & {waitMs?: number} = {}): Promise<Lock> => {
  const until = performance.now() + (options.waitMs ?? 0)
  for (;;) {
    const lock = await tryLock(path, options)
    if (lock !== null) return lock
    const left = until - performance.now()
    if (left <= 0) throw busy(path, await holder(path, options))
    await delay(Math.min(POLL_MS, left))
  }
}
