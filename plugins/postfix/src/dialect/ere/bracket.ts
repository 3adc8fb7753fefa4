// Reads what stands between [ and ] as glibc does (regcomp.c parse_bracket_exp), quirks of REG_ICASE included.
import {
  addByte,
  type ByteSet,
  complementSet,
  emptySet,
  rangeSet,
  singleSet,
  unionSet,
  upcasedInto,
} from '../../regex/byte-set.js'
import {PatternError} from '../../regex/parsed-pattern.js'
import {POSIX_CLASSES} from '../../regex/posix-class.js'
import {ERE_ERROR} from './error.js'
import type {EreInput} from './token.js'

type BracketToken = {
  kind: 'char' | 'range' | 'close' | 'not' | 'collating' | 'equivalence' | 'named' | 'end'
  byte: number
}
type Element = {kind: 'byte' | 'collating'; byte: number} | {kind: 'set'; set: ByteSet}

// glibc keeps the name in a buffer of this size, its closing byte included.
const NAME_BYTES = 32

const OPENERS: Readonly<Record<string, BracketToken['kind']>> = {'.': 'collating', '=': 'equivalence', ':': 'named'}

/** Reads a bracket after its `[` and returns the bytes of the subject it accepts. PatternError as regerror(3). */
export const readBracket = (input: EreInput): ByteSet => {
  const reader = new BracketReader(input)
  return reader.read()
}

class BracketReader {
  private readonly input: EreInput
  private set: ByteSet = emptySet()

  constructor(input: EreInput) {
    this.input = input
  }

  read(): ByteSet {
    let token = this.fetchFirst()
    const negated = token.kind === 'not'
    if (negated) token = this.fetchFirst()
    let first = true
    while (first || token.kind !== 'close') {
      if (token.kind === 'end') throw new PatternError(ERE_ERROR.bracket)
      this.readItem(token, first)
      first = false
      token = this.fetch()
    }
    return this.finish(negated)
  }

  private finish(negated: boolean): ByteSet {
    const {icase, newline} = this.input.options
    if (negated && newline) addByte(this.set, 0x0a)
    const set = negated ? complementSet(this.set) : this.set
    return icase ? upcasedInto(set) : set
  }

  private fetchFirst(): BracketToken {
    const token = this.fetch()
    if (token.kind === 'end') throw new PatternError(ERE_ERROR.pattern)
    return token
  }

  private fetch(): BracketToken {
    const {input} = this
    if (input.atEnd) return {kind: 'end', byte: 0}
    const byte = input.folded()
    input.position++
    if (byte === 0x5b) {
      const opener = OPENERS[String.fromCharCode(input.raw())]
      if (opener === undefined) return {kind: 'char', byte}
      input.position++
      return {kind: opener, byte: input.raw(-1)}
    }
    const kind = byte === 0x2d ? 'range' : byte === 0x5d ? 'close' : byte === 0x5e ? 'not' : 'char'
    return {kind, byte}
  }

  private peek(): BracketToken {
    const {position} = this.input
    const token = this.fetch()
    this.input.position = position
    return token
  }

  private readItem(token: BracketToken, hyphenAllowed: boolean): void {
    const start = this.element(token, hyphenAllowed)
    if (start.kind === 'set') {
      this.set = unionSet(this.set, start.set)
      return
    }
    const next = this.peek()
    if (next.kind === 'end') throw new PatternError(ERE_ERROR.bracket)
    if (next.kind === 'range' && this.rangeFollows()) {
      const end = this.element(this.fetch(), true)
      if (end.kind === 'set' || start.byte > end.byte) throw new PatternError(ERE_ERROR.range)
      this.set = unionSet(this.set, rangeSet(start.byte, end.byte))
      return
    }
    this.set = unionSet(this.set, singleSet(start.byte))
  }

  /** True after taking the hyphen of a range; a hyphen before `]` is left as a byte of its own. */
  private rangeFollows(): boolean {
    const {position} = this.input
    this.fetch()
    const after = this.peek()
    if (after.kind === 'end') throw new PatternError(ERE_ERROR.bracket)
    if (after.kind !== 'close') return true
    this.input.position = position
    return false
  }

  private element(token: BracketToken, hyphenAllowed: boolean): Element {
    if (token.kind === 'collating' || token.kind === 'equivalence' || token.kind === 'named') return this.symbol(token)
    if (token.kind === 'range' && !hyphenAllowed && this.peek().kind !== 'close')
      throw new PatternError(ERE_ERROR.range)
    return {kind: 'byte', byte: token.byte}
  }

  private symbol(token: BracketToken): Element {
    const name = this.symbolName(token)
    if (token.kind === 'named') return {kind: 'set', set: this.namedClass(name)}
    // No locale of many bytes: a collating symbol or an equivalence class is one byte, or unknown.
    if (name.length !== 1) throw new PatternError(ERE_ERROR.collation)
    const byte = name.charCodeAt(0)
    return token.kind === 'collating' ? {kind: 'collating', byte} : {kind: 'set', set: singleSet(byte)}
  }

  private namedClass(name: string): ByteSet {
    const folded = this.input.options.icase && (name === 'upper' || name === 'lower') ? 'alpha' : name
    const set = POSIX_CLASSES.get(folded)
    if (set === undefined) throw new PatternError(ERE_ERROR.ctype)
    return set
  }

  private symbolName({kind, byte: delimiter}: BracketToken): string {
    const {input} = this
    if (input.atEnd) throw new PatternError(ERE_ERROR.bracket)
    let name = ''
    for (;;) {
      if (name.length >= NAME_BYTES) throw new PatternError(ERE_ERROR.bracket)
      // The name of a class is read as written, the two others upcased.
      const byte = kind === 'named' ? input.raw() : input.folded()
      input.position++
      if (input.atEnd) throw new PatternError(ERE_ERROR.bracket)
      if (byte === delimiter && input.raw() === 0x5d) break
      name += String.fromCharCode(byte)
    }
    input.position++
    return name
  }
}
