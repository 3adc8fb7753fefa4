// A bundle's tar archive as bytes: out of blocks of ours, or of any tar or tar.gz that somebody repacked it into.
import {fstatSync} from 'node:fs'
import {pipeline, Readable} from 'node:stream'
import {createGunzip} from 'node:zlib'

import {damaged, notABundle} from '../../bundle/damaged.js'
import {BLOCK} from '../../bundle/member.js'
import {readAt} from './framing.js'
import {unpack, type BlockFile} from './unpack.js'

const PIECE = 1 << 18

/** A bundle opened for reading. */
export interface Archive {
  readonly path: string
  /** The whole archive, from its start; may be asked for several times. */
  readonly chunks: () => AsyncIterable<Buffer>
  /** A part of it, or all, in which the manifest is. */
  readonly manifestChunks: () => AsyncIterable<Buffer>
  /** True when there is nothing in it but the manifest. */
  readonly isManifestOnly: boolean
}

/** @throws OpsError 65 when blocks are missing at the end or do not follow each other */
export const blockArchive = (file: BlockFile): Archive => {
  const {fd, path, framing} = file
  const {size} = fstatSync(fd)
  const {blocks, end, whole} = framing.scan(fd, size)
  if (!whole)
    throw damaged(path, end === size ? `it is cut short: it ends at byte ${end}, without its last block` : `it is cut short or damaged at byte ${end}`)
  const manifest = blocks.filter(({flags}) => (flags & BLOCK.manifest) !== 0)
  const isManifestOnly = blocks.every(({flags}) => (flags & (BLOCK.manifest | BLOCK.last)) !== 0)
  return {path, isManifestOnly, chunks: () => unpack(file, blocks), manifestChunks: () => unpack(file, manifest)}
}

/** An archive that is not made of our blocks: read from its start, one thread, twice. */
export const foreignArchive = (path: string, fd: number): Archive => {
  const start = readAt(fd, 0, 512)
  const isGzip = start[0] === 0x1f && start[1] === 0x8b
  if (!isGzip && start.toString('latin1', 257, 262) !== 'ustar') throw notABundle(path, 'it is neither a tar nor a tar.gz nor an encrypted bundle')
  const chunks = (): AsyncIterable<Buffer> => bytesOf(path, fd, isGzip)
  return {path, isManifestOnly: false, chunks, manifestChunks: chunks}
}

async function* bytesOf(path: string, fd: number, isGzip: boolean): AsyncGenerator<Buffer> {
  if (!isGzip) return yield* rawBytes(fd)
  // An error of either comes out of the iteration below.
  const stream = pipeline(Readable.from(rawBytes(fd)), createGunzip({chunkSize: PIECE}), () => undefined)
  try {
    for await (const chunk of stream) yield chunk as Buffer
  } catch (error) {
    const {code = '', message} = error as NodeJS.ErrnoException
    if (code.startsWith('Z_')) throw damaged(path, `it cannot be unpacked: ${message}`, error)
    throw error
  }
}

// No stream of fs: whatever it is told, it closes the descriptor when it is not read to its end.
function* rawBytes(fd: number): Generator<Buffer> {
  for (let at = 0, piece; (piece = readAt(fd, at, PIECE)).length > 0; at += piece.length) yield piece
}
