// local/N, remote/N, suppl*/N: records `T<recipient>\0` (to do) and `D<recipient>\0` (done), marked in place.
import {NO_DEFECTS, type Defect} from './defect.js'
import {assertNoNul} from './info-record.js'

/** A recipient as its channel file has it; in local/ with the prefix of its virtual domain. */
export interface ChannelRecipient {
  /** Latin1, one char a byte. */
  readonly address: string
  readonly done: boolean
  /** Byte offset in the file of the T or D: where a live purge writes its D, as markdone() in qmail-send.c does. */
  readonly offset: number
}

/** The content of one channel file. */
export interface ChannelRecords {
  readonly recipients: readonly ChannelRecipient[]
  /** How many of them are not done. */
  readonly pending: number
  readonly defects: readonly Defect[]
}

const T = 84
const D = 68

/**
 * Takes the bytes of a channel file and returns its records. A last record without NUL is no recipient but a defect,
 * because qmail-send ends there too; records after an unknown one are read all the same, so that they can be shown.
 */
export const parseChannel = (buffer: Buffer, start: number, end: number): ChannelRecords => {
  // One string, sliced: cheaper than one call into the buffer for each address.
  const text = buffer.toString('latin1', start, end)
  const recipients: ChannelRecipient[] = []
  let pending = 0
  let defects: Defect[] | undefined
  let offset = 0
  for (let nul = text.indexOf('\0'); nul !== -1; nul = text.indexOf('\0', offset)) {
    const type = text.charCodeAt(offset)
    if (type === T || type === D) {
      recipients.push({address: text.slice(offset + 1, nul), done: type === D, offset})
      if (type === T) pending++
    } else (defects ??= []).push({code: 'unknown-record', offset})
    offset = nul + 1
  }
  if (offset < text.length) (defects ??= []).push({code: 'unterminated', offset})
  return {recipients, pending, defects: defects ?? NO_DEFECTS}
}

/** Takes the bytes of a channel file and returns the number of recipients to be done; allocates nothing. */
export const countPending = (buffer: Buffer, start: number, end: number): number => {
  let pending = 0
  let offset = start
  for (let nul = buffer.indexOf(0, start); nul !== -1 && nul < end; nul = buffer.indexOf(0, offset)) {
    if (buffer[offset] === T) pending++
    offset = nul + 1
  }
  return pending
}

/** Returns the bytes of a channel file for recipients of latin1 bytes without NUL. */
export const writeChannel = (recipients: readonly Pick<ChannelRecipient, 'address' | 'done'>[]): Buffer =>
  Buffer.from(recipients.map(({address, done}) => `${done ? 'D' : 'T'}${assertNoNul(address)}\0`).join(''), 'latin1')
