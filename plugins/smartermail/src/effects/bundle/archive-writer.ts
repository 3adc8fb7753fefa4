// Writes tar entries into blocks: small ones together, a large one over several; a run of blocks holds whole entries.
import {BLOCK, BLOCK_BYTES} from '../../bundle/member.js'
import type {BlockWriter} from './block-writer.js'
import {headerOf, RECORD, type EntryHead} from './tar-header.js'

/** Fills the target's start with the next bytes of a content; gives how many, 0 when there are no more. */
export type Fill = (target: Buffer) => number

/** A place to go back to. */
export interface Mark {
  readonly used: number
  readonly flushed: number
  readonly flags: number
}

const padding = (bytes: number): number => (RECORD - (bytes % RECORD)) % RECORD

/** Takes entries, gives blocks to a `BlockWriter`. */
export class ArchiveWriter {
  readonly #blocks: BlockWriter
  #block: Buffer
  #used = 0
  #flushed = 0
  /** Flags of the block that is being filled. */
  #flags: number = BLOCK.beginsRun

  constructor(blocks: BlockWriter) {
    this.#blocks = blocks
    this.#block = blocks.fresh()
  }

  mark(): Mark {
    return {used: this.#used, flushed: this.#flushed, flags: this.#flags}
  }

  /** Takes back what was written since the mark; false when a part of it is packed already. */
  takeBack({used, flushed, flags}: Mark): boolean {
    if (flushed !== this.#flushed) return false
    this.#used = used
    this.#flags = flags
    return true
  }

  /** Begins a block for an entry of so many bytes when it does not fit in this one: what a mark needs to be of use. */
  async makeRoom(head: EntryHead): Promise<void> {
    if (this.#used > 0 && this.#used + headerOf(head).length + head.bytes + RECORD > BLOCK_BYTES) await this.flush()
  }

  /** Writes an entry; gives how many bytes its content was short of, which are zeros now. */
  async add(head: EntryHead, fill: Fill): Promise<number> {
    await this.makeRoom(head)
    const header = headerOf(head)
    header.copy(this.#block, this.#used)
    this.#used += header.length
    let left = head.bytes
    let missing = 0
    let isLong = false
    while (left > 0) {
      if (this.#used === BLOCK_BYTES) {
        await this.#send(0)
        isLong = true
      }
      const room = this.#block.subarray(this.#used, this.#used + Math.min(left, BLOCK_BYTES - this.#used))
      const got = missing > 0 ? 0 : fill(room)
      if (got === 0) {
        room.fill(0)
        missing += room.length
        this.markFlawed()
      }
      this.#used += got || room.length
      left -= got || room.length
    }
    this.#zeros(padding(head.bytes))
    if (isLong) await this.flush()
    return missing
  }

  /** Says that what is in this block is not what --resume should take over. */
  markFlawed(): void {
    this.#flags |= BLOCK.flawed
  }

  /** Ends the run: what comes next is in blocks of its own, which bear these flags besides. */
  async flush(flags = 0): Promise<void> {
    if (this.#used > 0) await this.#send(BLOCK.beginsRun | flags)
    this.#flags = BLOCK.beginsRun | flags
  }

  /** Writes tar's end of archive and the last block. */
  async end(): Promise<void> {
    await this.flush(BLOCK.last)
    this.#zeros(2 * RECORD)
    await this.#send(0)
  }

  #zeros(bytes: number): void {
    this.#block.fill(0, this.#used, this.#used + bytes)
    this.#used += bytes
  }

  async #send(nextFlags: number): Promise<void> {
    const [block, used, flags] = [this.#block, this.#used, this.#flags]
    this.#block = this.#blocks.fresh()
    this.#used = 0
    this.#flags = nextFlags | (flags & BLOCK.manifest && nextFlags === 0 ? BLOCK.manifest : 0)
    this.#flushed++
    await this.#blocks.add(block, used, flags)
  }
}
