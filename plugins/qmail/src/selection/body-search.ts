// Searches the body of a message that comes in chunks, with matches across their borders.
import {unescaped} from './glob.js'
import {byteForms, parseRegex} from './regex.js'
import {usageError} from './usage-error.js'

/** A search that is fed one message at a time; kept and reset between messages. */
export interface BodySearch {
  /** Takes the next bytes of mess/N, its header included; true as soon as a pattern is found: stop reading then. */
  push: (buffer: Buffer, start: number, end: number) => boolean
  /** Says that the message is at its end; true when a pattern was found. */
  finish: () => boolean
  /** Forgets the message. */
  reset: () => void
}

/** Chars kept between chunks: a regex match longer than this may be missed where it crosses a border of chunks. */
export const REGEX_WINDOW = 4096

/** Chars that must follow a match before it counts: $ and look-ahead must not take a chunk's end for the body's. */
const LOOK_AHEAD = 256

/**
 * Compiles patterns of one option to a search for any of them. The body is searched as it was sent: base64 and
 * quoted-printable are not decoded.
 * - a plain text is found anywhere, ASCII letters in any case; * and ? have no meaning but may be written \* and \?;
 * - `/regex/` or `/regex/i`: anywhere, ^ and $ are the ends of lines.
 * USAGE error for an empty text or a bad regex.
 */
export const bodySearch = (patterns: readonly string[], option: string): BodySearch => {
  const expressions = patterns.flatMap(pattern => compile(pattern, option))
  return new WindowedSearch(
    expressions.map(({expression}) => expression),
    Math.max(...expressions.map(({window}) => window)),
  )
}

interface Windowed {
  readonly expression: RegExp
  readonly window: number
}

const compile = (pattern: string, option: string): Windowed[] => {
  const regex = parseRegex(pattern, option)
  if (regex !== undefined)
    return byteForms(regex.source).map(source => ({
      expression: new RegExp(source, `gm${regex.flags}`),
      window: REGEX_WINDOW,
    }))
  if (pattern === '') throw usageError(option, pattern, 'every body contains the empty text')
  return byteForms(unescaped(pattern)).map(text => ({expression: literal(text), window: text.length}))
}

// Letters as [aA]: the flag i would also join bytes beyond ASCII, which in UTF-8 are parts of other characters.
const literal = (text: string): RegExp => {
  const source = text
    .replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
    .replace(/[A-Za-z]/g, letter => `[${letter.toLowerCase()}${letter.toUpperCase()}]`)
  return new RegExp(source, 'g')
}

class WindowedSearch implements BodySearch {
  readonly #expressions: readonly RegExp[]
  readonly #window: number
  /** Text not yet settled; its first char only gives ^ and \b what precedes, unless `#first`. */
  #text = ''
  #first = true
  #found = false
  #inHeader = true
  /** Last bytes of the header seen, for an empty line across a border. */
  #tail = '\n'

  constructor(expressions: readonly RegExp[], window: number) {
    this.#expressions = expressions
    this.#window = window
  }

  reset(): void {
    this.#text = ''
    this.#first = true
    this.#found = false
    this.#inHeader = true
    this.#tail = '\n'
  }

  push(buffer: Buffer, start: number, end: number): boolean {
    if (this.#found) return true
    const chunk = this.#withoutHeader(buffer.toString('latin1', start, end))
    if (chunk === '') return false
    this.#text += chunk
    if (this.#search(false)) return true
    const keep = this.#window + LOOK_AHEAD + 1
    if (this.#text.length > keep) {
      this.#text = this.#text.slice(-keep)
      this.#first = false
    }
    return false
  }

  finish(): boolean {
    return this.#found || (this.#text !== '' && this.#search(true))
  }

  // A message that begins with an empty line has no header; hence the newline before its first byte.
  #withoutHeader(chunk: string): string {
    if (!this.#inHeader) return chunk
    const text = this.#tail + chunk
    const empty = /\n\r?\n/.exec(text)
    if (empty === null) {
      this.#tail = text.slice(-2)
      return ''
    }
    this.#inHeader = false
    return text.slice(empty.index + empty[0].length)
  }

  #search(last: boolean): boolean {
    const settled = last ? this.#text.length : this.#text.length - LOOK_AHEAD
    const kept = this.#text.length - this.#window - LOOK_AHEAD
    for (const expression of this.#expressions) {
      expression.lastIndex = this.#first ? 0 : 1
      const match = expression.exec(this.#text)
      // What ends within the look-ahead is seen again with the next chunk, unless its beginning would be cut off.
      if (match !== null && (match.index + match[0].length <= settled || match.index < kept)) {
        this.#found = true
        return true
      }
    }
    return false
  }
}
