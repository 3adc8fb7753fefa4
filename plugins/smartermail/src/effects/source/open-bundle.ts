// A bundle as a source: everything that comes out of it was held against its manifest, everything else refused.
import {closeSync} from 'node:fs'

import {archiveFiles} from '../bundle/archive-files.js'
import {blockArchive, foreignArchive, type Archive} from '../bundle/archive.js'
import {framingOf, openFile} from '../bundle/open-blocks.js'
import {readManifest} from '../bundle/read-manifest.js'
import type {Manifest} from '../../bundle/manifest.js'
import type {Source} from '../../source/source.js'

/** A bundle, or its manifest alone, as a source. */
export interface BundleSource extends Source {
  readonly manifest: Manifest
  /** True for an encrypted manifest: a bundle without the files that it names. */
  readonly isManifestOnly: boolean
}

/**
 * Opens a bundle and reads its manifest.
 * @param options.passphrase of an encrypted one
 * @throws OpsError 64 `NEEDS_PASSPHRASE`; 65 for anything that is not as it should be; 66 no such file; 77 `WRONG_PASSPHRASE`
 */
export const openBundle = async (path: string, {passphrase = null}: {passphrase?: Buffer | null} = {}): Promise<BundleSource> => {
  const fd = openFile(path)
  try {
    const framing = framingOf(path, fd, passphrase)
    const archive = framing === null ? foreignArchive(path, fd) : blockArchive({fd, path, framing})
    return bundleSource({fd, archive, manifest: await readManifest(archive)})
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

const bundleSource = ({fd, archive, manifest}: {fd: number; archive: Archive; manifest: Manifest}): BundleSource => {
  const {era, version, roots, domains, emptyDirectories, leftOut, files} = manifest
  let isOpen = true
  return {
    kind: 'bundle',
    path: archive.path,
    manifest, isManifestOnly: archive.isManifestOnly, era, version, roots, domains, emptyDirectories, leftOut,
    entries: files,
    files: wanted => archiveFiles(archive, manifest, wanted),
    close: () => {
      if (isOpen) closeSync(fd)
      isOpen = false
      return Promise.resolve()
    },
  }
}
