// Cuts a POSIX pattern into tokens as glibc does (regcomp.c peek_token), for extended and basic syntax.
import {upperByte} from '../../regex/byte-set.js'
import type {Assertion} from '../../regex/node.js'

/** The flags of a regexp: rule as Postfix hands them to regcomp(3); the `x` flag of a table takes `extended` away. */
export interface EreOptions {
  readonly icase: boolean
  readonly newline: boolean
  readonly extended: boolean
}

export type EreToken =
  | {readonly kind: 'char'; readonly byte: number}
  | {readonly kind: 'anchor'; readonly at: Assertion}
  | {readonly kind: 'back-reference'; readonly group: number}
  | {readonly kind: 'class'; readonly name: 'w' | 'W' | 's' | 'S'}
  | {readonly kind: 'star' | 'plus' | 'question' | 'open-count' | 'close-count'; readonly byte: number}
  | {readonly kind: 'open' | 'close' | 'alt' | 'dot' | 'bracket' | 'backslash' | 'end'}

const ESCAPED_ANCHORS: Readonly<Record<string, Assertion>> = {
  '<': 'word-start',
  '>': 'word-end',
  b: 'word',
  B: 'not-word',
  '`': 'start',
  "'": 'end',
}

/** A pattern and how far it has been read. */
export class EreInput {
  readonly pattern: string
  readonly options: EreOptions
  position = 0

  constructor(pattern: string, options: EreOptions) {
    this.pattern = pattern
    this.options = options
  }

  /** The byte at `position + ahead` as written, NaN beyond the end. */
  raw(ahead = 0): number {
    return this.pattern.charCodeAt(this.position + ahead)
  }

  /** The same byte upcased under REG_ICASE: how glibc reads everything that is not escaped. */
  folded(ahead = 0): number {
    return this.options.icase ? upperByte(this.raw(ahead)) : this.raw(ahead)
  }

  get atEnd(): boolean {
    return this.position >= this.pattern.length
  }

  /** Reads one token outside brackets. @param caretHere true at the start, after `(` and after `|` */
  next(caretHere = false): EreToken {
    const {token, length} = this.peek(caretHere)
    this.position += length
    return token
  }

  private peek(caretHere: boolean): {token: EreToken; length: number} {
    if (this.atEnd) return {token: {kind: 'end'}, length: 0}
    if (this.raw() !== 0x5c) return {token: this.plain(caretHere), length: 1}
    if (this.position + 1 >= this.pattern.length) return {token: {kind: 'backslash'}, length: 1}
    return {token: this.escaped(), length: 2}
  }

  private escaped(): EreToken {
    const byte = this.raw(1)
    const char = String.fromCharCode(byte)
    const at = ESCAPED_ANCHORS[char]
    if (at !== undefined) return {kind: 'anchor', at}
    if (char >= '1' && char <= '9') return {kind: 'back-reference', group: Number(char)}
    if (char === 'w' || char === 'W' || char === 's' || char === 'S') return {kind: 'class', name: char}
    if (!this.options.extended) return basicOperator(char, byte)
    // Not upcased, while the subject is: under REG_ICASE an escaped lowercase letter matches nothing.
    return {kind: 'char', byte}
  }

  private plain(caretHere: boolean): EreToken {
    const byte = this.folded()
    const char = String.fromCharCode(byte)
    if (char === '*') return {kind: 'star', byte}
    if (char === '[') return {kind: 'bracket'}
    if (char === '.') return {kind: 'dot'}
    if (char === '^') return this.caret(caretHere)
    if (char === '$') return this.dollar()
    if (this.options.extended) {
      const operator = extendedOperator(char, byte)
      if (operator !== undefined) return operator
    }
    return {kind: 'char', byte}
  }

  private caret(caretHere: boolean): EreToken {
    if (!this.options.extended && !caretHere && this.position !== 0) return {kind: 'char', byte: 0x5e}
    return {kind: 'anchor', at: this.options.newline ? 'line-start' : 'start'}
  }

  private dollar(): EreToken {
    if (!this.options.extended && this.position + 1 < this.pattern.length) {
      this.position++
      const {kind} = this.peek(false).token
      this.position--
      if (kind !== 'alt' && kind !== 'close') return {kind: 'char', byte: 0x24}
    }
    return {kind: 'anchor', at: this.options.newline ? 'line-end' : 'end'}
  }
}

const extendedOperator = (char: string, byte: number): EreToken | undefined => {
  switch (char) {
    case '(':
      return {kind: 'open'}
    case ')':
      return {kind: 'close'}
    case '|':
      return {kind: 'alt'}
    case '+':
      return {kind: 'plus', byte}
    case '?':
      return {kind: 'question', byte}
    case '{':
      return {kind: 'open-count', byte}
    case '}':
      return {kind: 'close-count', byte}
    default:
      return undefined
  }
}

// In basic syntax the operators are the escaped ones, and the same bytes: a letter never is one.
const basicOperator = (char: string, byte: number): EreToken => extendedOperator(char, byte) ?? {kind: 'char', byte}
