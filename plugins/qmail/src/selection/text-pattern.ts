// Patterns of texts (subject, header values): a part of the text, a glob over all of it, or /regex/i.
import {compileGlob, isGlob, unescaped, type Matcher} from './glob.js'
import {byteForms, parseRegex} from './regex.js'

/**
 * Compiles one pattern to a function that tells whether a text matches; USAGE error for a bad regex.
 * - a plain text is found anywhere, in any case; the empty one matches only an empty text;
 * - with * or ? it is a glob over the whole text, in any case;
 * - `/regex/` or `/regex/i` is found anywhere.
 * @param form `text` when matched against decoded text, `bytes` against latin1 bytes
 */
export const textMatcher = (pattern: string, option: string, form: 'text' | 'bytes'): Matcher => {
  const regex = parseRegex(pattern, option)
  const source = regex?.source ?? pattern
  const matchers = (form === 'text' ? [source] : byteForms(source)).map(each =>
    regex === undefined ? plainMatcher(each) : regexMatcher(each, regex.flags),
  )
  return matchers.length === 1 ? matchers[0]! : text => matchers.some(matches => matches(text))
}

const regexMatcher = (source: string, flags: string): Matcher => {
  const expression = new RegExp(source, flags)
  return text => expression.test(text)
}

const plainMatcher = (pattern: string): Matcher => {
  if (pattern === '') return text => text === ''
  const lower = pattern.toLowerCase()
  if (isGlob(lower)) {
    const glob = compileGlob(lower)
    return text => glob(text.toLowerCase())
  }
  const part = unescaped(lower)
  return text => text.toLowerCase().includes(part)
}
