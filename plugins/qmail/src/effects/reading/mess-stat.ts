// What stat(2) says of a message file: by it a message is told from a later one of the same number.
import * as fs from 'node:fs'

import type {MessageNumber} from '../../queue/number.js'

/** What stat(2) says of mess/N. */
export interface MessStat {
  /** Equal to the message's number, unless the queue was copied. */
  readonly inode: MessageNumber
  readonly size: number
  /** Milliseconds since the epoch with fractions, 0 where the file system does not tell; see `identity`. */
  readonly birthMs: number
  readonly ctimeMs: number
  readonly mtimeMs: number
  readonly atimeMs: number
}

/** stat(2) of a file, not followed when a link; throws the system's error. A number beyond 2^53 is compared exactly. */
export const statOf = (path: string, n: MessageNumber): MessStat => {
  const stat = fs.lstatSync(path)
  const {size, birthtimeMs: birthMs, ctimeMs, mtimeMs, atimeMs} = stat
  const inode = typeof n === 'bigint' ? fs.lstatSync(path, {bigint: true}).ino : stat.ino
  return {inode, size, birthMs, ctimeMs, mtimeMs, atimeMs}
}
