// Opens the file of a bundle and finds out how its blocks lie.
import * as fs from 'node:fs'

import {OpsError, fromSystem} from 'mailops/core'

import {notABundle} from '../../bundle/damaged.js'
import {MEMBER_HEADER, memberHeader} from '../../bundle/member.js'
import {isSealed, SEALED_HEADER} from '../../bundle/sealed-format.js'
import {readAt, type Framing} from './framing.js'
import {plainFraming} from './plain.js'
import {openSealed} from './sealed.js'

/** Opens a bundle's file for reading; a directory or a device is refused. */
export const openFile = (path: string): number => {
  let fd: number
  try {
    fd = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0))
  } catch (error) {
    throw fromSystem(error, 'open', path)
  }
  if (fs.fstatSync(fd).isFile()) return fd
  fs.closeSync(fd)
  throw notABundle(path, 'it is no file')
}

/**
 * How the blocks of an open file lie; null when it has none: a tar archive of other making, perhaps.
 * @throws OpsError 64 `NEEDS_PASSPHRASE`; 77 `WRONG_PASSPHRASE`
 */
export const framingOf = (path: string, fd: number, passphrase: Buffer | null): Framing | null => {
  const start = readAt(fd, 0, Math.max(SEALED_HEADER, MEMBER_HEADER))
  if (!isSealed(start)) return memberHeader(start) === null ? null : plainFraming(path)
  if (passphrase !== null) return openSealed(path, passphrase, fd)
  throw new OpsError('NEEDS_PASSPHRASE', `${path} is encrypted`, {exit: 'usage', hint: 'add --passphrase-file FILE'})
}
