// A growing array of 32-bit integers, and a set of short integer lists that each get a number.

/** Integers one after the other, in as few allocations as doubling needs. */
export class IntPool {
  data: Int32Array
  length = 0

  constructor(capacity = 1024) {
    this.data = new Int32Array(capacity)
  }

  push(value: number): void {
    if (this.length === this.data.length) this.reserve(this.length + 1)
    this.data[this.length++] = value
  }

  /** Makes room for `count` values in all. */
  reserve(count: number): void {
    if (count <= this.data.length) return
    const grown = new Int32Array(Math.max(count, this.data.length * 2))
    grown.set(this.data.subarray(0, this.length))
    this.data = grown
  }

  /** Sets the length, new values being `value`. */
  fillTo(count: number, value: number): void {
    this.reserve(count)
    this.data.fill(value, this.length, count)
    this.length = count
  }
}

/** Lists of integers, each stored once: `add` gives equal lists the same number, counted from 0. */
export class ListStore {
  private readonly starts = new IntPool()
  private readonly values = new IntPool(4096)
  private buckets = new Int32Array(1024).fill(-1)

  constructor() {
    this.starts.push(0)
  }

  get size(): number {
    return this.starts.length - 1
  }

  /** How many integers all lists hold: what the memory of the store grows with. */
  get integers(): number {
    return this.values.length
  }

  /** Returns the list as a view, valid until the next `add`. */
  get(id: number): Int32Array {
    return this.values.data.subarray(this.starts.data[id]!, this.starts.data[id + 1]!)
  }

  /** Returns the number of the list made of the first `length` values. */
  add(list: Int32Array, length = list.length): number {
    const mask = this.buckets.length - 1
    let slot = hash(list, length) & mask
    for (let id = this.buckets[slot]!; id >= 0; id = this.buckets[slot]!) {
      if (this.same(id, list, length)) return id
      slot = (slot + 1) & mask
    }
    const id = this.size
    this.values.reserve(this.values.length + length)
    for (let at = 0; at < length; at++) this.values.push(list[at]!)
    this.starts.push(this.values.length)
    this.buckets[slot] = id
    if (this.size * 2 > this.buckets.length) this.rehash()
    return id
  }

  private same(id: number, list: Int32Array, length: number): boolean {
    const start = this.starts.data[id]!
    if (this.starts.data[id + 1]! - start !== length) return false
    const {data} = this.values
    for (let at = 0; at < length; at++) if (data[start + at] !== list[at]) return false
    return true
  }

  private rehash(): void {
    this.buckets = new Int32Array(this.buckets.length * 4).fill(-1)
    const mask = this.buckets.length - 1
    for (let id = 0; id < this.size; id++) {
      const list = this.get(id)
      let slot = hash(list, list.length) & mask
      while (this.buckets[slot]! >= 0) slot = (slot + 1) & mask
      this.buckets[slot] = id
    }
  }
}

// FNV-1a over whole integers, with a last mix, as neighbouring states differ in low bits only.
const hash = (list: Int32Array, length: number): number => {
  let value = 0x811c9dc5
  for (let at = 0; at < length; at++) value = Math.imul(value ^ list[at]!, 0x01000193)
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d)
  return (value ^ (value >>> 13)) >>> 0
}
