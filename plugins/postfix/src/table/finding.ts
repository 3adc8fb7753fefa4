// What Postfix would warn about while it loads a table, with what it then does to the rule.

export type FindingCode =
  | 'leading-whitespace'
  | 'null-byte'
  | 'no-pattern'
  | 'no-closing-delimiter'
  | 'unknown-flag'
  | 'obsolete-flag'
  | 'bad-pattern'
  | 'bad-result'
  | 'group-out-of-range'
  | 'negated-substitution'
  | 'substitution-forbidden'
  | 'empty-result'
  | 'text-after-if'
  | 'text-after-endif'
  | 'stray-endif'
  | 'unclosed-if'
  | 'unrecognized'

/** What Postfix then does with the line. */
export type FindingEffect = 'rule-skipped' | 'if-dropped' | 'text-lost' | 'line-ignored' | 'rest-hidden' | 'none'

export interface Finding {
  readonly code: FindingCode
  /** Line of the logical line's first byte, from 1: what Postfix prints. */
  readonly line: number
  /** Last physical line of the logical line. */
  readonly lastLine: number
  /** What Postfix says, without table name and line. */
  readonly message: string
  readonly effect: FindingEffect
  /** One sentence for an administrator: what this does to lookups. */
  readonly consequence: string
}

/** What each kind of finding does to lookups. */
export const CONSEQUENCES: Readonly<Record<FindingEffect, string>> = {
  'rule-skipped': 'Postfix skips this rule: it never answers',
  'if-dropped':
    'Postfix drops this if: the rules it should guard apply to every key, and its endif ends an outer if or nothing',
  'text-lost': 'Postfix ignores the extra text; a rule indented below it is part of that text and lost',
  'line-ignored': 'Postfix ignores this line',
  'rest-hidden': 'for keys that fail this if, no rule in the rest of the table is looked at',
  none: 'lookups still work',
}
