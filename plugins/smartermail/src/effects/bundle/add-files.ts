// Reads the files of an installation into an archive, each with its digest, and notes which could not be read quietly.
import {createHash} from 'node:crypto'
import * as fs from 'node:fs'

import type {BundledFile} from '../../bundle/manifest.js'
import type {LeftOut} from '../../source/source.js'
import {openInside} from '../source/inside.js'
import type {ListedFile} from '../source/list-installation.js'
import {reasonOf} from '../source/walk.js'
import type {ArchiveWriter} from './archive-writer.js'

/** A file that is written to all the time is taken as it is after so many tries. */
const TRIES = 3

/** What became of a file: it is in the archive, or why it is not. */
export type Added = {readonly file: BundledFile} | {readonly leftOut: LeftOut}

/** Adds a file; one that changes while it is read is read again where that is possible, else marked. */
export const addFile = async (archive: ArchiveWriter, listed: ListedFile): Promise<Added> => {
  for (let tries = TRIES; ; tries--) {
    let fd: number
    try {
      fd = openInside(listed.rootPath, listed.name)
    } catch (error) {
      // Gone, locked by the service, now a link: reported, and the others are taken.
      return {leftOut: {name: listed.full, ...reasonOf(error)}}
    }
    try {
      const added = await addOpen(archive, listed, {fd, isLastTry: tries === 1})
      if (added !== null) return added
    } finally {
      fs.closeSync(fd)
    }
  }
}

const addOpen = async (
  archive: ArchiveWriter,
  {full}: ListedFile,
  {fd, isLastTry}: {fd: number; isLastTry: boolean},
): Promise<Added | null> => {
  const before = fs.fstatSync(fd)
  const [bytes, mtimeMs, ctimeMs] = [before.size, Math.trunc(before.mtimeMs), Math.trunc(before.ctimeMs)]
  const head = {name: full, directory: false, bytes, mtimeMs, ctimeMs}
  await archive.makeRoom(head)
  const mark = archive.mark()
  const hash = createHash('sha256')
  let failed: unknown = null
  const missing = await archive.add(head, target => {
    try {
      const size = fs.readSync(fd, target)
      hash.update(target.subarray(0, size))
      return size
    } catch (error) {
      // The entry has begun, so it must be ended: with zeros, and not unsaid.
      failed = error
      return 0
    }
  })
  const after = fs.fstatSync(fd)
  const hasChanged = after.size !== before.size || after.mtimeMs !== before.mtimeMs || after.ctimeMs !== before.ctimeMs
  if (failed !== null && archive.takeBack(mark)) return {leftOut: {name: full, ...reasonOf(failed)}}
  if ((missing > 0 || hasChanged) && !isLastTry && archive.takeBack(mark)) return null
  addZeros(hash, missing)
  if (hasChanged) archive.markFlawed()
  const flaw = missing > 0 ? 'shortened' : hasChanged ? 'changed' : null
  return {file: {name: full, bytes, mtimeMs, sha256: hash.digest('hex'), ...(flaw !== null && {flaw})}}
}

const ZEROS = Buffer.alloc(1 << 16)

const addZeros = (hash: ReturnType<typeof createHash>, bytes: number): void => {
  for (let left = bytes; left > 0; left -= ZEROS.length) hash.update(ZEROS.subarray(0, Math.min(left, ZEROS.length)))
}
