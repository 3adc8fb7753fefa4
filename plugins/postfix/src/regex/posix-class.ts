// The named classes of POSIX and PCRE2 as both engines see them: the C locale, no byte from 0x80 on in any of them.
import {type ByteSet, complementSet, intersectSet, rangeSet, setOf, singleSet, unionSet} from './byte-set.js'

const upper = rangeSet(0x41, 0x5a)
const lower = rangeSet(0x61, 0x7a)
const digit = rangeSet(0x30, 0x39)
const alpha = unionSet(upper, lower)
const alnum = unionSet(alpha, digit)
const graph = rangeSet(0x21, 0x7e)

/** isspace(3) in the C locale: also `\s` of both dialects. */
export const SPACE: ByteSet = setOf(' \t\n\v\f\r')

/** Letters, digits and the underscore: `\w` of both dialects, and what `\b` looks at. */
export const WORD: ByteSet = unionSet(alnum, singleSet(0x5f))

export const DIGIT: ByteSet = digit

export const NEWLINE: ByteSet = singleSet(0x0a)

const POSIX: Readonly<Record<string, ByteSet>> = {
  alpha,
  lower,
  upper,
  alnum,
  digit,
  space: SPACE,
  blank: setOf(' \t'),
  cntrl: unionSet(rangeSet(0, 0x1f), singleSet(0x7f)),
  graph,
  print: unionSet(graph, singleSet(0x20)),
  punct: intersectSet(graph, complementSet(alnum)),
  xdigit: setOf('0123456789abcdefABCDEF'),
}

/** The names inside `[:name:]` that glibc knows (regcomp.c build_charclass). */
export const POSIX_CLASSES: ReadonlyMap<string, ByteSet> = new Map(Object.entries(POSIX))

/** The names that PCRE2 knows: those of POSIX, `ascii` and `word`. */
export const PCRE_CLASSES: ReadonlyMap<string, ByteSet> = new Map([
  ...Object.entries(POSIX),
  ['ascii', rangeSet(0, 0x7f)],
  ['word', WORD],
])
