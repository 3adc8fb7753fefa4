// A channel file that is open for marking: reads it, and writes single bytes, never more than the one that is meant.
import {setTimes} from 'mailops/effects'
import * as fs from 'node:fs'

const {O_RDWR, O_NOFOLLOW, O_NONBLOCK} = fs.constants
const T = 84
const D = 68
const TO_DO = Buffer.from('T')
const DONE = Buffer.from('D')

/** Opens a channel file, undefined when there is none; other failures throw the system's error. */
export const openChannel = (path: string): number | undefined => {
  try {
    return fs.openSync(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined // all its recipients are done
    throw error
  }
}

let buffer = Buffer.allocUnsafeSlow(1 << 16)

/** Reads the whole file into a buffer that the next call uses again. */
export const readAll = (fd: number): Buffer => {
  let length = 0
  for (;;) {
    const size = fs.readSync(fd, buffer, length, buffer.length - length, length)
    length += size
    if (length < buffer.length || size === 0) return buffer.subarray(0, length)
    const larger = Buffer.allocUnsafeSlow(buffer.length * 2)
    buffer.copy(larger)
    buffer = larger
  }
}

/** Offsets of all records to be done; undefined for a file that qmail-send stumbles over (unknown type, no final NUL). */
export const offsetsToDo = (bytes: Buffer): number[] | undefined => {
  const offsets: number[] = []
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] === T) offsets.push(at)
    else if (bytes[at] !== D) return undefined
    const nul = bytes.indexOf(0, at)
    if (nul === -1) return undefined
    at = nul + 1
  }
  return offsets
}

/** Of these offsets those at which a T stands, or a D. */
export const thoseWith = (bytes: Buffer, offsets: readonly number[], type: 'T' | 'D'): number[] => {
  const byte = type === 'T' ? T : D
  return offsets.filter(offset => bytes[offset] === byte)
}

/** Writes one byte at each offset, as markdone() in qmail-send.c does. */
export const writeTypes = (fd: number, offsets: readonly number[], type: 'T' | 'D'): void => {
  const byte = type === 'T' ? TO_DO : DONE
  for (const offset of offsets) fs.writeSync(fd, byte, 0, 1, offset)
}

/**
 * The same for a file that stays in the queue: its time, when it is next due, stays too (qmail-send reads it at its
 * start), or the recipients that are left would all be tried at once.
 */
export const writeTypesInTime = (fd: number, offsets: readonly number[], type: 'T' | 'D'): void => {
  const {atimeNs, mtimeNs} = fs.fstatSync(fd, {bigint: true})
  writeTypes(fd, offsets, type)
  setTimes(fd, {atimeNs, mtimeNs})
}
