// Modification times of queue files: looked up, set, and set back where nobody has changed them since.
import * as fs from 'node:fs'

import {fromSystem} from 'mailops/core'

import {relativePath} from '../../queue/layout.js'
import {sameMessage, type ChosenMessage, type OpenQueue} from '../reading/index.js'
import type {TimeChange} from './record.js'

const {O_RDONLY, O_NOFOLLOW, O_NONBLOCK} = fs.constants

const statOrNull = (path: string): fs.BigIntStats | null => fs.lstatSync(path, {bigint: true, throwIfNoEntry: false}) ?? null

/** The changes of some parts of one message, files that it does not have left out; `to` in seconds, from the time now. */
export const changesOf = (
  queue: OpenQueue,
  message: ChosenMessage,
  parts: readonly string[],
  to: (file: Pick<TimeChange, 'path' | 'ino'>, mtimeMs: number) => number | null,
): TimeChange[] =>
  parts.flatMap(part => {
    const path = relativePath(queue.layout, part, message.number)
    const stat = statOrNull(`${queue.path}/${path}`)
    const ino = String(stat?.ino)
    const time = stat === null ? null : to({path, ino}, Number(stat.mtimeMs))
    if (stat === null || time === null) return []
    return [{path, ino, birthMs: message.birthMs, from: String(stat.mtimeNs), to: time}]
  })

/** True while the number has the message that was chosen. */
export const isSame = (queue: OpenQueue, message: ChosenMessage): boolean => sameMessage(queue, message) === 'same'

/**
 * Sets the time of a file, seconds since the epoch, unless it is another than it was. By its descriptor: under a running
 * qmail-send the name may have gone to another message since.
 * @param expected modification time that it must have now, nanoseconds
 */
export const setTime = (queue: OpenQueue, {path, ino}: TimeChange, {seconds, expected}: {seconds: number; expected: bigint}): boolean => {
  const file = `${queue.path}/${path}`
  let fd: number
  try {
    fd = fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false // it has gone with its message
    throw fromSystem(error, 'open', file)
  }
  try {
    const stat = fs.fstatSync(fd, {bigint: true})
    if (String(stat.ino) !== ino || stat.mtimeNs !== expected) return false
    fs.futimesSync(fd, seconds, seconds)
    return true
  } catch (error) {
    throw fromSystem(error, 'set the time of', file)
  } finally {
    fs.closeSync(fd)
  }
}

const NS = 1_000_000_000n

/** Makes a change; false when the file is not as it was when the record was written. */
export const applyTime = (queue: OpenQueue, change: TimeChange): boolean =>
  setTime(queue, change, {seconds: change.to, expected: BigInt(change.from)})

/** Takes a change back; false when somebody has set another time since: an attempt was made, say. */
export const revertTime = (queue: OpenQueue, change: TimeChange): boolean => {
  const [part, , number] = change.path.split('/')
  const mess = `${queue.path}/${change.path.replace(/^[^/]+/, 'mess')}`
  const birthMs = fs.lstatSync(mess, {throwIfNoEntry: false})?.birthtimeMs
  if (part === undefined || number === undefined || birthMs === undefined) return false
  if (change.birthMs !== 0 && birthMs !== change.birthMs) return false
  return setTime(queue, change, {seconds: Number(BigInt(change.from) / 1000n) / 1e6, expected: BigInt(change.to) * NS})
}
