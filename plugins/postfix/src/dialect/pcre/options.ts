// The options of PCRE2 that a pcre: table can set with letters after the pattern, and a pattern with (?letters).

export interface PcreOptions {
  readonly caseless: boolean
  readonly multiline: boolean
  readonly dotall: boolean
  readonly extended: boolean
  /** `xx`: blanks and tabs inside brackets do not count either. */
  readonly extendedMore: boolean
  /** Flag `A`: the match must begin at the start of the key. */
  readonly anchored: boolean
  /** Flag `E`: `$` is the very end only. */
  readonly dollarEndonly: boolean
  readonly ungreedy: boolean
  /** `(?n)`: plain parentheses do not capture. */
  readonly noAutoCapture: boolean
  /** `(?J)`: two groups may have the same name. */
  readonly duplicateNames: boolean
}

/** What Postfix sets before it reads the flags: PCRE2_CASELESS and PCRE2_DOTALL (dict_pcre.c dict_pcre_get_pattern). */
export const PCRE_DEFAULTS: PcreOptions = {
  caseless: true,
  multiline: false,
  dotall: true,
  extended: false,
  extendedMore: false,
  anchored: false,
  dollarEndonly: false,
  ungreedy: false,
  noAutoCapture: false,
  duplicateNames: false,
}

const INNER: Readonly<Record<string, keyof PcreOptions>> = {
  i: 'caseless',
  m: 'multiline',
  s: 'dotall',
  n: 'noAutoCapture',
  U: 'ungreedy',
  J: 'duplicateNames',
}

/**
 * Applies the letters of `(?letters)` as PCRE2 10.42 does, `^` and `-` included; undefined for a letter it does not
 * know or a hyphen where it takes none.
 */
export const applyLetters = (options: PcreOptions, letters: string): PcreOptions | undefined => {
  let rest = letters
  let base = options
  let hyphenAllowed = true
  if (rest.startsWith('^')) {
    base = {
      ...base,
      caseless: false,
      multiline: false,
      noAutoCapture: false,
      dotall: false,
      extended: false,
      extendedMore: false,
    }
    hyphenAllowed = false
    rest = rest.slice(1)
  }
  const parts = rest.split('-')
  if (parts.length > (hyphenAllowed ? 2 : 1)) return undefined
  const set = lettersOf(parts[0]!)
  const unset = lettersOf(parts[1] ?? '')
  if (set === undefined || unset === undefined) return undefined
  // Plain x takes an earlier xx back, and -x takes both.
  if ((set.extended === true && set.extendedMore !== true) || unset.extended === true) unset.extendedMore = true
  const changed = {...base, ...set}
  for (const name of Object.keys(unset) as (keyof PcreOptions)[]) changed[name] = false
  return changed
}

type Changes = {-readonly [name in keyof PcreOptions]?: boolean}

const lettersOf = (letters: string): Changes | undefined => {
  const changes: Changes = {}
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at]!
    if (letter === 'x') {
      changes.extended = true
      if (letters[at + 1] === 'x') {
        changes.extendedMore = true
        at++
      }
      continue
    }
    const name = Object.hasOwn(INNER, letter) ? INNER[letter] : undefined
    if (name === undefined) return undefined
    changes[name] = true
  }
  return changes
}
