// The escapes of PCRE2 that stand for a set of bytes, default tables and no UTF (pcre2pattern(3), generic types).
import {type ByteSet, complementSet, setOf} from '../../regex/byte-set.js'
import {DIGIT, SPACE, WORD} from '../../regex/posix-class.js'

const HORIZONTAL = setOf('\t \xa0')
const VERTICAL = setOf('\n\v\f\r\x85')

/** The sets of `\d \D \w \W \s \S \h \H \v \V`, by letter. */
export const SHORTHANDS: ReadonlyMap<string, ByteSet> = new Map([
  ['d', DIGIT],
  ['D', complementSet(DIGIT)],
  ['w', WORD],
  ['W', complementSet(WORD)],
  ['s', SPACE],
  ['S', complementSet(SPACE)],
  ['h', HORIZONTAL],
  ['H', complementSet(HORIZONTAL)],
  ['v', VERTICAL],
  ['V', complementSet(VERTICAL)],
])
