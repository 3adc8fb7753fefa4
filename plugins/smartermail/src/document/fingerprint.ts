// A number for a text, by which two readings of a document are compared without keeping either.

/**
 * 53 bits of a text (cyrb53): enough to see an accident, no protection against intent. Both readers get the same bytes, so
 * nobody gains by a collision.
 */
export const fingerprint = (text: string, seed = 0): number => {
  let high = 0xdeadbeef ^ seed
  let low = 0x41c6ce57 ^ seed
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    high = Math.imul(high ^ code, 2654435761)
    low = Math.imul(low ^ code, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return 4294967296 * (2097151 & low) + (high >>> 0)
}

/** A list of numbers that grows and takes eight bytes each. */
export class Numbers {
  #values = new Float64Array(1024)
  #length = 0

  static from(values: Float64Array<ArrayBuffer>): Numbers {
    const numbers = new Numbers()
    numbers.#values = values
    numbers.#length = values.length
    return numbers
  }
  get length(): number {
    return this.#length
  }
  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(Math.max(1024, this.#values.length * 2))
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#length++] = value
  }
  toArray(): Float64Array<ArrayBuffer> {
    return this.#values.slice(0, this.#length)
  }
  at(index: number): number | undefined {
    return index < this.#length ? this.#values[index] : undefined
  }
}
