// The manifest beside its bundle: as JSON, or encrypted as the bundle is, for names and digests are secrets too.
import * as fs from 'node:fs'
import {randomBytes} from 'node:crypto'

import {fromSystem} from 'mailops/core'
import {removeIfThere} from 'mailops/effects'

import type {Manifest} from '../../bundle/manifest.js'
import {ArchiveWriter} from './archive-writer.js'
import {BlockWriter} from './block-writer.js'
import {endArchive} from './end-archive.js'
import {manifestBytes} from './manifest-content.js'
import {newSealed} from './sealed.js'

/** Where the manifest of a bundle is. */
export const sidecarOf = (output: string, isSealed: boolean): string => `${output}.manifest${isSealed ? '.sealed' : '.json'}`

/** Writes it, 0600, in place of an older one. */
export const writeSidecar = async (path: string, manifest: Manifest, passphrase: Buffer | null): Promise<void> => {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const fd = fs.openSync(temporary, 'wx', 0o600)
    try {
      if (passphrase === null) for (const piece of manifestBytes(manifest)) fs.writeFileSync(fd, piece)
      else await writeSealed(fd, {path: temporary, manifest, passphrase})
      fs.fsyncSync(fd)
    } finally {
      fs.closeSync(fd)
    }
    fs.renameSync(temporary, path)
  } catch (error) {
    removeIfThere(temporary)
    throw fromSystem(error, 'write', path)
  }
}

/** A bundle with nothing in it but its manifest. */
const writeSealed = async (fd: number, {path, manifest, passphrase}: {path: string; manifest: Manifest; passphrase: Buffer}): Promise<void> => {
  const {framing, header} = newSealed(path, passphrase)
  fs.writeSync(fd, header)
  const writer = new BlockWriter({fd, path, at: header.length, framer: framing.continueAfter(fd, [])})
  try {
    await endArchive(new ArchiveWriter(writer), manifest)
    await writer.finish()
  } finally {
    await writer.settled()
  }
}
