// Messages and bytes by key and age, compact: a queue may have as many senders as messages.
import {AGE_BINS, ageBin} from './age-bins.js'

/** One group of messages. */
export interface Group {
  readonly key: string
  readonly messages: number
  readonly bytes: number
  /** Messages by age, as AGE_LIMITS_SECONDS. */
  readonly ages: readonly number[]
}

/** Different keys held; what comes later under a new key is counted as `others`. Five hundred thousand take some 100 MB. */
const MOST_KEYS = 500_000

/** Sums by key. */
export class Tally {
  readonly #index = new Map<string, number>()
  #bytes = new Float64Array(64)
  #ages = new Uint32Array(64 * AGE_BINS)
  readonly #others: {messages: number; bytes: number} = {messages: 0, bytes: 0}

  /** Counts a message under a key; `ageSeconds` null counts as old. */
  add(key: string, size: number, ageSeconds: number | null): void {
    const index = this.#index.get(key) ?? this.#newKey(key)
    if (index === undefined) {
      this.#others.messages++
      this.#others.bytes += size
      return
    }
    this.#bytes[index]! += size
    this.#ages[index * AGE_BINS + (ageSeconds === null ? AGE_BINS - 1 : ageBin(ageSeconds))]!++
  }

  /** Number of different keys. */
  get size(): number {
    return this.#index.size
  }

  /** The groups with the most messages, the heavier first among equals, then by key. */
  top(count: number): Group[] {
    const groups = [...this.#index].map(([key, index]) => ({key, index, messages: this.#messages(index), bytes: this.#bytes[index]!}))
    return groups
      .sort((a, b) => b.messages - a.messages || b.bytes - a.bytes || (a.key < b.key ? -1 : 1))
      .slice(0, count)
      .map(({key, index, messages, bytes}) => ({key, messages, bytes, ages: this.#agesOf(index)}))
  }

  /** Groups in the order of the keys given, those of no message left out. */
  ordered(keys: readonly string[]): Group[] {
    return keys.flatMap(key => {
      const index = this.#index.get(key)
      if (index === undefined) return []
      return [{key, messages: this.#messages(index), bytes: this.#bytes[index]!, ages: this.#agesOf(index)}]
    })
  }

  /** What was counted under no key of its own because there were too many. */
  get others(): {readonly messages: number; readonly bytes: number} {
    return this.#others
  }

  #newKey(key: string): number | undefined {
    const index = this.#index.size
    if (index >= MOST_KEYS) return undefined
    if (index === this.#bytes.length) {
      const bytes = new Float64Array(index * 2)
      bytes.set(this.#bytes)
      this.#bytes = bytes
      const ages = new Uint32Array(index * 2 * AGE_BINS)
      ages.set(this.#ages)
      this.#ages = ages
    }
    // A slice of a file's text would keep all of that text.
    this.#index.set(Buffer.from(key, 'utf16le').toString('utf16le'), index)
    return index
  }

  #agesOf(index: number): number[] {
    return Array.from(this.#ages.subarray(index * AGE_BINS, (index + 1) * AGE_BINS))
  }

  #messages(index: number): number {
    let sum = 0
    for (let bin = 0; bin < AGE_BINS; bin++) sum += this.#ages[index * AGE_BINS + bin]!
    return sum
  }
}
