// Reads * + ? {m,n} and the ? or + after them as PCRE2 10.42 does.
import {assertion, EMPTY, type RegexNode, repeat} from '../../regex/node.js'
import {PatternError} from '../../regex/parsed-pattern.js'
import {PCRE_ERROR} from './error.js'
import type {PcreParser} from './parse.js'

/** `[[:<:]]` and `[[:>:]]`, the same objects every time. */
export const WORD_LOOKS: readonly RegexNode[] = [assertion('word-start'), assertion('word-end')]

/** MAX_REPEAT_COUNT of PCRE2. */
export const PCRE_REPEAT_MAX = 65_535

const SIMPLE: Readonly<Record<string, {min: number; max: number}>> = {
  '*': {min: 0, max: Infinity},
  '+': {min: 1, max: Infinity},
  '?': {min: 0, max: 1},
}

/** Takes a quantifier and returns `item` with it, undefined when there is none. No `item`: none may stand here. */
export const readQuantifier = (parser: PcreParser, item: RegexNode | undefined): RegexNode | undefined => {
  const counts = readCounts(parser)
  if (counts === undefined) return undefined
  if (item === undefined) throw new PatternError(PCRE_ERROR.quantifier)
  // [[:<:]] stands for two items, and only the second of them, a lookahead, is repeated.
  if (WORD_LOOKS.includes(item)) parser.mark('lookaround')
  parser.skip()
  const {input} = parser
  let lazy = parser.options.ungreedy
  if (!input.quoted) {
    if (input.accept('?')) lazy = !lazy
    else if (input.accept('+')) parser.mark('atomic')
  }
  return counts.max === 0 ? EMPTY : repeat(item, {...counts, lazy})
}

const readCounts = (parser: PcreParser): {min: number; max: number} | undefined => {
  const {input} = parser
  const simple = SIMPLE[input.peek()]
  if (simple !== undefined) {
    input.position++
    return simple
  }
  if (input.peek() !== '{') return undefined
  const counts = input.match(/\{\d+(?:,\d*)?\}/y)
  if (counts === '') {
    // PCRE2 10.43 reads {,3} and blanks inside braces as counts, 10.42 as text.
    if (input.match(/\{(?=[ \t]*(\d[\d \t]*(,[\d \t]*)?|,[ \t]*\d[\d \t]*)\})/y) !== '') {
      parser.mark('version')
      input.position--
    }
    return undefined
  }
  const [low, high] = counts.slice(1, -1).split(',')
  const min = Number(low)
  const max = high === undefined ? min : high === '' ? Infinity : Number(high)
  if (min > PCRE_REPEAT_MAX || (max !== Infinity && max > PCRE_REPEAT_MAX)) throw new PatternError(PCRE_ERROR.countSize)
  if (max < min) throw new PatternError(PCRE_ERROR.countOrder)
  return {min, max}
}
