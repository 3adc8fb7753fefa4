// Reads a table that stands in main.cf itself: regexp:{{/a/ b}, {/c/ d}} (dict_stream.c dict_inline_to_multiline).
import {OpsError} from 'mailops/core'

import {isSpace, trimEnd} from './char.js'

/** True when what follows `type:` is the table itself and no file name. */
export const isInlineTable = (name: string): boolean => name.startsWith('{')

/**
 * Returns the lines of an inline table as the file they stand for. `spec` is what Postfix sees, so `$$` of main.cf is
 * `$` already. INLINE_TABLE when braces do not balance, as Postfix refuses it.
 */
export const inlineTable = (spec: string): string => {
  let rest = inBraces(spec)
  let lines = ''
  for (;;) {
    rest = rest.replace(/^[, \t\r\n]+/, '')
    if (rest === '') return lines
    const token = rest.slice(0, tokenLength(rest))
    rest = rest.slice(token.length + 1)
    lines += `${strip(inBraces(token))}\n`
  }
}

const strip = (text: string): string => {
  const trimmed = trimEnd(text)
  let at = 0
  while (isSpace(trimmed[at])) at++
  return trimmed.slice(at)
}

const tokenLength = (text: string): number => {
  let level = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (char === '{') level++
    else if (level > 0 && char === '}') level--
    else if (level === 0 && ', \t\r\n'.includes(char)) return at
  }
  return text.length
}

const inBraces = (text: string): string => {
  if (!text.startsWith('{')) throw inlineError(`no '{' at start of text in "${text}"`)
  let level = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '{') level++
    else if (text[at] === '}' && --level === 0) {
      if (at + 1 < text.length) throw inlineError(`syntax error after '}' in "${text}"`)
      return text.slice(1, at)
    }
  }
  throw inlineError(`missing '}' in "${text}"`)
}

const inlineError = (message: string): OpsError =>
  new OpsError('INLINE_TABLE', `inline table: ${message}`, {exit: 'configuration'})
