// Patterns that the engine may refuse for their size: whether such a rule counts at all is not ours to say.
import {PCRE_CODE_MAX, pcreCodeBytes} from '../memory/pcre/estimate.js'
import type {Entry, Table} from '../table/entry.js'
import type {PatternUse} from '../table/pattern-use.js'

/** Above this share of what PCRE2 takes our count of its code may err. */
const SURE = 0.8

/**
 * Returns the table with patterns near PCRE2's limit of 64 KiB taken as opaque: Postfix skips a rule that is beyond it, so
 * a shorter pattern of the same language would answer where the old one never did.
 */
export const withDoubts = (table: Table): Table => {
  if (table.engine !== 'pcre') return table
  let doubts = 0
  const entries = table.entries.map((entry): Entry => {
    if ((entry.kind !== 'rule' && entry.kind !== 'if') || !isDoubtful(entry.pattern)) return entry
    doubts++
    const groups = entry.pattern.parsed.kind === 'invalid' ? 0 : entry.pattern.parsed.groups
    return {...entry, pattern: {...entry.pattern, parsed: {kind: 'opaque', reason: 'too-big', groups, certain: false}}}
  })
  return doubts === 0 ? table : {...table, entries}
}

/** True when PCRE2 might refuse the pattern for its size. */
export const isDoubtful = ({parsed, dialect}: PatternUse): boolean =>
  dialect.engine === 'pcre' && parsed.kind === 'regular' && pcreCodeBytes(parsed.node) > SURE * PCRE_CODE_MAX
