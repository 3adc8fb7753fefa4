// Reads what stands between [ and ] as PCRE2 10.42 does (pcre2_compile.c parse_regex, character class).
import {
  addByte,
  bothCases,
  type ByteSet,
  complementSet,
  emptySet,
  rangeSet,
  singleSet,
  unionSet,
} from '../../regex/byte-set.js'
import {OpaqueError, PatternError} from '../../regex/parsed-pattern.js'
import {PCRE_CLASSES} from '../../regex/posix-class.js'
import {PCRE_ERROR} from './error.js'
import {readEscape} from './escape.js'
import type {PcreInput} from './input.js'
import type {PcreOptions} from './options.js'
import {SHORTHANDS} from './shorthand.js'

/** Length of the POSIX name that a `[:` here begins, up to its `:]`; undefined where the bracket is a literal. */
export const posixSyntax = (input: PcreInput, at = input.position): number | undefined => {
  const {pattern} = input
  const terminator = pattern[at]
  if (terminator !== ':' && terminator !== '.' && terminator !== '=') return undefined
  for (let next = at + 1; next + 1 < pattern.length; next++) {
    const [char, after] = [pattern[next], pattern[next + 1]]
    if (char === '\\' && (after === ']' || after === '\\')) next++
    else if ((char === '[' && after === terminator) || char === ']') return undefined
    else if (char === terminator && after === ']') return next - at - 1
  }
  return undefined
}

/** Reads a class after its `[` and returns its bytes. PatternError as PCRE2 would reject it. */
export const readClass = (input: PcreInput, options: PcreOptions): ByteSet => new ClassReader(input, options).read()

class ClassReader {
  private readonly input: PcreInput
  private readonly options: PcreOptions
  private set: ByteSet = emptySet()
  /** The byte a range could begin with, undefined where a hyphen is a byte of its own. */
  private start: number | undefined
  private ranging = false

  constructor(input: PcreInput, options: PcreOptions) {
    this.input = input
    this.options = options
  }

  read(): ByteSet {
    const negated = this.prefix()
    let first = true
    for (;;) {
      if (this.input.atEnd) throw new PatternError(PCRE_ERROR.classEnd)
      const char = this.input.take()
      if (char === ']' && !this.input.quoted && !first) break
      first = false
      this.item(char)
    }
    if (this.ranging) addByte(this.set, 0x2d)
    return negated ? complementSet(this.set) : this.set
  }

  /** Takes `^` and the empty quotes around it; what follows is the first item even if it is `]`. */
  private prefix(): boolean {
    const {input} = this
    let negated = false
    for (;;) {
      if (input.accept('\\E') || input.accept('\\Q\\E')) continue
      if (this.options.extendedMore && (input.peek() === ' ' || input.peek() === '\t')) input.position++
      else if (!negated && input.accept('^')) negated = true
      else return negated
    }
  }

  private item(char: string): void {
    const {input} = this
    if (input.quoted) {
      if (char === '\\' && input.accept('E')) input.quoted = false
      else this.literal(char.charCodeAt(0))
      return
    }
    if (this.options.extendedMore && (char === ' ' || char === '\t')) return
    if (char === '[' && input.pattern.length - input.position >= 3) {
      const length = posixSyntax(input)
      if (length !== undefined) return this.posix(length)
    }
    if (char === '-' && this.start !== undefined && !this.ranging) {
      this.ranging = true
      return
    }
    if (char === '\\') this.escape()
    else this.literal(char.charCodeAt(0))
  }

  private literal(byte: number): void {
    if (!this.ranging) {
      this.add(singleSet(byte))
      this.start = byte
      return
    }
    if (this.start! > byte) throw new PatternError(PCRE_ERROR.rangeOrder)
    this.add(rangeSet(this.start!, byte))
    this.ranging = false
    this.start = undefined
  }

  private add(set: ByteSet): void {
    this.set = unionSet(this.set, this.options.caseless ? bothCases(set) : set)
  }

  private posix(length: number): void {
    const {input} = this
    if (this.ranging) throw new PatternError(PCRE_ERROR.invalidRange)
    if (input.peek() !== ':') throw new PatternError(PCRE_ERROR.collating)
    let name = input.pattern.slice(input.position + 1, input.position + 1 + length)
    input.position += length + 3
    const negated = name.startsWith('^')
    if (negated) name = name.slice(1)
    const set = PCRE_CLASSES.get(this.options.caseless && (name === 'lower' || name === 'upper') ? 'alpha' : name)
    if (set === undefined) throw new PatternError(PCRE_ERROR.posixName)
    this.checkHyphen()
    this.start = undefined
    this.set = unionSet(this.set, negated ? complementSet(set) : set)
  }

  private escape(): void {
    const escape = readEscape(this.input, {inClass: true, groupsSoFar: 0})
    if (escape.kind === 'byte') return this.literal(escape.byte)
    const letter = escape.kind === 'special' ? escape.letter : ''
    if (letter === 'b') return this.literal(8)
    if (letter === 'Q') {
      this.input.quoted = true
      return
    }
    if (letter === 'E') return
    if ('BRX'.includes(letter)) throw new PatternError(PCRE_ERROR.classEscape)
    if (this.ranging) throw new PatternError(PCRE_ERROR.invalidRange)
    this.start = undefined
    if (letter === 'N') throw new PatternError(PCRE_ERROR.notNewline)
    if (letter === 'p' || letter === 'P') throw new OpaqueError('unicode')
    const set = SHORTHANDS.get(letter)
    if (set === undefined) throw new PatternError(PCRE_ERROR.classEscape)
    this.set = unionSet(this.set, set)
    this.checkHyphen()
  }

  /** After a class inside a class a hyphen may only be the last byte: PCRE2 rejects what Perl warns of. */
  private checkHyphen(): void {
    const {input} = this
    const last = input.position >= input.pattern.length - 1
    if (!last && input.peek() === '-' && input.peek(1) !== ']') throw new PatternError(PCRE_ERROR.invalidRange)
  }
}
