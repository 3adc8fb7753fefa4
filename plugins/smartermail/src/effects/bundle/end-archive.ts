// Ends an archive: the manifest as its last entry, in blocks of its own, so that it is found without reading the rest.
import {BLOCK} from '../../bundle/member.js'
import {MANIFEST_NAME, type Manifest} from '../../bundle/manifest.js'
import type {ArchiveWriter} from './archive-writer.js'
import {fillFrom, manifestBytes} from './manifest-content.js'

/** Writes the manifest and the end of the archive. */
export const endArchive = async (archive: ArchiveWriter, manifest: Manifest): Promise<void> => {
  let bytes = 0
  for (const piece of manifestBytes(manifest)) bytes += piece.length
  await archive.flush(BLOCK.manifest)
  const head = {name: MANIFEST_NAME, directory: false, bytes, mtimeMs: Date.parse(manifest.created)}
  await archive.add(head, fillFrom(manifestBytes(manifest)))
  await archive.end()
}
