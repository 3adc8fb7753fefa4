// FreeBSD's lockf(1): it holds the lock while a child of ours waits for the end of our pipe, so it ends when we do.
import {spawn, type ChildProcess} from 'node:child_process'
import {closeSync} from 'node:fs'
import {createHash} from 'node:crypto'
import {join, resolve} from 'node:path'
import {OpsError} from '../../errors.js'
import {need} from '../process.js'
import {oneLine} from './identity.js'
import {makeRunDirectory, openForLock, stillNames} from './open.js'
import type {Lock, LockBackend, LockOptions} from './types.js'

const HELD_BY_ANOTHER = 75 // EX_TEMPFAIL, lockf(1)
const HELD = 'held\n'

/** What lockf(1) locks for a path: the file itself, or for a directory a file of the run directory. */
const lockable = (path: string, {create = false, runDir}: LockOptions): string => {
  const {fd, stats} = openForLock(path, create)
  closeSync(fd)
  if (stats.isFile()) return resolve(path)
  if (runDir === undefined)
    throw new OpsError('NOT_LOCKABLE', `lockf(1) cannot lock the directory ${path}`, {exit: 'unavailable'})
  makeRunDirectory(runDir)
  const name = createHash('sha256').update(`${stats.dev}-${stats.ino}`).digest('hex').slice(0, 32)
  return join(resolve(runDir), `${name}.lock`)
}

/** Waits until the helper says that it has the lock (true), or ends with "another has it" (false). */
const outcome = (child: ChildProcess, path: string): Promise<boolean> =>
  new Promise((done, fail) => {
    let said = ''
    let complained = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1')
      if (said === HELD) done(true)
    })
    child.stderr?.on('data', (chunk: Buffer) => (complained += chunk.toString('latin1')))
    child.once('error', fail)
    child.once('close', status =>
      status === HELD_BY_ANOTHER ? done(false)
        : fail(new OpsError('LOCKF', `cannot lock ${path}: lockf(1) failed (status ${status}): ${oneLine(complained)}`,
          {exit: 'unavailable'})))
  })

const lockOf = (path: string, child: ChildProcess): Lock => {
  let running = true
  const ended = new Promise<void>(done => child.once('exit', () => {
    running = false
    done()
  }))
  return {
    path,
    held: () => running,
    release: async () => {
      child.ref()
      child.stdin?.end()
      await ended
    },
  }
}

/** FreeBSD and DragonFly; -n is left out because the file is there already and older versions do not know it. */
export const lockfBackend: LockBackend = {
  async tryLock(path, options) {
    const file = lockable(path, options)
    const {fd, stats} = openForLock(file, file !== resolve(path))
    try {
      const argv = ['-k', '-s', '-t', '0', file, '/bin/sh', '-c', 'echo held; read -r end']
      // Its own session: ^C must not take the lock away before we have finished.
      const child = spawn(need('lockf'), argv, {stdio: ['pipe', 'pipe', 'pipe'], detached: true, cwd: '/'})
      child.stdin.on('error', () => {
        // EPIPE: it was killed; `held` says so
      })
      const lock = lockOf(path, child)
      if (!(await outcome(child, file))) return null
      for (const part of [child, child.stdin, child.stdout, child.stderr]) (part as {unref?: () => void}).unref?.()
      if (stillNames(file, stats)) return lock
      await lock.release()
      throw new OpsError('LOCK_REPLACED', `${file} was replaced while it was being locked`, {exit: 'tryAgain'})
    } finally {
      closeSync(fd)
    }
  },
  // lockf(1) keeps no record of its user: the note is what names the holder.
  holder: async () => null,
}
