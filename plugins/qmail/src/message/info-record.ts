// info/N: the sender as `F<sender>\0`; the birth of the message is the file's mtime (getinfo() in qmail-send.c).
import {NO_DEFECTS, type Defect} from './defect.js'

const F = 70

/**
 * Takes the bytes of info/N and returns the sender as latin1, '' for the null sender; undefined where qmail-send
 * cannot read it (no F, no NUL, empty after a crash).
 */
export const parseSender = (buffer: Buffer, start: number, end: number): string | undefined => {
  if (start >= end || buffer[start] !== F) return undefined
  const nul = buffer.indexOf(0, start)
  return nul === -1 || nul >= end ? undefined : buffer.toString('latin1', start + 1, nul)
}

/** Takes the bytes of info/N and returns what is wrong with them, for `check`. */
export const infoDefects = (buffer: Buffer, start: number, end: number): readonly Defect[] => {
  if (start >= end || buffer[start] !== F) return [{code: 'no-sender', offset: 0}]
  const nul = buffer.indexOf(0, start)
  if (nul === -1 || nul >= end)
    return [
      {code: 'unterminated', offset: 0},
      {code: 'no-sender', offset: 0},
    ]
  return nul + 1 === end ? NO_DEFECTS : [{code: 'trailing-bytes', offset: nul + 1 - start}]
}

/** Returns the bytes of info/N for a sender of latin1 bytes without NUL. */
export const writeInfo = (sender: string): Buffer => Buffer.from(`F${assertNoNul(sender)}\0`, 'latin1')

/** Returns an address unchanged; a NUL or a char beyond 0xFF in it is our bug and throws a RangeError. */
export const assertNoNul = (address: string): string => {
  if (address.includes('\0') || /[\u0100-\uffff]/.test(address))
    throw new RangeError('an address of a queue file must be bytes other than NUL')
  return address
}
