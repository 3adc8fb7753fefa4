// flock(2) without a native module: flock(1) locks the descriptor that it inherits, and the lock stays with ours.
import {spawnSync} from 'node:child_process'
import {closeSync} from 'node:fs'
import {OpsError} from '../../errors.js'
import {need} from '../process.js'
import {oneLine} from './identity.js'
import {openForLock, stillNames} from './open.js'
import {holderInProc} from './proc-locks.js'
import type {Lock, LockBackend} from './types.js'

const REPLACED_AT_MOST = 10

/**
 * True: ours until the last descriptor of this open file is closed. False: another has it.
 * flock(1) is left its default status 1 for "held": busybox knows no -E.
 */
const flock = (fd: number, path: string): boolean => {
  const {status, stderr, error} = spawnSync(need('flock'), ['-n', '-x', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', fd], encoding: 'latin1', env: {...process.env, LC_ALL: 'C'},
  })
  if (status === 0) return true
  if (status === 1 && stderr === '') return false
  throw new OpsError('FLOCK', `cannot lock ${path}: flock(1) failed: ${oneLine(stderr)}`, {exit: 'unavailable', cause: error})
}

const lockOf = (path: string, fd: number): Lock => {
  let open = true
  return {
    path,
    held: () => open,
    release: async () => {
      if (!open) return
      open = false
      closeSync(fd)
    },
  }
}

const tryOnce = (path: string, create: boolean): Lock | null | 'replaced' => {
  const {fd, stats} = openForLock(path, create)
  let lock: Lock | null = null
  try {
    if (!flock(fd, path)) return null
    if (!stillNames(path, stats)) return 'replaced'
    return (lock = lockOf(path, fd))
  } finally {
    if (lock === null) closeSync(fd)
  }
}

/** Linux (util-linux or busybox); files and directories, no byte of disk needed unless the file must be created. */
export const flockBackend: LockBackend = {
  async tryLock(path, {create = false}) {
    for (let i = 0; i < REPLACED_AT_MOST; i++) {
      const lock = tryOnce(path, create)
      if (lock !== 'replaced') return lock
    }
    throw new OpsError('LOCK_REPLACED', `${path} is replaced again and again while it is being locked`, {exit: 'tryAgain'})
  },
  holder: async path => holderInProc(path),
}
