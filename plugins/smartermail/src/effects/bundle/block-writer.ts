// Packs blocks on the threads of Node's pool and appends them in order: the compression is what takes the time.
import {writeSync} from 'node:fs'
import {availableParallelism} from 'node:os'
import {promisify} from 'node:util'
import {crc32, gzip as gzipCallback} from 'node:zlib'

import {fromSystem} from 'mailops/core'

import {BLOCK_BYTES, memberOf} from '../../bundle/member.js'
import type {Framer} from './framing.js'

const gzip = promisify(gzipCallback)

/** The fastest level, with the most memory, which makes it faster still; output in one piece, as each costs a turn of the loop. */
const PACKING = {level: 1, memLevel: 9, chunkSize: BLOCK_BYTES + (64 << 10)}
/** Blocks on their way: enough to keep all processors busy while the disk makes one wait, few enough for the memory. */
const AHEAD = 2 * availableParallelism() + 2

/** Where blocks are appended. */
export interface Output {
  readonly fd: number
  /** For error messages. */
  readonly path: string
  /** Offset of the next block. */
  readonly at: number
  readonly framer: Framer
}

/** Takes blocks, appends their frames to the bundle's file. */
export class BlockWriter {
  readonly #output: Output
  readonly #free: Buffer[] = []
  readonly #waiting: Promise<void>[] = []
  #at: number
  #chain: Promise<void> = Promise.resolve()

  constructor(output: Output) {
    this.#output = output
    this.#at = output.at
  }

  /** An empty block to fill. */
  fresh(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES)
  }

  /** Takes a block over; waits while too many are on their way. @throws OpsError 73 on a full disk, of an earlier block too */
  async add(block: Buffer, used: number, flags: number): Promise<void> {
    const packed = gzip(block.subarray(0, used), PACKING)
    await this.#queue(async () => {
      const member = memberOf(await packed, flags, crc32)
      this.#free.push(block)
      return {member, flags}
    })
    // Whoever waits for its turn learns of a failure; until then it is no unhandled one.
    packed.catch(() => undefined)
  }

  /** Appends a block that is packed already. */
  async addPacked(member: Buffer, flags: number): Promise<void> {
    await this.#queue(() => Promise.resolve({member, flags}))
  }

  /** Waits until all is written; gives the file's length. */
  async finish(): Promise<number> {
    await this.#chain
    return this.#at
  }

  /** Waits until nothing is written any more, whatever came of it: only then may the file be closed. */
  async settled(): Promise<void> {
    await this.#chain.catch(() => undefined)
  }

  async #queue(ready: () => Promise<{member: Buffer; flags: number}>): Promise<void> {
    const written = this.#inTurn(this.#chain, ready)
    // As above: finish(), or the wait for its turn, tells.
    written.catch(() => undefined)
    this.#chain = written
    this.#waiting.push(written)
    if (this.#waiting.length > AHEAD) await this.#waiting.shift()
  }

  async #inTurn(before: Promise<void>, ready: () => Promise<{member: Buffer; flags: number}>): Promise<void> {
    await before
    const {member, flags} = await ready()
    this.#append(this.#output.framer.frame(member, flags))
  }

  // Into the page cache, which is quick; while the disk makes it wait, the threads go on packing.
  #append(bytes: Buffer): void {
    const {fd, path} = this.#output
    try {
      // A disk that fills up takes a part first.
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, this.#at + at)
    } catch (error) {
      throw fromSystem(error, 'write', path)
    }
    this.#at += bytes.length
  }
}
