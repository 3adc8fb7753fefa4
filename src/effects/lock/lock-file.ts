// A lock as a file that names its owner, for systems without flock: a dead owner's file is taken over by exactly one.
//
// The lock is a chain of records: PATH.lock, then PATH.lock.TOKEN for the token of the record before. Who stands at its
// end has the lock while it lives. A successor joins by link(2), which fails when another was first; tokens never come
// back. It then moves its record to the head by rename and clears the rest. A taker that read the old head and found
// the cleared place free sees at its check that the new head does not lead to it, withdraws and begins again.
import {createHash, randomUUID} from 'node:crypto'
import {
  closeSync, constants, fsyncSync, linkSync, lstatSync, openSync, readFileSync, renameSync, unlinkSync, writeFileSync,
} from 'node:fs'
import {join, resolve} from 'node:path'
import {fromSystem, OpsError} from '../../errors.js'
import {commandOf, identityOf, isAlive, type Identity} from './identity.js'
import {patiently} from '../patiently.js'
import {makeRunDirectory, openForLock} from './open.js'
import type {Holder, Lock, LockBackend, LockOptions} from './types.js'

interface Owner extends Identity {
  token: string
  command: string
  since: string
}

const {O_WRONLY, O_CREAT, O_EXCL} = constants
const MAX_TURNS = 100
const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

const orSay = (act: () => void, doing: string, path: string): void => {
  try {
    patiently(act)
  } catch (error) {
    throw fromSystem(error, doing, path)
  }
}

const removeIfThere = (path: string): void => {
  try {
    orSay(() => unlinkSync(path), 'remove', path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error // gone already is what was wanted
  }
}

/** Null: no such record. A record is linked only when it is complete, so that no half-written one is ever seen. */
const read = (path: string): Owner | null => {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null // the end of the chain
    throw fromSystem(error, 'read', path)
  }
  try {
    const owner = JSON.parse(text) as Owner
    if (typeof owner.token === 'string' && /^[0-9a-f-]{36}$/.test(owner.token)) return owner
  } catch {
    // said below, with the path
  }
  throw new OpsError('LOCK_FILE', `${path} is not a lock file of mailops`, {exit: 'badData', hint: `look at ${path}, then remove it`})
}

/** Links a complete record into a place; false when another is there. */
const joinAt = (record: string, place: string): boolean => {
  try {
    linkSync(record, place)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false // another was first
    throw fromSystem(error, 'create', place)
  }
}

/** The places and owners from the head to the end. */
const chain = (head: string): {place: string; owner: Owner}[] => {
  const links: {place: string; owner: Owner}[] = []
  for (let place = head; ;) {
    const owner = read(place)
    if (owner === null) return links
    links.push({place, owner})
    place = `${head}.${owner.token}`
  }
}

/** One turn: true ours, false another's, null the chain changed under us. */
const attempt = (head: string, record: string, token: string): boolean | null => {
  const links = chain(head)
  const last = links.at(-1)
  if (last !== undefined && isAlive(last.owner)) return false
  const place = last === undefined ? head : `${head}.${last.owner.token}`
  if (!joinAt(record, place)) return null
  if (chain(head).at(-1)?.owner.token !== token) {
    if (read(place)?.token === token) removeIfThere(place)
    return null
  }
  if (place === head) {
    removeIfThere(record)
    return true
  }
  try {
    orSay(() => renameSync(record, head), 'rename', head)
  } catch (error) {
    removeIfThere(place) // still the end of the chain, so nobody can have followed us
    throw error
  }
  for (const link of links) removeIfThere(`${head}.${link.owner.token}`)
  return true
}

const writeRecord = (path: string, owner: Owner): void => {
  try {
    const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    try {
      writeFileSync(fd, JSON.stringify(owner))
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    removeIfThere(path)
    throw fromSystem(error, 'create', path)
  }
}

/** PATH.lock, or a name made from the path in the run directory. */
const headOf = (path: string, {runDir}: LockOptions): string => {
  if (runDir === undefined) return `${resolve(path)}.lock`
  return join(resolve(runDir), `${createHash('sha256').update(resolve(path)).digest('hex').slice(0, 32)}.lock`)
}

const lockOf = (path: string, head: string, token: string): Lock => {
  let ours = true
  return {
    path,
    held: () => ours,
    release: async () => {
      if (!ours) return
      ours = false
      // Only our own: an administrator may have removed it by hand, and another have come.
      if (read(head)?.token === token) removeIfThere(head)
    },
  }
}

/** Windows; works wherever hard links do. */
export const lockFileBackend: LockBackend = {
  async tryLock(path, options) {
    if (options.create === true) closeSync(openForLock(path, true).fd)
    else
      try {
        lstatSync(path)
      } catch (error) {
        throw fromSystem(error, 'lock', path)
      }
    if (options.runDir !== undefined) makeRunDirectory(options.runDir)
    const head = headOf(path, options)
    const token = randomUUID()
    const record = `${head}.new-${token}`
    const me = identityOf(process.pid) ?? {pid: process.pid, start: null}
    writeRecord(record, {...me, token, command: commandOf(process.pid) ?? process.title, since: new Date().toISOString()})
    try {
      for (let i = 0; i < MAX_TURNS; i++) {
        const ours = attempt(head, record, token)
        if (ours !== null) return ours ? lockOf(path, head, token) : null
      }
      return null // so many came and went that another has it as good as always
    } finally {
      removeIfThere(record)
    }
  },
  async holder(path, options): Promise<Holder | null> {
    const last = chain(headOf(path, options)).at(-1)?.owner
    if (last === undefined || !isAlive(last)) return null
    const {pid, command, since} = last
    return {pid, command, since}
  },
}
