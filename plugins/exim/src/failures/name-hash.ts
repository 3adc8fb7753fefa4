// Finds an account by the bytes of its name, without making a string of them: most lines name one that is known.

const START = 1 << 12
// Slots of three numbers: both halves of the hash, and the index plus one.
const SLOT = 3

// FNV-1a in one half, Bernstein's in the other: a handful of cycles a byte, and they fail on different names.
const FIRST_HIGH = 0x811c9dc5 | 0
const FIRST_LOW = 0x2545f491
const LOWER = Int32Array.from({length: 256}, (_, code) => (code >= 65 && code <= 90 ? code | 32 : code))

/** The two halves of a name's hash, without case of ASCII letters. */
export class NameHash {
  high = 0
  low = 0

  ofBytes(bytes: Uint8Array, start: number, end: number): this {
    let high = FIRST_HIGH
    let low = FIRST_LOW
    for (let index = start; index < end; index++) {
      const code = LOWER[bytes[index]!]!
      high = Math.imul(high ^ code, 0x01000193)
      low = (Math.imul(low, 31) + code) | 0
    }
    return this.end(high, low)
  }

  /** Of a text of one character a byte. */
  ofText(text: string): this {
    let high = FIRST_HIGH
    let low = FIRST_LOW
    for (let index = 0; index < text.length; index++) {
      const code = LOWER[text.charCodeAt(index) & 255]!
      high = Math.imul(high ^ code, 0x01000193)
      low = (Math.imul(low, 31) + code) | 0
    }
    return this.end(high, low)
  }

  private end(high: number, low: number): this {
    this.high = high ^ (high >>> 15)
    this.low = Math.imul(low ^ (low >>> 15), 0x85ebca6b)
    return this
  }
}

/** Indexes by hash. Names of equal hash (64 bits) would be taken for one, which costs a line in a report, no more. */
export class HashIndex {
  private slots = new Int32Array(SLOT * START)
  private size = 0

  /** The index of a name, -1 when it is not there. */
  find(high: number, low: number): number {
    const slot = this.slot(this.slots, high, low)
    return this.slots[slot + 2]! - 1
  }

  set({high, low}: NameHash, index: number): void {
    if (2 * ++this.size > this.slots.length / SLOT) this.grow()
    this.put(this.slots, high, low, index + 1)
  }

  private put(slots: Int32Array, high: number, low: number, value: number): void {
    const slot = this.slot(slots, high, low)
    slots[slot] = high
    slots[slot + 1] = low
    slots[slot + 2] = value
  }

  private slot(slots: Int32Array, high: number, low: number): number {
    const last = slots.length / SLOT - 1
    let slot = (low >>> 8) & last
    while (slots[SLOT * slot + 2] !== 0 && (slots[SLOT * slot] !== high || slots[SLOT * slot + 1] !== low)) slot = (slot + 1) & last
    return SLOT * slot
  }

  private grow(): void {
    const old = this.slots
    this.slots = new Int32Array(2 * old.length)
    for (let slot = 0; slot < old.length; slot += SLOT)
      if (old[slot + 2] !== 0) this.put(this.slots, old[slot]!, old[slot + 1]!, old[slot + 2]!)
  }
}
