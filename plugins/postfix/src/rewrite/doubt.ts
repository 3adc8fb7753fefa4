// Patterns that the engine may refuse for their size, or that no automaton should be made of.
import {PCRE_CODE_MAX, pcreCodeBytes} from '../memory/pcre/estimate.js'
import {children, type RegexNode} from '../regex/node.js'
import type {Entry, Table} from '../table/entry.js'
import type {PatternUse} from '../table/pattern-use.js'

/** Above this share of what PCRE2 takes our count of its code may err. */
const SURE = 0.8

/** Places of a pattern, its repetitions written out. */
const MOST_PLACES = 30_000

/**
 * Returns the table with patterns of huge repetitions, and those near PCRE2's limit of 64 KiB taken as opaque: Postfix skips a rule that is beyond it, so
 * a shorter pattern of the same language would answer where the old one never did.
 */
export const withDoubts = (table: Table): Table => {
  let doubts = 0
  const entries = table.entries.map((entry): Entry => {
    if ((entry.kind !== 'rule' && entry.kind !== 'if') || !isDoubtful(entry.pattern)) return entry
    doubts++
    const groups = entry.pattern.parsed.kind === 'invalid' ? 0 : entry.pattern.parsed.groups
    return {...entry, pattern: {...entry.pattern, parsed: {kind: 'opaque', reason: 'too-big', groups, certain: false}}}
  })
  return doubts === 0 ? table : {...table, entries}
}

/** True when the engine might refuse the pattern for its size, or we could not follow it. */
export const isDoubtful = ({parsed, dialect}: PatternUse): boolean =>
  parsed.kind === 'regular' &&
  (repeatedPlaces(parsed.node) > MOST_PLACES ||
    (dialect.engine === 'pcre' && pcreCodeBytes(parsed.node) > SURE * PCRE_CODE_MAX))

/** The places within repetitions, as often as they are repeated; a long pattern without any is no trouble. */
export const repeatedPlaces = (node: RegexNode, times = 1): number => {
  if (node.kind === 'class' || node.kind === 'assert') return times > 1 ? times : 0
  const more = node.kind === 'repeat' ? Math.max(1, node.max === Infinity ? node.min + 1 : node.max) : 1
  return children(node).reduce((sum, child) => sum + repeatedPlaces(child, times * more), 0)
}
