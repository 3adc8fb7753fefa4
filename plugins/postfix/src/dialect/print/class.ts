// Writes a set of bytes in its shortest form: a byte, a dot, a shorthand, a bracket.
import {bothCases, type ByteSet, isEmptySet, members, sameSet, singleSet} from '../../regex/byte-set.js'
import {SHORTHANDS} from '../pcre/shorthand.js'
import {isAny, printBracket} from './bracket.js'
import type {PrintTarget} from './target.js'

const ERE_SPECIAL = '.[\\()*+?{|^$'
// The braces too: PCRE2 10.43 reads more of them as counts than 10.42 does.
const PCRE_SPECIAL = '.[\\()*+?{|^$'

/** Returns what matches one byte of the set. PrintError when the target cannot say it. */
export const printClass = (set: ByteSet, target: PrintTarget): string => {
  if (isAny(set)) return '.'
  const single = singleByte(set, target)
  if (single !== undefined) return printByte(single, target)
  if (target.engine === 'pcre') {
    if (isAny(set, true)) return '\\N'
    for (const [letter, shorthand] of SHORTHANDS) if (sameSet(set, shorthand)) return `\\${letter}`
  }
  return printBracket(set, target)
}

/** The byte that stands for the set: alone in it, or in lower case where both cases are in it and case is folded. */
const singleByte = (set: ByteSet, {engine, icase}: PrintTarget): number | undefined => {
  if (isEmptySet(set)) return undefined
  const bytes = members(set).filter(byte => byte !== 0)
  const byte = bytes.at(-1)
  if (byte === undefined || bytes.length > 2) return undefined
  // A newline cannot stand in a table, and regexp: has no escape for it.
  if (engine === 'regexp' && byte === 0x0a) return undefined
  const meant = icase ? bothCases(singleSet(byte)) : singleSet(byte)
  return members(meant).length === bytes.length && members(meant).every(other => bytes.includes(other))
    ? byte
    : undefined
}

const printByte = (byte: number, {engine}: PrintTarget): string => {
  const char = String.fromCharCode(byte)
  if (engine === 'regexp') return ERE_SPECIAL.includes(char) ? `\\${char}` : char
  if (PCRE_SPECIAL.includes(char)) return `\\${char}`
  if (byte === 0x0a) return '\\n'
  return byte < 0x20 || byte > 0x7e ? `\\x${byte.toString(16).padStart(2, '0')}` : char
}
