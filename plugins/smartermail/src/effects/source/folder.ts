// An installation's own folders as a source: digests come with the reading.
import {createHash} from 'node:crypto'
import * as fs from 'node:fs'

import {OpsError, fromSystem} from 'mailops/core'

import type {Inventory} from '../../inventory/inventory.js'
import type {Source, SourceFile} from '../../source/source.js'
import {openInside} from './inside.js'
import {listInstallation, type InstallationOptions, type ListedFile, type Listing} from './list-installation.js'

const PIECE = 1 << 20

/** Opens an installation of which an inventory was taken. @throws OpsError 66 when a named directory or file is missing */
export const openFolder = (inventory: Inventory, options: InstallationOptions = {}): Source =>
  folderSource(inventory, listInstallation(inventory, options))

const folderSource = (inventory: Inventory, listing: Listing): Source => {
  const entries = listing.files.map(({full, bytes, mtimeMs}) => ({name: full, bytes, mtimeMs, sha256: null}))
  return {
    kind: 'folder',
    path: inventory.serviceDirectory,
    era: inventory.era,
    version: inventory.version,
    roots: listing.roots,
    domains: listing.domains,
    entries,
    emptyDirectories: listing.emptyDirectories,
    leftOut: listing.leftOut,
    files: async function* (wanted = () => true) {
      for (const [index, file] of listing.files.entries()) if (wanted(entries[index]!)) yield sourceFile(file)
    },
    close: () => Promise.resolve(),
  }
}

const sourceFile = (file: ListedFile): SourceFile => {
  let digest: string | null = null
  return {
    name: file.full,
    bytes: file.bytes,
    mtimeMs: file.mtimeMs,
    sha256: null,
    content: async function* () {
      const hash = createHash('sha256')
      for (const piece of piecesOf(file)) {
        hash.update(piece)
        yield piece
      }
      digest = hash.digest('hex')
    },
    digest: () => {
      if (digest === null) throw new Error(`the digest of ${file.full} was asked for before its end`)
      return digest
    },
  }
}

function* piecesOf(file: ListedFile): Generator<Buffer> {
  const path = `${file.rootPath}/${file.name}`
  let fd: number
  try {
    fd = openInside(file.rootPath, file.name)
  } catch (error) {
    throw fromSystem(error, 'open', path)
  }
  try {
    let left = file.bytes
    while (left > 0) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE, left))
      const size = fs.readSync(fd, piece, 0, piece.length, null)
      if (size === 0) break
      left -= size
      yield piece.subarray(0, size)
    }
    const {size, mtimeMs} = fs.fstatSync(fd)
    if (size !== file.bytes || Math.trunc(mtimeMs) !== file.mtimeMs)
      throw new OpsError('CHANGED', `${path} changed while it was read`, {exit: 'tryAgain', hint: 'stop the service on the old server, then run it again'})
  } finally {
    fs.closeSync(fd)
  }
}
