// The unfinished bundle beside the place of the finished one: 0600 from its first byte.
import * as fs from 'node:fs'

import {OpsError, fromSystem} from 'mailops/core'

import {isSealed} from '../../bundle/sealed-format.js'
import {readAt} from './framing.js'
import {framingOf} from './open-blocks.js'
import {plainFraming} from './plain.js'
import {newSealed} from './sealed.js'
import type {BlockFile} from './unpack.js'

/** An unfinished bundle, open for reading and writing. */
export type Part = BlockFile

/** Where a bundle is while it is unfinished. */
export const partOf = (output: string): string => `${output}.part`

const {O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDWR} = fs.constants

/** Opens an unfinished bundle, or begins one. @throws OpsError 64 when it is encrypted and the request is not, or the other way */
export const openPart = (path: string, passphrase: Buffer | null): Part => {
  let fd: number
  try {
    fd = fs.openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)
  } catch (error) {
    throw fromSystem(error, 'create', path)
  }
  try {
    refusePlanted(fd, path)
    fs.fchmodSync(fd, 0o600)
    const start = readAt(fd, 0, 64)
    if (passphrase === null && !isSealed(start)) return {fd, path, framing: plainFraming(path)}
    if (isSealed(start)) return {fd, path, framing: framingOf(path, fd, passphrase)!}
    // Cut off within its header, there is nothing in it yet.
    if (start.length === 64) throw notEncrypted(path)
    const {framing, header} = newSealed(path, passphrase!)
    fs.ftruncateSync(fd)
    fs.writeSync(fd, header, 0, header.length, 0)
    return {fd, path, framing}
  } catch (error) {
    fs.closeSync(fd)
    throw fromSystem(error, 'write', path)
  }
}

/** Whoever put it there would read along, or has linked it to a file that we would write into. */
const refusePlanted = (fd: number, path: string): void => {
  const {uid, nlink} = fs.fstatSync(fd)
  const isOurs = process.getuid === undefined || uid === process.getuid()
  if (isOurs && nlink === 1 && fs.fstatSync(fd).isFile()) return
  throw new OpsError('NOT_OURS', `${path} is ${isOurs ? 'no plain file of one name' : `a file of uid ${uid}`}: nothing is written into it`, {
    exit: 'noPermission',
    hint: `look at it, then remove it: ls -l '${path}'; or name another place, in a directory of your own`,
  })
}

const notEncrypted = (path: string): OpsError =>
  new OpsError('NOT_ENCRYPTED', `the unfinished bundle ${path} is not encrypted`, {
    exit: 'usage',
    hint: 'leave --encrypt away to go on with it, or remove it',
  })
