// Which rule answers a key, and why.
import type {Answer, TableLookup} from '../lookup/lookup.js'
import type {If, Rule, Table} from '../table/entry.js'
import {readTag} from './tagged-table.js'

export interface PassedIf {
  readonly line: number
  readonly pattern: string
  readonly negated: boolean
}

/** What a table says to a key. */
export interface Explanation {
  /** 'answered' by a rule; 'none' does; 'unknown' to us, and no postmap was there to ask. */
  readonly verdict: 'answered' | 'none' | 'unknown'
  /** Who said so: our own reading of the table, or the real engine where only it can tell. */
  readonly by: 'model' | 'postmap'
  readonly line?: number
  readonly lastLine?: number
  readonly pattern?: string
  readonly result?: string
  /** The ifs on the way that the key passed, outermost first. */
  readonly guards?: readonly PassedIf[]
  /** $1, $2 ...; null for a group that took no part. */
  readonly captures?: readonly (string | null)[]
  /** Line of an if without endif that the key fails: nothing further down is looked at. */
  readonly hiddenBy?: number
  /** In an optimised table: the lines of the original that the rule stands for. */
  readonly standsFor?: readonly number[]
}

/** Explains what our reading of the table answers to a key (latin1 text). */
export const explainKey = (table: Table, lookup: TableLookup, key: string): Explanation => {
  const answer = lookup.lookup(key)
  if (answer.kind === 'none')
    return {verdict: 'none', by: 'model', ...(answer.hiddenBy !== undefined && {hiddenBy: answer.hiddenBy})}
  if (answer.kind !== 'answer') return {verdict: 'unknown', by: 'model', ...place(table, answer)}
  const captures = answer.captures.slice(1).map(capture => capture ?? null)
  return {verdict: 'answered', by: 'model', ...place(table, answer), result: answer.result, captures}
}

/** Explains what the engine answered: `tag` from a tagged table, undefined where it found nothing. */
export const explainTag = (table: Table, tag: string | undefined): Explanation => {
  if (tag === undefined) return {verdict: 'none', by: 'postmap'}
  const {entry, captures} = readTag(tag)
  const {result} = table.entries[entry] as Rule
  const text =
    result.kind === 'text'
      ? result.text
      : result.parts.map(part => (typeof part === 'number' ? (captures[part - 1] ?? '') : part)).join('')
  return {verdict: 'answered', by: 'postmap', ...place(table, {entry}), result: text, captures}
}

const place = (table: Table, {entry}: Pick<Extract<Answer, {entry: number}>, 'entry'>): Partial<Explanation> => {
  const its = table.entries[entry] as Rule | If
  const guards = its.guards.map((guard): PassedIf => {
    const {line, pattern} = table.entries[guard] as If
    return {line, pattern: pattern.text, negated: pattern.negated}
  })
  return {line: its.line, lastLine: its.lastLine, pattern: patternText(its), guards}
}

/** The pattern as written, marks and flags included. */
const patternText = (entry: Rule | If): string => {
  const all = entry.kind === 'rule' && entry.second !== undefined ? [entry.pattern, entry.second] : [entry.pattern]
  return all
    .map(({negated, delimiter, text, flags}) => `${negated ? '!' : ''}${delimiter}${text}${delimiter}${flags}`)
    .join(' and ')
}

/** True when both answer the same, whichever rule it is. */
export const sameAnswer = (a: Explanation, b: Explanation): boolean => a.verdict === b.verdict && a.result === b.result

