// Reads a whole bundle from the disk and holds every byte of it against its manifest.
import {archiveFiles} from './archive-files.js'
import {blockArchive} from './archive.js'
import {readManifest} from './read-manifest.js'
import type {BlockFile} from './unpack.js'

/** @throws OpsError 65 when anything is not as it was written */
export const readThrough = async (file: BlockFile, progress: (bytes: number) => void): Promise<void> => {
  const archive = blockArchive(file)
  let bytes = 0
  for await (const {content} of archiveFiles(archive, await readManifest(archive)))
    for await (const piece of content()) progress((bytes += piece.length))
}
