// Writes a table for the other engine, rule by rule, where each is shown to match the same keys.
import {sameUnion} from '../automaton/languages.js'
import {AUTOMATON_LIMITS} from '../automaton/ruleset.js'
import {printPattern} from '../dialect/print/print.js'
import type {Entry, Table} from '../table/entry.js'
import {parseTable} from '../table/parse.js'
import type {Engine, PatternUse} from '../table/pattern-use.js'
import {writeResult} from '../table/result.js'
import {readBack} from './merge/cost.js'
import {ruleLines} from './plan/line.js'

/** Why a line cannot be written for the other engine. */
export interface Refusal {
  readonly line: number
  readonly reason: string
}

export type Converted =
  | {readonly table: Table; readonly text: string}
  | {readonly refused: readonly Refusal[]}

const STATES = 100_000
const NODES = 1_000_000

/**
 * Returns the table for `engine`, or every rule that stands in the way. Lines that Postfix skips become comments. What
 * has not been shown when `stop` says that time is up counts as not shown.
 */
export const convertDialect = (table: Table, engine: Engine, stop?: () => boolean): Converted => {
  const refused: Refusal[] = []
  const parts: string[] = []
  for (const entry of table.entries) {
    const written = convertEntry(entry, {engine, stop})
    if (typeof written !== 'string') refused.push(written)
    else if (written !== '') parts.push(written)
  }
  if (refused.length > 0) return {refused}
  // The last line of a file may lack its newline.
  const text = parts.map((part, at) => (part.endsWith('\n') || at === parts.length - 1 ? part : `${part}\n`)).join('')
  return {table: parseTable(text, {engine}), text}
}

interface Target {
  readonly engine: Engine
  readonly stop: (() => boolean) | undefined
}

const convertEntry = (entry: Entry, target: Target): string | Refusal => {
  switch (entry.kind) {
    case 'trivia':
    case 'endif':
      return entry.source
    case 'ignored':
      // The other engine might take what this one refuses.
      return entry.source.replace(/^(?=.*\S)/gm, '# ')
    case 'if': {
      const pattern = convertPattern(entry.pattern, target)
      return 'reason' in pattern ? {line: entry.line, ...pattern} : `if ${bang(entry.pattern)}${ruleLines(pattern, '')}\n`
    }
    case 'rule': {
      if (entry.second !== undefined) return {line: entry.line, reason: 'pcre: has no second patterns'}
      if (entry.result.kind === 'template') return {line: entry.line, reason: 'the engines need not agree on what $number holds'}
      const pattern = convertPattern(entry.pattern, target)
      if ('reason' in pattern) return {line: entry.line, ...pattern}
      return `${bang(entry.pattern)}${ruleLines(pattern, writeResult(entry.result))}\n`
    }
  }
}

const bang = ({negated}: PatternUse): string => (negated ? '!' : '')

const convertPattern = (use: PatternUse, {engine, stop}: Target): {text: string; flags: '' | 'i'} | {reason: string} => {
  const {parsed, dialect} = use
  if (parsed.kind !== 'regular')
    return {reason: parsed.kind === 'opaque' ? `the pattern is not analysed (${parsed.reason})` : parsed.message}
  const icase = dialect.engine === 'regexp' ? dialect.icase : dialect.caseless
  // Where one case of a letter is meant among others, only a pattern without folding can say it.
  for (const folding of icase ? [true, false] : [false]) {
    const printed = printPattern(parsed.node, {engine, icase: folding})
    if (!('text' in printed)) continue
    const pattern = {text: printed.text, flags: folding ? '' : 'i'} as const
    const read = readBack(pattern, engine)?.parsed
    if (read?.kind !== 'regular') continue
    if (sameUnion([parsed.node], [read.node], {...AUTOMATON_LIMITS, states: STATES, nodes: NODES, ...(stop !== undefined && {stop})}).verdict === 'equal') return pattern
  }
  const printed = printPattern(parsed.node, {engine, icase})
  return {reason: 'unprintable' in printed ? `${engine}: cannot say it: ${printed.unprintable}` : 'not shown to match the same keys'}
}
