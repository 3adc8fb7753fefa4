// Puts if /@domain$/ around long runs of rules that can only match addresses of one domain.
import type {Entry, Rule, Table} from '../../table/entry.js'
import {emitTable} from '../../table/parse.js'
import {printPattern} from '../../dialect/print/print.js'
import {cat, type RegexNode} from '../../regex/node.js'
import type {Assembled} from '../plan/assemble.js'
import {ruleLines} from '../plan/line.js'
import type {Rewrite, RoundContext} from '../round.js'
import {expand} from '../words/expand.js'
import {endsAnchored} from '../words/shape.js'
import {isByte, type Symbols, type Word} from '../words/symbols.js'
import {readBack} from '../merge/cost.js'

/** A guard costs every key one match more: it must save many. */
const LEAST_RULES = 32
const AT = 0x40

/** Rules from one entry to another, all of them behind the same end. */
interface Run {
  readonly from: number
  to: number
  rules: number
  readonly end: Word
  readonly icase: boolean
}

/** Returns the table with guards where they pay, undefined where none does. */
export const guardTable = (
  table: Table,
  {symbols}: RoundContext,
): {assembled: Assembled; rewrites: Rewrite[]} | undefined => {
  const guards = findRuns(table, symbols)
    .filter(run => run.rules >= LEAST_RULES && !isGuarded(table, run, symbols))
    .flatMap(run => {
      const line = guardLine(run, table, symbols)
      return line === undefined ? [] : [{...run, line}]
    })
  if (guards.length === 0) return undefined
  return {assembled: assembled(table, guards), rewrites: guards.map(({from, to}) => rewrite(table, from, to))}
}

const findRuns = (table: Table, symbols: Symbols): Run[] => {
  const runs: Run[] = []
  let open: Run | undefined
  for (const [at, entry] of table.entries.entries()) {
    if (entry.kind === 'trivia') continue
    const end = entry.kind === 'rule' ? commonEnd(entry, symbols) : undefined
    if (end === undefined) {
      // Neither what is ignored nor a guard may come to stand below a guard of ours.
      open = undefined
      continue
    }
    if (open?.end === end.word && open.icase === end.icase) {
      open.to = at
      open.rules++
    } else {
      open = {from: at, to: at, rules: 1, end: end.word, icase: end.icase}
      runs.push(open)
    }
  }
  return runs
}

/** What every key ends with that the rule matches, from its last @ on; undefined where that is not so simple. */
const commonEnd = ({pattern, second}: Rule, symbols: Symbols): {word: Word; icase: boolean} | undefined => {
  if (pattern.parsed.kind !== 'regular' || pattern.negated || second !== undefined) return undefined
  const words = expand(pattern.parsed.node, symbols, {words: 2_000, symbols: 200_000})
  const ends = new Set(words?.map(word => endOf(word, symbols)))
  const [word] = ends
  if (ends.size !== 1 || word === undefined) return undefined
  const {dialect} = pattern
  return {word, icase: dialect.engine === 'regexp' ? dialect.icase : dialect.caseless}
}

const endOf = (word: Word, symbols: Symbols): Word | undefined => {
  if (!endsAnchored(word, symbols)) return undefined
  for (let at = word.length - 2; at >= 0; at--) {
    if (symbols.at(word, at).kind !== 'class') return undefined
    if (isByte(symbols.at(word, at), AT)) return at > word.length - 4 ? undefined : word.slice(at)
  }
  return undefined
}

/** True when a guard around the run asks for the same end already. */
const isGuarded = (table: Table, {from, end}: Run, symbols: Symbols): boolean =>
  (table.entries[from] as Rule).guards.some(guard => {
    const {pattern} = table.entries[guard] as Entry & {kind: 'if'}
    if (pattern.parsed.kind !== 'regular' || pattern.negated) return false
    return expand(pattern.parsed.node, symbols)?.every(word => word.endsWith(end)) === true
  })

const guardLine = ({end, icase}: Run, {engine}: Table, symbols: Symbols): string | undefined => {
  const node: RegexNode = cat(Array.from({length: end.length}, (_, at) => symbols.at(end, at)))
  const printed = printPattern(node, {engine, icase})
  if (!('text' in printed)) return undefined
  const flags = icase ? '' : 'i'
  const use = readBack({text: printed.text, flags}, engine)
  if (use?.parsed.kind !== 'regular') return undefined
  const read = expand(use.parsed.node, symbols)
  return read?.length === 1 && read[0] === end ? `if ${ruleLines({text: printed.text, flags}, '', {folds: false})}` : undefined
}

const assembled = (table: Table, guards: readonly (Run & {line: string})[]): Assembled => {
  const opens = new Map(guards.map(guard => [guard.from, guard]))
  const closes = new Set(guards.map(({to}) => to))
  const entries = table.entries.map((entry, at): Entry => {
    const newline = entry.source.includes('\r\n') ? '\r\n' : '\n'
    const guard = opens.get(at)
    let {source} = entry
    if (guard !== undefined) source = `${guard.line}${newline}${source}`
    if (closes.has(at)) source = `${source}${source.endsWith('\n') ? '' : newline}endif${newline}`
    return {...entry, source}
  })
  const origins = table.entries.flatMap((entry, at) => (entry.kind === 'rule' ? [[at]] : []))
  return {text: emitTable({...table, entries}), origins}
}

const rewrite = (table: Table, from: number, to: number): Rewrite => {
  const entries: number[] = []
  for (let at = from; at <= to; at++) if (table.entries[at]!.kind === 'rule') entries.push(at)
  return {kind: 'guard', entries, lines: entries.map(entry => table.entries[entry]!.line)}
}
