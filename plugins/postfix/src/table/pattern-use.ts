// Reads one /pattern/flags of a rule or an if, as dict_regexp.c and dict_pcre.c do.
import type {EreOptions} from '../dialect/ere/parse.js'
import {parseEre} from '../dialect/ere/parse.js'
import {PCRE_DEFAULTS, type PcreOptions} from '../dialect/pcre/options.js'
import {parsePcre} from '../dialect/pcre/parse.js'
import type {ParsedPattern, PatternLimits} from '../regex/parsed-pattern.js'
import {isSpace} from './char.js'
import type {FindingCode} from './finding.js'

export type Engine = 'regexp' | 'pcre'

/** How a pattern is to be read: the dialect with its options. */
export type Dialect = ({readonly engine: 'regexp'} & EreOptions) | ({readonly engine: 'pcre'} & PcreOptions)

/** One pattern as a table uses it. */
export interface PatternUse {
  /** Between the delimiters, as written. */
  readonly text: string
  readonly delimiter: string
  /** The letters after it, as written. */
  readonly flags: string
  /** An odd number of `!` before it. */
  readonly negated: boolean
  readonly dialect: Dialect
  readonly parsed: ParsedPattern
}

export interface PatternProblem {
  readonly code: FindingCode
  readonly message: string
}

export interface ReadPattern {
  readonly use?: PatternUse
  /** Where the text after pattern and flags begins. */
  readonly end: number
  readonly problems: readonly PatternProblem[]
}

/** Reads negations, pattern and flags from `at` on. Without `use` Postfix skips the statement for the last problem. */
export const readPattern = (
  text: string,
  at: number,
  {engine, limits}: {engine: Engine; limits: PatternLimits},
): ReadPattern => {
  const {negated, start} = readNegations(text, at)
  if (start >= text.length) return failure('no-pattern', 'no regexp: skipping this rule')
  const delimiter = text[start]!
  const close = closingDelimiter(text, start + 1, delimiter)
  if (close === undefined)
    return failure(
      'no-closing-delimiter',
      `no closing regexp delimiter "${delimiter}": ${engine === 'pcre' ? 'ignoring' : 'skipping'} this rule`,
    )
  const pattern = text.slice(start + 1, close)
  const {dialect, flags, end, problems, failed} = readFlags(text, close + 1, engine)
  if (failed) return {end, problems}
  const parsed = dialect.engine === 'regexp' ? parseEre(pattern, dialect, limits) : parsePcre(pattern, dialect, limits)
  return {use: {text: pattern, delimiter, flags, negated, dialect, parsed}, end, problems}
}

const failure = (code: FindingCode, message: string): ReadPattern => ({end: 0, problems: [{code, message}]})

const readNegations = (text: string, at: number): {negated: boolean; start: number} => {
  let negated = false
  let start = at
  for (; text[start] === '!' || isSpace(text[start]); start++) if (text[start] === '!') negated = !negated
  return {negated, start}
}

/** A backslash takes the next byte with it, inside brackets or not; undefined when the delimiter never comes. */
const closingDelimiter = (text: string, from: number, delimiter: string): number | undefined => {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') {
      if (++at >= text.length) return undefined
    } else if (text[at] === delimiter) return at
  }
  return undefined
}

interface Flags {
  dialect: Dialect
  flags: string
  end: number
  problems: PatternProblem[]
  failed: boolean
}

const EXTENDED_ICASE: Dialect = {engine: 'regexp', icase: true, newline: false, extended: true}

const REGEXP_FLAGS: Readonly<Record<string, keyof EreOptions>> = {i: 'icase', m: 'newline', x: 'extended'}
const PCRE_FLAGS: Readonly<Record<string, keyof PcreOptions>> = {
  i: 'caseless',
  m: 'multiline',
  s: 'dotall',
  x: 'extended',
  A: 'anchored',
  E: 'dollarEndonly',
  U: 'ungreedy',
}

const readFlags = (text: string, from: number, engine: Engine): Flags => {
  const names: Readonly<Record<string, string>> = engine === 'regexp' ? REGEXP_FLAGS : PCRE_FLAGS
  const options: Record<string, unknown> = engine === 'regexp' ? {...EXTENDED_ICASE} : {engine, ...PCRE_DEFAULTS}
  const problems: PatternProblem[] = []
  let failed = false
  let end = from
  for (; end < text.length && !isSpace(text[end]) && !(engine === 'regexp' && text[end] === '!'); end++) {
    const flag = text[end]!
    const name = Object.hasOwn(names, flag) ? names[flag]! : undefined
    // A flag is a switch: written twice it is as if not written.
    if (name !== undefined) options[name] = !(options[name] as boolean)
    else if (engine === 'pcre' && flag === 'X')
      problems.push({code: 'obsolete-flag', message: 'ignoring obsolete regexp option "X"'})
    else {
      problems.push({code: 'unknown-flag', message: `unknown regexp option "${flag}": skipping this rule`})
      failed = true
      break
    }
  }
  return {dialect: options as unknown as Dialect, flags: text.slice(from, end), end, problems, failed}
}
