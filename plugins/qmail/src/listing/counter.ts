// Counts by key without growing for ever: the keys come from strangers.

/** A key with what was counted for it. */
export interface Counted {
  readonly key: string
  count: number
  bytes: number
}

/** How many different keys are held. */
const KEPT = 50_000

/**
 * Counts messages and bytes by key. Beyond 50,000 different keys the rarer half is forgotten now and then; a key that
 * makes up more than a thousandth of all is still found, its count at most a little too small (`isExact` tells).
 */
export class Counter {
  #counts = new Map<string, Counted>()
  /** False once keys were forgotten. */
  isExact = true

  add(key: string, bytes: number): void {
    const counted = this.#counts.get(key)
    if (counted !== undefined) {
      counted.count++
      counted.bytes += bytes
      return
    }
    if (this.#counts.size >= KEPT) this.#forget()
    this.#counts.set(key, {key, count: 1, bytes})
  }

  /** The most frequent keys, the heavier first among equals, then by name. */
  top(count: number): readonly Counted[] {
    return [...this.#counts.values()]
      .sort((a, b) => b.count - a.count || b.bytes - a.bytes || (a.key < b.key ? -1 : 1))
      .slice(0, count)
  }

  #forget(): void {
    this.isExact = false
    this.#counts = new Map(this.top(KEPT / 2).map(counted => [counted.key, counted]))
  }
}
