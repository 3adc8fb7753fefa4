// Patterns that do not mean what they look like.
import type {PatternUse} from '../table/pattern-use.js'
import type {LintCode} from './codes.js'
import type {FindingText} from './finding.js'
import {type PatternChar, patternChars} from './pattern-chars.js'

export type Trap = readonly [LintCode, FindingText]

/** Looks at one pattern as it is written. */
export const trapsOf = (use: PatternUse): Trap[] => {
  const chars = patternChars(use.text, use.dialect.engine)
  return [...caseFlag(use), ...escapes(use, chars), ...brackets(use, chars), ...ranges(use), ...dots(use, chars)]
}

const caseFlag = ({flags, dialect}: PatternUse): Trap[] => {
  const folds = dialect.engine === 'pcre' ? dialect.caseless : dialect.icase
  if (folds || !flags.includes('i')) return []
  return [
    [
      'case-sensitive-flag',
      {
        message: 'the flag i switches folding off, since it is on without it: the pattern is case-sensitive',
        hint: 'leave out the i, unless that is what you want',
      },
    ],
  ]
}

const INSTEAD: Readonly<Record<string, string>> = {
  d: '[0-9]',
  D: '[^0-9]',
  t: 'a tab character, or [[:blank:]]',
  h: '[[:blank:]]',
  n: 'nothing: keys hold a newline in header_checks only',
  r: 'nothing: keys hold no carriage return',
  x: 'the character itself',
}
const GNU = /^[wWsSbB]$/

/** The dialects know different letters after a backslash; glibc upcases the key but not what is escaped. */
const escapes = ({dialect}: PatternUse, chars: readonly PatternChar[]): Trap[] => {
  const traps: Trap[] = []
  const seen = new Set<string>()
  for (const {char, escaped, bracketed} of chars) {
    if (!escaped || bracketed || seen.has(char)) continue
    seen.add(char)
    if (dialect.engine === 'pcre') {
      if (char === '<' || char === '>')
        traps.push(['foreign-escape', {message: `in pcre: \\${char} is the character ${char}, not the edge of a word`, hint: '\\b'}])
      continue
    }
    if (!/^[A-Za-z]$/.test(char) || GNU.test(char)) continue
    const hint = INSTEAD[char]
    const isDead = dialect.icase && /[a-z]/.test(char)
    const message = isDead
      ? `regexp: knows no \\${char}, and it matches nothing at all here: what needs it never matches`
      : `regexp: knows no \\${char}: it is the letter ${char}`
    traps.push([isDead ? 'dead-escape' : 'foreign-escape', {message, ...(hint !== undefined && {hint: `write ${hint}`})}])
  }
  return traps
}

/** What stands for a class of characters elsewhere; glibc takes the letter alone. */
const CLASS: Readonly<Record<string, string>> = {d: '[:digit:]', w: '[:alnum:]_', s: '[:space:]', t: '[:blank:]', h: '[:blank:]'}

const brackets = ({dialect, text}: PatternUse, chars: readonly PatternChar[]): Trap[] => {
  if (dialect.engine === 'pcre') return []
  const escaped = chars.filter(({char, bracketed, at}) => bracketed && char === '\\' && /[^\]\\]/.test(text[at + 1] ?? ']'))
  // A letter means something else than was meant; a backslash too many only adds itself.
  const at = escaped.find(({at: place}) => isMeant(text[place + 1]!)) ?? escaped[0]
  if (at === undefined) return []
  const next = text[at.at + 1]!
  const not = opensWith(chars, at) === '^' ? '^' : ''
  const takes = not === '' ? `is a backslash or ${next}` : `takes anything but a backslash and ${next}`
  return [
    [
      'bracket-escape',
      {
        ...(isMeant(next) && {severity: 'warning' as const}),
        message: `in a bracket of regexp: a backslash stands for itself: [${not}\\${next}] ${takes}`,
        hint: 'nr'.includes(next)
          ? 'the flag m keeps . and [^x] from newlines; or make it a pcre: table'
          : `write [${not}${CLASS[next] ?? next}]`,
      },
    ],
  ]
}

/** The first character of the bracket that one stands in; what stands in another is further away. */
const opensWith = (chars: readonly PatternChar[], its: PatternChar): string => {
  let index = chars.indexOf(its)
  while (chars[index - 1]?.bracketed === true && chars[index - 1]!.at === chars[index]!.at - 1) index--
  return chars[index]!.char
}

const isMeant = (char: string): boolean => 'nr'.includes(char) || Object.hasOwn(CLASS, char)

const ranges = ({text}: PatternUse): Trap[] =>
  /\[[^\]]*A-z/.test(text)
    ? [['odd-range', {message: '[A-z] is more than letters in pcre:, and less than it looks in regexp:', hint: 'write [A-Za-z]'}]]
    : []

/** A dot between two parts of a name, as in example.com. */
const dots = ({text}: PatternUse, chars: readonly PatternChar[]): Trap[] => {
  const isPart = (char: PatternChar | undefined, pattern: RegExp): boolean =>
    char !== undefined && !char.escaped && !char.bracketed && pattern.test(char.char)
  const at = chars.findIndex(
    (char, place) =>
      char.char === '.' &&
      !char.escaped &&
      !char.bracketed &&
      isPart(chars[place - 1], /[a-z0-9-]/i) &&
      chars[place - 1]!.at === char.at - 1 &&
      isPart(chars[place + 1], /[a-z0-9]/i),
  )
  if (at < 0) return []
  const {at: column} = chars[at]!
  const around = text.slice(Math.max(0, column - 12), column + 8)
  return [
    [
      'unescaped-dot',
      {message: `the dot in "${around}" matches any character`, hint: `write \\. as in "${around.slice(0, Math.min(12, column))}\\.${text.slice(column + 1, column + 8)}"`},
    ],
  ]
}
