// The stable codes of `lint-regexp`: how grave each is.
import type {FindingCode} from '../table/finding.js'

/** `error`: mail is decided otherwise than written. `warning`: probably not what was meant. `note`: it costs. */
export type Severity = 'error' | 'warning' | 'note'

/** Codes beyond those of the table parser, which are what Postfix itself warns about. */
export type LintCode =
  | FindingCode
  | 'delimiter-in-bracket'
  | 'if-dropped'
  | 'rule-swallowed'
  | 'case-sensitive-flag'
  | 'dead-escape'
  | 'foreign-escape'
  | 'bracket-escape'
  | 'odd-range'
  | 'unescaped-dot'
  | 'unanchored-address'
  | 'answers-star'
  | 'duplicate-rule'
  | 'shadowed-rule'
  | 'never-matches'
  | 'catastrophic-backtracking'
  | 'state-explosion'
  | 'oversized-pattern'
  | 'postfix-warning'

export const SEVERITIES: Readonly<Record<LintCode, Severity>> = {
  'leading-whitespace': 'error',
  'null-byte': 'error',
  'no-pattern': 'error',
  'no-closing-delimiter': 'error',
  'unknown-flag': 'error',
  'obsolete-flag': 'note',
  'bad-pattern': 'error',
  'bad-result': 'error',
  'group-out-of-range': 'error',
  'negated-substitution': 'error',
  'substitution-forbidden': 'error',
  'empty-result': 'error',
  'text-after-if': 'warning',
  'text-after-endif': 'warning',
  'stray-endif': 'warning',
  'unclosed-if': 'error',
  unrecognized: 'error',
  'delimiter-in-bracket': 'error',
  'if-dropped': 'error',
  'rule-swallowed': 'error',
  'case-sensitive-flag': 'warning',
  'dead-escape': 'error',
  'foreign-escape': 'warning',
  'bracket-escape': 'note',
  'odd-range': 'warning',
  'unescaped-dot': 'warning',
  'unanchored-address': 'warning',
  'answers-star': 'warning',
  'duplicate-rule': 'warning',
  'shadowed-rule': 'warning',
  'never-matches': 'warning',
  'catastrophic-backtracking': 'error',
  'state-explosion': 'warning',
  'oversized-pattern': 'warning',
  'postfix-warning': 'error',
}

/** All codes, in the order of the documentation. */
export const LINT_CODES = Object.keys(SEVERITIES) as LintCode[]
