// Gives recipients back whose message is still in the queue for others: as a message of its own, under a new number.
import * as fs from 'node:fs'

import {OpsError, fromSystem} from 'mailops/core'
import {setTimes} from 'mailops/effects'

import {PRESENCE} from '../../message/presence.js'
import {relativePath} from '../../queue/layout.js'
import {parseNumber, type MessageNumber} from '../../queue/number.js'
import {writeTodo} from '../../message/todo-record.js'
import {lookUp, type OpenQueue} from '../reading/index.js'
import {pullTrigger, waitUntil} from './sending.js'

const {O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY} = fs.constants
const PREPROCESSED_MS = 30_000

/** What is injected. */
export interface Copy {
  /** A file with the bytes of mess/N; its group is kept. */
  readonly mess: string
  /** Latin1. */
  readonly sender: string
  /** Latin1, without the prefix of a virtual domain. */
  readonly recipients: readonly string[]
}

const create = (path: string, {uid, gid}: {uid: number; gid: number}, fill: (fd: number) => void): string => {
  const fd = fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  try {
    fill(fd)
    const made = fs.fstatSync(fd, {bigint: true})
    if (Number(made.uid) !== uid || Number(made.gid) !== gid) fs.fchownSync(fd, uid, gid)
    fs.fchmodSync(fd, 0o644)
    fs.fsyncSync(fd)
    return String(made.ino)
  } catch (error) {
    fs.unlinkSync(path)
    throw fromSystem(error, 'write', path)
  } finally {
    fs.closeSync(fd)
  }
}

const copyBytes = (from: string, to: number): void => {
  const fd = fs.openSync(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    const piece = Buffer.allocUnsafe(1 << 18)
    for (let size; (size = fs.readSync(fd, piece, 0, piece.length, null)) > 0; )
      for (let at = 0; at < size; ) at += fs.writeSync(to, piece, at, size - at)
  } finally {
    fs.closeSync(fd)
  }
}

/** Injects as qmail-queue does (qmail-queue.c): pid/x, mess/N, intd/N, then todo/N, which makes it accepted. */
export const injectCopy = ({path, layout, owners}: OpenQueue, {mess, sender, recipients}: Copy): MessageNumber => {
  const owner = {uid: owners.queueUid, gid: fs.lstatSync(mess).gid}
  const scratch = `${path}/pid/mailops.${process.pid}.${Date.now()}`
  const inode = create(scratch, owner, fd => copyBytes(mess, fd))
  const number = parseNumber(inode)
  if (number === undefined) throw new OpsError('NO_NUMBER', `${inode} is no message number`, {exit: 'io'})
  const placeOf = (part: string): string => `${path}/${relativePath(layout, part, number)}`
  try {
    fs.linkSync(scratch, placeOf('mess'))
  } finally {
    fs.unlinkSync(scratch)
  }
  create(placeOf('intd'), owner, fd => void fs.writeSync(fd, writeTodo({uid: 0, pid: process.pid, sender, recipients})))
  fs.linkSync(placeOf('intd'), placeOf('todo'))
  pullTrigger(path)
  return number
}

/** Waits until messages of ours are preprocessed, then gives each the age of its original; gives how many were not. */
export const ageCopies = async (queue: OpenQueue, copies: ReadonlyMap<MessageNumber, bigint>): Promise<number> => {
  const waiting = new Map(copies)
  const age = (number: MessageNumber, bornNs: bigint): void => {
    const presence = lookUp(queue, number)
    if ((presence & PRESENCE.todo) !== 0) return
    waiting.delete(number)
    if ((presence & PRESENCE.info) === 0) return
    const fd = fs.openSync(`${queue.path}/${relativePath(queue.layout, 'info', number)}`, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    try {
      setTimes(fd, {atimeNs: bornNs, mtimeNs: bornNs})
    } finally {
      fs.closeSync(fd)
    }
  }
  await waitUntil(
    () => {
      for (const [number, bornNs] of waiting) age(number, bornNs)
      return waiting.size === 0
    },
    {timeoutMs: PREPROCESSED_MS},
  )
  return waiting.size
}
