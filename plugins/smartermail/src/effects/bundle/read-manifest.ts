// Finds and reads the manifest of an archive, before anything else of it is believed.
import {damaged, unsafe} from '../../bundle/damaged.js'
import {MANIFEST_NAME, MOST_MANIFEST_BYTES, parseManifest, type Manifest} from '../../bundle/manifest.js'
import type {Archive} from './archive.js'
import {tarEntries} from './tar-reader.js'

/** @throws OpsError 65 when there is none, it is not the last entry, or it is not as we write it */
export const readManifest = async ({path, manifestChunks}: Archive): Promise<Manifest> => {
  let json: string | null = null
  for await (const entry of tarEntries(path, manifestChunks())) {
    if (json !== null) throw unsafe(path, `${JSON.stringify(entry.name)} comes after its manifest`)
    if (entry.name !== MANIFEST_NAME || entry.directory) continue
    if (entry.bytes > MOST_MANIFEST_BYTES) throw unsafe(path, `a manifest of ${entry.bytes} bytes`)
    const parts: Buffer[] = []
    for await (const piece of entry.content()) parts.push(piece)
    json = Buffer.concat(parts).toString('utf8')
  }
  if (json === null) throw damaged(path, `it has no ${MANIFEST_NAME}`)
  const manifest = parseManifest(json)
  if (typeof manifest === 'string') throw damaged(path, manifest)
  return manifest
}
