// Opens what a target is held against: a bundle, or its manifest, plain or sealed.
import {closeSync, fstatSync, readFileSync} from 'node:fs'

import {MOST_MANIFEST_BYTES, parseManifest} from '../../bundle/manifest.js'
import {damaged} from '../../bundle/damaged.js'
import {readAt} from '../bundle/framing.js'
import {openFile} from '../bundle/open-blocks.js'
import {openBundle} from '../source/open-bundle.js'
import type {Against} from './verify-target.js'

/**
 * A sealed manifest is a bundle with nothing in it but that; one that has files beside is a bundle.
 * @throws OpsError 65 when it is neither; 64/77 as openBundle does
 */
export const openAgainst = async (path: string, passphrase: Buffer | null): Promise<Against & {close: () => Promise<void>}> => {
  const plain = readPlain(path)
  if (plain !== null) {
    const manifest = parseManifest(plain)
    if (typeof manifest === 'string') throw damaged(path, manifest)
    return {manifest, bundle: null, close: () => Promise.resolve()}
  }
  const bundle = await openBundle(path, {passphrase})
  return {manifest: bundle.manifest, bundle: bundle.isManifestOnly ? null : bundle, close: bundle.close}
}

/** The text of a manifest; null when the file begins as no JSON does. */
const readPlain = (path: string): string | null => {
  const fd = openFile(path)
  try {
    if (readAt(fd, 0, 1).toString('latin1') !== '{') return null
    if (fstatSync(fd).size > MOST_MANIFEST_BYTES) throw damaged(path, `it is larger than ${MOST_MANIFEST_BYTES} bytes, which no manifest is`)
    return readFileSync(fd, 'utf8')
  } finally {
    closeSync(fd)
  }
}
