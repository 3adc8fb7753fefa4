// The two ways in which blocks lie in a bundle's file, plain and encrypted, behind one interface.
import {readSync} from 'node:fs'

/** Where a block lies. */
export interface BlockRef {
  /** Of its first byte in the file, its frame included. */
  readonly offset: number
  /** With its frame. */
  readonly bytes: number
  /** Bits of BLOCK. */
  readonly flags: number
  readonly index: number
  /** Number of its segment in the scan; always 0 in a plain bundle. */
  readonly segment: number
}

/** What a walk over the frames of a file finds. */
export interface Scan {
  readonly blocks: readonly BlockRef[]
  /** Where the last whole frame ends. */
  readonly end: number
  /** Nothing behind the last whole frame, and that one is marked as the last. */
  readonly whole: boolean
}

/** Frames blocks to be appended. */
export interface Framer {
  /** The bytes to append for a block: a member as memberOf makes it, with the same flags. */
  readonly frame: (member: Buffer, flags: number) => Buffer
}

/** How to read and to write the frames of one bundle. */
export interface Framing {
  readonly sealed: boolean
  /** Bytes of the file before its first block. */
  readonly start: number
  /** Bytes of a frame that a new framer may put before its first block. */
  readonly overhead: number
  /** Walks over the frames without unpacking anything. */
  readonly scan: (fd: number, size: number) => Scan
  /** A block's gzip member. @throws OpsError 65 when it is not as it was written */
  readonly read: (fd: number, block: BlockRef) => Buffer
  /** The framing of a new file beside this one, under the same passphrase, and the header to begin it with. */
  readonly twin: (path: string) => {readonly framing: Framing; readonly header: Buffer}
  /** Continues behind these blocks of the file, none for a new file. */
  readonly continueAfter: (fd: number, blocks: readonly BlockRef[]) => Framer
}

/** Up to `bytes` bytes at an offset; fewer only at the file's end. */
export const readAt = (fd: number, offset: number, bytes: number): Buffer => {
  const buffer = Buffer.allocUnsafe(bytes)
  let at = 0
  while (at < bytes) {
    const read = readSync(fd, buffer, at, bytes - at, offset + at)
    if (read === 0) break
    at += read
  }
  return buffer.subarray(0, at)
}
