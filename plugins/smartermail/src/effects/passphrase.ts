// A passphrase from a file or standard input: never from an argument, which every user of the machine can read.
import * as fs from 'node:fs'

import {OpsError, fromSystem} from 'mailops/core'

const MOST_BYTES = 4096

/**
 * Reads it; one line end at its end does not count.
 * @param from a file, or `-` for standard input
 * @throws OpsError 64 `NO_PASSPHRASE` when it is empty
 */
export const readPassphrase = (from: string): Buffer => {
  let bytes: Buffer
  try {
    bytes = fs.readFileSync(from === '-' ? 0 : from)
  } catch (error) {
    throw fromSystem(error, 'read', from === '-' ? 'standard input' : from)
  }
  let end = bytes.length
  if (bytes[end - 1] === 0x0a) end--
  if (end < bytes.length && bytes[end - 1] === 0x0d) end--
  if (end > 0 && end <= MOST_BYTES) return bytes.subarray(0, end)
  throw new OpsError('NO_PASSPHRASE', `${from === '-' ? 'standard input' : from} holds ${end === 0 ? 'no passphrase' : 'more than a passphrase'}`, {exit: 'usage'})
}
