// Whether this machine is fit for mailops: Node, privileges, state directory, locking.
import * as fs from 'node:fs'
import {dirname} from 'node:path'

import type {MailServer} from '../mail-servers.js'
import {freeSpace} from './files.js'
import {find} from './process.js'
import type {StatePlace} from './state.js'

/** Where a mail server gives itself away on this machine, empty when it does not. */
export const tracesOf = ({paths, programs}: MailServer): string[] => [
  ...paths.filter(path => fs.existsSync(path)),
  ...programs.flatMap(program => find(program) ?? []),
]

/** What can be said of the state directory without making it. */
export interface StateFitness {
  readonly path: string
  readonly exists: boolean
  /** False when it is there and belongs to another user, or is no directory: then it is refused. */
  readonly ours: boolean
  /** Whether we could write there, or make it. */
  readonly writable: boolean
  readonly freeBytes: number
  readonly freeInodes: number
}

const isWritable = (path: string): boolean => {
  try {
    fs.accessSync(path, fs.constants.W_OK)
    return true
  } catch {
    return false // no permission or a read-only file system: the answer that was asked for
  }
}

/** The state directory, or the nearest parent that exists. */
export const stateFitness = ({state}: StatePlace): StateFitness => {
  let path = state
  while (!fs.existsSync(path) && path !== dirname(path)) path = dirname(path)
  const {bytes, inodes} = freeSpace(path)
  const exists = path === state
  const stat = fs.lstatSync(path)
  const ours = !exists || (stat.isDirectory() && (process.getuid === undefined || stat.uid === process.getuid()))
  return {path: state, exists, ours, writable: isWritable(path), freeBytes: bytes, freeInodes: inodes}
}

/** The program that locks on this platform, null when none is needed; `missing` when it is needed and not there. */
export const lockProgram = (): {program: string | null; missing: boolean} => {
  if (process.platform === 'win32') return {program: null, missing: false}
  const program = process.platform === 'freebsd' ? 'lockf' : 'flock'
  return {program, missing: find(program) === null}
}
