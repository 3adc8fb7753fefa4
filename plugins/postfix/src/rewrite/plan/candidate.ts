// Which rules can be rewritten at all, and why the others are left as they are.
import type {Rule, Table} from '../../table/entry.js'
import {expand} from '../words/expand.js'
import {startsAnchored} from '../words/shape.js'
import {Symbols, TooManySymbols, type Word} from '../words/symbols.js'

/** Why a rule stays as it is: from an opaque pattern, the reason why it is one. */
export type KeptReason =
  | 'opaque'
  | 'captures'
  | 'negated'
  | 'second-pattern'
  | 'too-big'
  | 'unanchored'
  | 'order'
  | 'alone'
  | 'no-gain'
  | 'not-proven'
  | 'differs'

/** A rule as the sum of its words. `icase` tells how its letters compare where it is written again. */
export interface Candidate {
  readonly entry: number
  readonly rule: Rule
  readonly words: readonly Word[]
  readonly icase: boolean
  /** What it answers; rules with the same answer may be joined. */
  readonly answer: string
}

/** The words of a rule are known although it cannot be joined: enough to know what it is disjoint from. */
export interface Known {
  readonly words: readonly Word[] | undefined
  readonly candidate: Candidate | undefined
  readonly kept: {readonly reason: KeptReason; readonly detail?: string} | undefined
}

const LONGEST_WORD = 1_500

/** Looks at every rule of a table; the keys are places in `entries`. */
export const readCandidates = (table: Table, symbols: Symbols): Map<number, Known> => {
  const known = new Map<number, Known>()
  for (const [entry, rule] of table.entries.entries())
    if (rule.kind === 'rule') known.set(entry, readRule(rule, entry, {engine: table.engine, symbols}))
  return known
}

const readRule = (
  rule: Rule,
  entry: number,
  {engine, symbols}: {engine: Table['engine']; symbols: Symbols},
): Known => {
  const {pattern, second, result} = rule
  const kept = (reason: KeptReason, words?: readonly Word[], detail?: string): Known => ({
    words,
    candidate: undefined,
    kept: {reason, ...(detail !== undefined && {detail})},
  })
  if (pattern.parsed.kind !== 'regular')
    return kept('opaque', undefined, pattern.parsed.kind === 'opaque' ? pattern.parsed.reason : 'invalid')
  if (pattern.negated) return kept('negated')
  const words = wordsOf(rule, symbols)
  if (words === undefined) return kept('too-big')
  // Whatever the second pattern asks for, keys that do not match the first are not answered.
  if (second !== undefined) return kept('second-pattern', words)
  if (result.kind === 'template') return kept('captures', words)
  // Each word that may begin anywhere is quick to look for alone, by its rarest byte; joined they are not.
  if (engine === 'pcre' && !words.every(word => startsAnchored(word, symbols))) return kept('unanchored', words)
  const {dialect} = pattern
  const icase = dialect.engine === 'regexp' ? dialect.icase : dialect.caseless
  return {words, candidate: {entry, rule, words, icase, answer: result.text}, kept: undefined}
}

const wordsOf = ({pattern}: Rule, symbols: Symbols): readonly Word[] | undefined => {
  if (pattern.parsed.kind !== 'regular') return undefined
  try {
    const words = expand(pattern.parsed.node, symbols)
    return words === undefined || words.some(word => word.length > LONGEST_WORD) ? undefined : words
  } catch (error) {
    // More different symbols than there are numbers for: such a rule is left alone.
    if (error instanceof TooManySymbols) return undefined
    throw error
  }
}
