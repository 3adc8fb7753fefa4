// Reads small files whole, one after the other, into one buffer that grows with the largest.
import * as fs from 'node:fs'

const {O_RDONLY, O_NOFOLLOW, O_NONBLOCK} = fs.constants
/** Not on every platform. */
const O_NOATIME = fs.constants.O_NOATIME ?? 0
const SIZE = 1 << 16
/** A buffer larger than this is given back when the next file is read. */
const KEEP = 1 << 23
/** Nobody's envelope is larger: 256 MiB are two million recipients and more. */
const MOST = 1 << 28

/** Thrown for a file that is larger than any queue file can sensibly be. */
const tooLarge = (): NodeJS.ErrnoException => Object.assign(new Error('file too large'), {code: 'EFBIG'})

/** Holds the bytes of the file read last: `buffer` from 0 to `length`. */
export class FileBytes {
  buffer = Buffer.allocUnsafeSlow(SIZE)
  length = 0
  /** Milliseconds since the epoch, where it was asked for. */
  mtimeMs = 0
  /** By who owns the file: what is refused for the one may be allowed for the other. */
  readonly #quiet = {envelope: O_NOATIME, mess: O_NOATIME}

  /**
   * Reads a file, never through a link and never waiting for a FIFO's writer; throws the system's error.
   * @param options.time get the modification time as well
   */
  read(path: string, {time = false} = {}): void {
    if (this.buffer.length > KEEP) this.buffer = Buffer.allocUnsafeSlow(SIZE)
    this.length = 0
    // Without it each read would dirty the inode: a channel file's mtime lies ahead, so relatime updates every time.
    const fd = this.#open(path, 'envelope')
    try {
      if (time) this.mtimeMs = fs.fstatSync(fd).mtimeMs
      while (this.#readMore(fd)) this.#grow()
    } finally {
      fs.closeSync(fd)
    }
  }

  /**
   * Feeds a file to `take` in pieces until that returns true; gives whether it did. The access time stays where the
   * system lets us: the 36 hour rule counts from it.
   */
  stream(path: string, take: (buffer: Buffer, length: number) => boolean): boolean {
    const fd = this.#open(path, 'mess')
    try {
      for (let size; (size = fs.readSync(fd, this.buffer, 0, this.buffer.length, null)) > 0; )
        if (take(this.buffer, size)) return true
      return false
    } finally {
      fs.closeSync(fd)
    }
  }

  /** Reads a file's beginning until `enough` says so (bytes from `seen` on are new), or `most`; access time as with `stream`. */
  readHead(path: string, enough: (buffer: Buffer, seen: number, length: number) => boolean, most: number): void {
    this.length = 0
    const fd = this.#open(path, 'mess')
    try {
      while (this.length < most) {
        const before = this.length
        const size = fs.readSync(fd, this.buffer, before, Math.min(this.buffer.length - before, 8192), null)
        if (size === 0) return
        this.length += size
        if (enough(this.buffer, before, this.length)) return
        if (this.length === this.buffer.length) this.#grow()
      }
    } finally {
      fs.closeSync(fd)
    }
  }

  // True when the buffer was filled, so that there may be more.
  #readMore(fd: number): boolean {
    const size = fs.readSync(fd, this.buffer, this.length, this.buffer.length - this.length, null)
    this.length += size
    return size > 0 && this.length === this.buffer.length
  }

  #grow(): void {
    if (this.buffer.length >= MOST) throw tooLarge()
    const larger = Buffer.allocUnsafeSlow(this.buffer.length * 2)
    this.buffer.copy(larger, 0, 0, this.length)
    this.buffer = larger
  }

  #open(path: string, kind: 'envelope' | 'mess'): number {
    const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
    const quiet = this.#quiet[kind]
    try {
      return fs.openSync(path, flags | quiet)
    } catch (error) {
      // EPERM: neither root nor the owner may leave the access time alone; from now on without.
      if ((error as NodeJS.ErrnoException).code !== 'EPERM' || quiet === 0) throw error
      this.#quiet[kind] = 0
      return fs.openSync(path, flags)
    }
  }
}
