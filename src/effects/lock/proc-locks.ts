// Finds who holds a flock(2) from /proc (proc(5)): /proc/locks names who took it, fdinfo who has it open now.
import {lstatSync, readdirSync, readFileSync, readlinkSync, statfsSync, statSync, type Stats} from 'node:fs'
import {fromSystem} from '../../errors.js'
import {commandOf} from './identity.js'
import type {Holder} from './types.js'

const listing = (path: string): string[] => {
  try {
    return readdirSync(path)
  } catch {
    return [] // the process ended, or belongs to another user: it can not be the one that we can name
  }
}

const text = (path: string): string => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return '' // as above; without /proc there is no answer, and no answer is a legal one
  }
}

const FLOCK = /\bFLOCK\s+ADVISORY\s+WRITE\s+(\d+)\s+[0-9a-f]+:[0-9a-f]+:(\d+)\s/g
// f_type of statfs(2), and the inode number of the first pid namespace: constants of Linux.
const OVERLAYFS = 0x794c7630
const FIRST_NAMESPACE = 'pid:[4026531836]'

/** Lines read `1: FLOCK  ADVISORY  WRITE 812 fe:00:2146485 0 EOF`; only the inode is sure: st_dev differs on btrfs. */
const takers = (ino: number): number[] =>
  [...text('/proc/locks').matchAll(FLOCK)].filter(match => match[2] === String(ino)).map(match => Number(match[1]))

/** Whether one of its descriptors is this file *and* carries the lock; another may have it open and wait. */
const holds = (pid: number, {dev, ino}: Stats): boolean =>
  listing(`/proc/${pid}/fd`).some(fd => {
    // Before the stat(2), which could hang on a dead network mount.
    if (text(`/proc/${pid}/fdinfo/${fd}`).search(FLOCK) === -1) return false
    try {
      const stats = statSync(`/proc/${pid}/fd/${fd}`)
      return stats.dev === dev && stats.ino === ino
    } catch {
      return false // closed since it was listed
    }
  })

/**
 * Whether a lock that /proc/locks does not show may be held all the same: in a container it hides those whose taker has
 * ended, as flock(1) has, and overlayfs locks other inode numbers than it shows.
 */
const mayBeHidden = (path: string): boolean => {
  try {
    return readlinkSync('/proc/self/ns/pid') !== FIRST_NAMESPACE || statfsSync(path).type === OVERLAYFS
  } catch {
    return true // cannot tell, so look at every process: slow is better than wrong
  }
}

/**
 * The process that holds the flock on a path; null when nobody does or it cannot be seen (another user's, a container's).
 * A lock taken through flock(1) names that ended process in /proc/locks, so the descriptors of all are searched too,
 * but only when there is a lock: on a server with thousands of processes that takes a second.
 */
export const holderInProc = (path: string): Holder | null => {
  const stats = lstatOrNull(path)
  if (stats === null) return null
  const named = takers(stats.ino)
  if (named.length === 0 && !mayBeHidden(path)) return null
  const all = () => listing('/proc').filter(name => /^\d+$/.test(name)).map(Number)
  const pid = named.find(candidate => holds(candidate, stats)) ?? all().find(candidate => holds(candidate, stats))
  return pid === undefined ? null : {pid, command: commandOf(pid) ?? 'unknown'}
}

const lstatOrNull = (path: string): Stats | null => {
  try {
    return lstatSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null // nothing there, so nobody holds it
    throw fromSystem(error, 'look at', path)
  }
}
