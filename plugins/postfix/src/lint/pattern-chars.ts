// The characters of a pattern as written, with what each stands in: for traps that the parsed tree no longer shows.
import type {Engine} from '../table/pattern-use.js'

export interface PatternChar {
  readonly at: number
  readonly char: string
  /** After a backslash that takes it. */
  readonly escaped: boolean
  /** Inside [ and ]. */
  readonly bracketed: boolean
}

/**
 * Returns the characters of a pattern. In a bracket of regexp: a backslash is a byte like others; in pcre: it escapes
 * there too, and \Q...\E is plain text.
 */
export const patternChars = (text: string, engine: Engine): PatternChar[] => {
  const chars: PatternChar[] = []
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (char === '\\') {
      if (engine === 'pcre' && text[at + 1] === 'Q') at = endOfQuote(text, at, chars)
      else if (at + 1 < text.length) chars.push({at: ++at, char: text[at]!, escaped: true, bracketed: false})
    } else if (char === '[') {
      const end = endOfBracket(text, at, engine)
      bracketChars(text, {from: at + 1, end, engine}, chars)
      at = end
    } else chars.push({at, char, escaped: false, bracketed: false})
  }
  return chars
}

const endOfQuote = (text: string, at: number, chars: PatternChar[]): number => {
  const close = text.indexOf('\\E', at)
  const end = close < 0 ? text.length : close
  for (let inner = at + 2; inner < end; inner++)
    chars.push({at: inner, char: text[inner]!, escaped: true, bracketed: false})
  return end + 1
}

const endOfBracket = (text: string, open: number, engine: Engine): number => {
  let at = open + 1
  if (text[at] === '^') at++
  if (text[at] === ']') at++
  for (; at < text.length && text[at] !== ']'; at++) {
    if (text[at] === '\\' && engine === 'pcre') at++
    else if (text[at] === '[' && ':.='.includes(text[at + 1] ?? ' ')) {
      const close = text.indexOf(`${text[at + 1]}]`, at + 2)
      if (close > 0) at = close + 1
    }
  }
  return at
}

const bracketChars = (
  text: string,
  {from, end, engine}: {from: number; end: number; engine: Engine},
  chars: PatternChar[],
): void => {
  for (let at = from; at < end && at < text.length; at++) {
    const escaped = engine === 'pcre' && text[at] === '\\' && at + 1 < end
    if (escaped) at++
    chars.push({at, char: text[at]!, escaped, bracketed: true})
  }
}
