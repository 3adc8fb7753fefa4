// Entries of a whole source, one a key, in a sixth of the memory that objects would take.
import {keyText} from '../policy/transition.js'
import type {Entry} from '../store/store.js'
import {merged} from './imported.js'

/** Numbers of an entry: first, last, passed, tries. */
const WIDTH = 4

/** Entries by key, in the order in which their keys came. */
export interface GatheredEntries extends Iterable<Entry> {
  readonly length: number
  /** How many of them have passed. */
  readonly passed: number
}

/** Takes entries one by one; of two with the same key it keeps what `merged` makes of them. */
export class EntryGatherer implements GatheredEntries {
  readonly #places = new Map<string, number>()
  #numbers = new Float64Array(1024 * WIDTH)

  get length(): number {
    return this.#places.size
  }

  get passed(): number {
    let count = 0
    for (let n = 0; n < this.length; n++) if ((this.#numbers[n * WIDTH + 2] ?? 0) > 0) count++
    return count
  }

  /** Adds one; what is there of its key already takes the better of both. */
  add(entry: Entry): void {
    const key = keyText(entry)
    const place = this.#places.get(key)
    if (place === undefined) {
      const next = this.length
      this.#places.set(key, next)
      if ((next + 1) * WIDTH > this.#numbers.length) this.#grow()
      this.#write(next, entry)
    } else this.#write(place, merged(this.#read(key, place), entry))
  }

  *[Symbol.iterator](): Generator<Entry> {
    for (const [key, place] of this.#places) yield this.#read(key, place)
  }

  #grow(): void {
    const larger = new Float64Array(this.#numbers.length * 2)
    larger.set(this.#numbers)
    this.#numbers = larger
  }

  #write(place: number, {first, last, passed, tries}: Entry): void {
    this.#numbers.set([first, last, passed, tries], place * WIDTH)
  }

  #read(key: string, place: number): Entry {
    const [network = '', sender = '', recipient = ''] = key.split('\n')
    const [first = 0, last = 0, passed = 0, tries = 0] = this.#numbers.subarray(place * WIDTH, (place + 1) * WIDTH)
    return {network, sender, recipient, first, last, passed, tries}
  }
}
