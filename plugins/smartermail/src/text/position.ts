// From an offset in a text to line and column.

/** Line and column from 1, columns in UTF-16 units; a line ends with LF. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** The place of one offset. */
export const placeOf = (text: string, offset: number): Place => new Places(text).at(offset)

/** Places of many offsets of one text; cheapest when they ascend. */
export class Places {
  readonly #text: string
  #line = 1
  #start = 0
  /** Offset of the next LF: looked for once, since a line may be as long as the file. */
  #end: number

  constructor(text: string) {
    this.#text = text
    this.#end = this.#nextEnd()
  }

  /** The place of an offset. */
  at(offset: number): Place {
    if (offset < this.#start) {
      this.#line = 1
      this.#start = 0
      this.#end = this.#nextEnd()
    }
    while (this.#end < offset) {
      this.#line++
      this.#start = this.#end + 1
      this.#end = this.#nextEnd()
    }
    return {line: this.#line, column: offset - this.#start + 1}
  }

  #nextEnd(): number {
    const end = this.#text.indexOf('\n', this.#start)
    return end === -1 ? Number.POSITIVE_INFINITY : end
  }
}
