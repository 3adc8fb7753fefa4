// Reads what follows a backslash as PCRE2 10.42 does (pcre2_compile.c check_escape), without UTF.
import {OpaqueError, PatternError} from '../../regex/parsed-pattern.js'
import {PCRE_ERROR} from './error.js'
import type {PcreInput} from './input.js'

export type Escape =
  | {readonly kind: 'byte'; readonly byte: number}
  | {readonly kind: 'special'; readonly letter: string}
  | {readonly kind: 'back-reference'; readonly group: number}

const BYTES: Readonly<Record<string, number>> = {a: 7, e: 27, f: 12, n: 10, r: 13, t: 9}
const SPECIAL = 'ABbCDdEGHhKNpPQRsSvVwWXZzk'
const UNSUPPORTED = 'FlLuU'

/** Reads after the backslash. @param groupsSoFar decides between `\12` the octal and the reference */
export const readEscape = (
  input: PcreInput,
  {inClass, groupsSoFar}: {inClass: boolean; groupsSoFar: number},
): Escape => {
  if (input.atEnd) throw new PatternError(PCRE_ERROR.backslashAtEnd)
  const char = input.take()
  if (!/[0-9A-Za-z]/.test(char)) return {kind: 'byte', byte: char.charCodeAt(0)}
  const byte = BYTES[char]
  if (byte !== undefined) return {kind: 'byte', byte}
  if (SPECIAL.includes(char)) {
    if (char === 'N' && input.peek() === '{') checkNotNewline(input)
    if (char === 'k' && !inClass && !/^[{<']/.test(input.peek())) throw new PatternError(PCRE_ERROR.nameReference)
    return {kind: 'special', letter: char}
  }
  if (UNSUPPORTED.includes(char)) throw new PatternError(PCRE_ERROR.perlEscape)
  if (char >= '0' && char <= '9') return readDigits(input, char, {inClass, groupsSoFar})
  switch (char) {
    case 'g':
      if (inClass) return {kind: 'byte', byte: 0x67}
      if (!/^(?:[{<']|[+-]?\d)/.test(`${input.peek()}${input.peek(1)}`)) throw new PatternError(PCRE_ERROR.groupReference)
      throw new OpaqueError('back-reference')
    case 'o':
      return {kind: 'byte', byte: readOctal(input)}
    case 'x':
      return {kind: 'byte', byte: readHex(input)}
    case 'c':
      return {kind: 'byte', byte: readControl(input)}
    default:
      throw new PatternError(PCRE_ERROR.unknownEscape)
  }
}

const checkNotNewline = (input: PcreInput): void => {
  if (input.peek(1) === 'U' && input.peek(2) === '+') throw new PatternError(PCRE_ERROR.namedUnicode)
  const {position} = input
  const quantifier = input.match(/\{\d+(,\d*)?\}/y)
  input.position = position
  if (quantifier === '') throw new PatternError(PCRE_ERROR.perlEscape)
}

const readDigits = (
  input: PcreInput,
  first: string,
  {inClass, groupsSoFar}: {inClass: boolean; groupsSoFar: number},
): Escape => {
  if (!inClass && first !== '0') {
    const {position} = input
    const number = Number(first + input.match(/\d*/y))
    if (number < 10 || first >= '8' || number <= groupsSoFar) return {kind: 'back-reference', group: number}
    input.position = position
  }
  if (first >= '8') return {kind: 'byte', byte: first.charCodeAt(0)}
  const byte = Number.parseInt(first + input.match(/[0-7]{0,2}/y), 8)
  if (byte > 0xff) throw new PatternError(PCRE_ERROR.octalValue)
  return {kind: 'byte', byte}
}

const readOctal = (input: PcreInput): number => {
  if (!input.accept('{')) throw new PatternError(PCRE_ERROR.octalBrace)
  return braced(input.match(/[0-7]*/y), input, {base: 8, wrong: PCRE_ERROR.octalDigit})
}

const readHex = (input: PcreInput): number => {
  if (!input.accept('{')) return Number.parseInt(`0${input.match(/[0-9A-Fa-f]{0,2}/y)}`, 16)
  return braced(input.match(/[0-9A-Fa-f]*/y), input, {base: 16, wrong: PCRE_ERROR.hexDigit})
}

const braced = (digits: string, input: PcreInput, {base, wrong}: {base: number; wrong: string}): number => {
  if (digits === '' && (input.atEnd || input.peek() === '}')) throw new PatternError(PCRE_ERROR.digitsMissing)
  const significant = digits.replace(/^0+/, '')
  if (Number.parseInt(significant || '0', base) > 0xff) throw new PatternError(PCRE_ERROR.codePoint)
  if (!input.accept('}')) throw new PatternError(wrong)
  return Number.parseInt(significant || '0', base)
}

const readControl = (input: PcreInput): number => {
  if (input.atEnd) throw new PatternError(PCRE_ERROR.control)
  const byte = input.take().charCodeAt(0)
  if (byte < 32 || byte > 126) throw new PatternError(PCRE_ERROR.controlCharacter)
  return (byte >= 0x61 && byte <= 0x7a ? byte - 32 : byte) ^ 0x40
}
