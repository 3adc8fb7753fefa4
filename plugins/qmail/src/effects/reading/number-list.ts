// A growing list of message numbers, eight bytes each; numbers beyond 2^53 apart.
import type {MessageNumber} from '../../queue/number.js'

/** Message numbers as they are found, to be sorted once. */
export class NumberList {
  #numbers = new Float64Array(1024)
  #length = 0
  readonly #beyond: bigint[] = []

  add(number: MessageNumber): void {
    if (typeof number === 'bigint') {
      this.#beyond.push(number)
      return
    }
    if (this.#length === this.#numbers.length) {
      const larger = new Float64Array(this.#length * 2)
      larger.set(this.#numbers)
      this.#numbers = larger
    }
    this.#numbers[this.#length++] = number
  }

  /** The numbers up to 2^53 - 1, ascending; a view, not a copy. */
  sorted(): Float64Array {
    return this.#numbers.subarray(0, this.#length).sort()
  }

  /** The numbers beyond. */
  get beyond(): readonly bigint[] {
    return this.#beyond
  }
}
