// Reads the result of a rule: text, $$ and $number, as Postfix does (mac_parse.c, dict_regexp_prescan).
import {isAlnum} from './char.js'
import type {PatternProblem} from './pattern-use.js'

/** What a rule answers: the same text for every key, or text around captured groups. */
export type RuleResult =
  | {readonly kind: 'text'; readonly text: string}
  /** Numbers stand for groups; `highest` is the greatest of them. */
  | {readonly kind: 'template'; readonly parts: readonly (string | number)[]; readonly highest: number}

/** Reads a result; the problem is what Postfix skips the rule for. */
export const readResult = (text: string): {result: RuleResult} | {problem: PatternProblem} => {
  const parts: (string | number)[] = []
  let literal = ''
  let at = 0
  while (at < text.length) {
    const dollar = text.indexOf('$', at)
    const end = dollar < 0 ? text.length : dollar
    literal += text.slice(at, end)
    at = end
    if (dollar < 0) break
    if (text[at + 1] === '$') {
      literal += '$'
      at += 2
      continue
    }
    const name = readName(text, at + 1)
    if ('problem' in name) return name
    const number = groupNumber(name.name)
    if (typeof number !== 'number') return number
    if (literal !== '') parts.push(literal)
    literal = ''
    parts.push(number)
    at = name.end
  }
  if (literal !== '') parts.push(literal)
  const numbers = parts.filter(part => typeof part === 'number')
  if (numbers.length === 0) return {result: {kind: 'text', text: parts.join('')}}
  return {result: {kind: 'template', parts, highest: numbers.reduce((a, b) => Math.max(a, b))}}
}

/** Writes a result so that readResult gives it back. */
export const writeResult = (result: RuleResult): string => {
  const parts = result.kind === 'text' ? [result.text] : result.parts
  return parts.map(part => (typeof part === 'number' ? `\${${part}}` : part.replaceAll('$', '$$$$'))).join('')
}

const bad = (message: string): {problem: PatternProblem} => ({problem: {code: 'bad-result', message}})

/** Reads `name`, `{name}` or `(name)` after a dollar sign. */
const readName = (text: string, at: number): {name: string; end: number} | {problem: PatternProblem} => {
  const open = text[at]
  if (open !== '{' && open !== '(') {
    let end = at
    while (isAlnum(text[end]) || text[end] === '_') end++
    return end === at ? bad(`empty macro name: "${text}"`) : {name: text.slice(at, end), end}
  }
  const close = open === '{' ? '}' : ')'
  let level = 1
  let end = at + 1
  for (; level > 0; end++) {
    if (end >= text.length) return bad(`truncated macro reference: "${text}"`)
    if (text[end] === open) level++
    if (text[end] === close) level--
  }
  return end === at + 2 ? bad(`empty macro name: "${text}"`) : {name: text.slice(at + 1, end - 1), end}
}

const LONG_MAX = 2n ** 63n - 1n

/** atoi(3) of a name of digits as a size_t; Infinity where the int came out negative. */
const groupNumber = (name: string): number | {problem: PatternProblem} => {
  if (!/^[0-9]+$/.test(name)) return bad(`non-numeric replacement index "${name}"`)
  const long = name.length > 20 ? LONG_MAX : BigInt(name)
  const int = Number(BigInt.asIntN(32, long > LONG_MAX ? LONG_MAX : long))
  if (int === 0) return bad(`out-of-range replacement index "${name}"`)
  return int < 0 ? Infinity : int
}
