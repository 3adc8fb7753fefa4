// The manifest beside its bundle: as JSON, or encrypted as the bundle is, for names and digests are secrets too.
import * as fs from 'node:fs'
import {randomBytes} from 'node:crypto'

import {fromSystem} from 'mailops/core'
import {patiently, removeIfThere} from 'mailops/effects'

import type {Manifest} from '../../bundle/manifest.js'
import {ArchiveWriter} from './archive-writer.js'
import {BlockWriter} from './block-writer.js'
import {endArchive} from './end-archive.js'
import type {Framing} from './framing.js'
import {manifestBytes} from './manifest-content.js'

/** Where the manifest of a bundle is. */
export const sidecarOf = (output: string, isSealed: boolean): string => `${output}.manifest${isSealed ? '.sealed' : '.json'}`

/** Writes it, 0600, in place of an older one; encrypted under the bundle's passphrase where that is. */
export const writeSidecar = async (path: string, manifest: Manifest, bundle: Framing): Promise<void> => {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const fd = fs.openSync(temporary, 'wx', 0o600)
    try {
      if (!bundle.sealed) for (const piece of manifestBytes(manifest)) fs.writeFileSync(fd, piece)
      else await writeSealed(fd, {path: temporary, manifest, bundle})
      fs.fsyncSync(fd)
    } finally {
      fs.closeSync(fd)
    }
    patiently(() => fs.renameSync(temporary, path))
  } catch (error) {
    removeIfThere(temporary)
    throw fromSystem(error, 'write', path)
  }
}

/** A bundle with nothing in it but its manifest. */
const writeSealed = async (fd: number, {path, manifest, bundle}: {path: string; manifest: Manifest; bundle: Framing}): Promise<void> => {
  const {framing, header} = bundle.twin(path)
  fs.writeSync(fd, header)
  const writer = new BlockWriter({fd, path, at: header.length, framer: framing.continueAfter(fd, [])})
  try {
    await endArchive(new ArchiveWriter(writer), manifest)
    await writer.finish()
  } finally {
    await writer.settled()
  }
}
