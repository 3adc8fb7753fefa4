// The files of an archive, each held against the manifest: nothing that it does not name, nothing else than it says.
import {createHash} from 'node:crypto'

import {damaged, unsafe} from '../../bundle/damaged.js'
import {MANIFEST_NAME, type BundledFile, type Manifest} from '../../bundle/manifest.js'
import type {SourceEntry, SourceFile} from '../../source/source.js'
import type {Archive} from './archive.js'
import {tarEntries, type ReadEntry} from './tar-reader.js'

/**
 * Gives the wanted files in the archive's order and ends behind the last of them.
 * @throws OpsError 65 for an entry that the manifest does not name or names otherwise, and for a missing one
 */
export async function* archiveFiles(
  archive: Archive,
  manifest: Manifest,
  wanted: (entry: SourceEntry) => boolean = () => true,
): AsyncGenerator<SourceFile> {
  const {path} = archive
  const expected = new Map(manifest.files.map(file => [file.name, file]))
  let wantedLeft = manifest.files.reduce((sum, file) => sum + (wanted(file) ? 1 : 0), 0)
  if (wantedLeft === 0) return
  for await (const entry of tarEntries(path, archive.chunks())) {
    // Directories hold nothing that could be wrong; those that are to be made stand in the manifest.
    if (entry.directory || entry.name === MANIFEST_NAME) continue
    const file = expected.get(entry.name)
    if (file === undefined) throw unsafe(path, `it holds ${JSON.stringify(entry.name)}, which its manifest does not name, or names once only`)
    if (file.bytes !== entry.bytes) throw damaged(path, `${JSON.stringify(entry.name)} has ${entry.bytes} bytes, its manifest says ${file.bytes}`)
    expected.delete(entry.name)
    if (!wanted(file)) continue
    yield checked(path, file, entry)
    if (--wantedLeft === 0 && expected.size > 0) return
  }
  const [missing] = expected.keys()
  if (missing !== undefined) throw damaged(path, `${JSON.stringify(missing)} is in its manifest and not in the archive`)
}

const checked = (path: string, file: BundledFile, entry: ReadEntry): SourceFile => ({
  ...file,
  content: async function* () {
    const hash = createHash('sha256')
    for await (const piece of entry.content()) {
      hash.update(piece)
      yield piece
    }
    if (hash.digest('hex') !== file.sha256) throw damaged(path, `the content of ${JSON.stringify(file.name)} is not what its manifest says`)
  },
  digest: () => file.sha256,
})
