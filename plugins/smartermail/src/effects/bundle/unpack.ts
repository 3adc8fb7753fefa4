// Unpacks blocks in order, some of them at once on the threads of Node's pool, never more than a block may hold.
import {availableParallelism} from 'node:os'
import {promisify} from 'node:util'
import {gunzip as gunzipCallback} from 'node:zlib'

import {damaged} from '../../bundle/damaged.js'
import {BLOCK_BYTES, MOST_UNPACKED} from '../../bundle/member.js'
import {inOrder} from './in-order.js'
import type {BlockRef, Framing} from './framing.js'

const gunzip = promisify(gunzipCallback)
const UNPACKING = {chunkSize: BLOCK_BYTES + 1024, maxOutputLength: MOST_UNPACKED}
/** Blocks unpacked before they are asked for. */
export const AHEAD = 2 * availableParallelism()

/** An open file of blocks. */
export interface BlockFile {
  readonly fd: number
  readonly path: string
  readonly framing: Framing
}

/**
 * Gives the unpacked content of blocks, in order.
 * @throws OpsError 65 `BUNDLE_DAMAGED` for one that cannot be unpacked or fails its checksum
 */
export const unpack = ({fd, path, framing}: BlockFile, blocks: Iterable<BlockRef>, ahead = AHEAD): AsyncGenerator<Buffer> =>
  inOrder(blocks, block => unpackOne(() => framing.read(fd, block), block, path), ahead)

const unpackOne = async (read: () => Buffer, {index, offset}: BlockRef, path: string): Promise<Buffer> => {
  const member = read()
  try {
    return await gunzip(member, UNPACKING)
  } catch (error) {
    throw damaged(path, `block ${index} at byte ${offset} is damaged: ${(error as Error).message}`, error)
  }
}
