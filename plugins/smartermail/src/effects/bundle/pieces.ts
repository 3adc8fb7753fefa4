// Bytes that come in pieces of any size, taken in the sizes that a parser wants.

/** A stream of buffers that gives out exactly as many bytes as are asked for. */
export class Pieces {
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)
  /** Bytes taken so far. */
  taken = 0

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** At most so many of the next bytes, without copying; empty at the end. */
  async upTo(bytes: number): Promise<Buffer> {
    while (this.#rest.length === 0) {
      const {done, value} = await this.#chunks.next()
      if (done === true) return this.#rest
      this.#rest = value
    }
    const piece = this.#rest.subarray(0, bytes)
    this.#rest = this.#rest.subarray(piece.length)
    this.taken += piece.length
    return piece
  }

  /** Exactly so many bytes; fewer only at the end. */
  async exactly(bytes: number): Promise<Buffer> {
    if (bytes === 0) return Buffer.alloc(0)
    const first = await this.upTo(bytes)
    if (first.length === bytes || first.length === 0) return first
    const parts = [first]
    let left = bytes - first.length
    while (left > 0) {
      const part = await this.upTo(left)
      if (part.length === 0) break
      parts.push(part)
      left -= part.length
    }
    return Buffer.concat(parts)
  }

  /** Passes over so many bytes. @throws what `missing` gives when there are fewer */
  async skip(bytes: number, missing: () => Error): Promise<void> {
    for (let left = bytes; left > 0; ) {
      const piece = await this.upTo(left)
      if (piece.length === 0) throw missing()
      left -= piece.length
    }
  }
}
