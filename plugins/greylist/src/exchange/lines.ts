// Entries as JSON lines (what export writes) and as CSV.
import type {JsonObject} from 'mailops/core'

import {makeRule, RULE_KINDS, RULE_LISTS} from '../policy/rule.js'
import type {Rule, RuleKind, RuleList} from '../policy/types.js'
import {importedOf, type Imported, type ImportTarget, type LineReader} from './imported.js'

/** Milliseconds of a time as people and programs write it: ISO 8601, epoch seconds, epoch milliseconds; NaN for none. */
export const timeOf = (value: unknown): number => {
  if (typeof value === 'number') return value < 1e11 ? value * 1000 : value
  if (typeof value !== 'string' || value === '') return Number.NaN
  return /^\d+(\.\d+)?$/.test(value) ? timeOf(Number(value)) : Date.parse(value)
}

/** A list entry as export writes it. */
export const ruleJson = ({list, kind, value, note, added}: Rule): JsonObject => ({
  list,
  kind,
  value,
  ...(note !== undefined && {note}),
  ...(added !== undefined && {added: new Date(added).toISOString()}),
})

const ruleOf = (row: Readonly<Record<string, unknown>>): Imported => {
  const {list, kind, value, note, added} = row
  if (!RULE_LISTS.includes(list as RuleList) || !RULE_KINDS.includes(kind as RuleKind) || typeof value !== 'string') return {skipped: 'no list entry'}
  const at = timeOf(added)
  try {
    return {rule: makeRule({list: list as RuleList, kind: kind as RuleKind, text: value, note: typeof note === 'string' && note !== '' ? note : undefined, added: Number.isNaN(at) ? undefined : at})}
  } catch {
    return {skipped: 'no list entry'} // a value that this kind cannot have
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** A row of either form: `network` or `ip`, perhaps `sender` and `recipient`, `first`, `last`, `passed`, `tries`. */
export const rowImported = (row: Readonly<Record<string, unknown>>, target: ImportTarget): Imported => {
  if (row['list'] !== undefined && row['list'] !== '') return ruleOf(row)
  const first = timeOf(row['first'])
  const passed = timeOf(row['passed'])
  const last = timeOf(row['last'])
  const sender = text(row['sender'])
  const recipient = text(row['recipient'])
  const hasTriplet = (sender ?? '') !== '' || (recipient ?? '') !== ''
  const imported = importedOf(
    {
      client: text(row['network']) ?? text(row['ip']) ?? '',
      ...(hasTriplet && {sender: (sender ?? '').replace(/^<(.*)>$/, '$1'), recipient: recipient ?? ''}),
      first,
      last: Number.isNaN(last) ? first : last,
      hasPassed: passed > 0,
      tries: Math.max(1, Math.floor(Number(row['tries'] ?? 1)) || 1),
    },
    target,
  )
  // When it passed is known here, to the moment.
  return 'entry' in imported && passed > 0 && passed <= imported.entry.last ? {entry: {...imported.entry, passed}} : imported
}

/** A line of JSON; null for an empty one. */
export const jsonLine = (line: string, target: ImportTarget): Imported | null => {
  if (line.trim() === '') return null
  let row: unknown
  try {
    row = JSON.parse(line)
  } catch {
    return {skipped: 'not JSON'} // counted and told
  }
  return typeof row === 'object' && row !== null ? rowImported(row as Record<string, unknown>, target) : {skipped: 'not an object'}
}

/** The cells of a line (RFC 4180, without line ends inside of quotes). */
export const csvCells = (line: string): string[] => {
  const cells: string[] = []
  const cell = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/y
  for (let at = 0; at <= line.length; ) {
    cell.lastIndex = at
    const match = cell.exec(line)
    if (match === null) break
    cells.push(match[1] === undefined ? (match[2] ?? '').trim() : match[1].replaceAll('""', '"'))
    if (match[3] === '') break
    at = cell.lastIndex
  }
  return cells
}

const NO_COLUMNS = {fault: 'does not name its columns in the first line', hint: 'begin it with: network,sender,recipient,first,last,passed,tries'}

/** Reads CSV whose first line names its columns. */
export const csvReader = (target: ImportTarget): LineReader => {
  let names: string[] | null = null
  let isNamed = true
  return {
    take: line => {
      if (line.trim() === '' || !isNamed) return null
      const cells = csvCells(line)
      if (names !== null) return rowImported(Object.fromEntries(names.map((name, n) => [name, cells[n] ?? ''])), target)
      names = cells.map(name => name.toLowerCase())
      isNamed = names.includes('network') || names.includes('ip') || names.includes('list')
      return null
    },
    end: () => (isNamed ? null : NO_COLUMNS),
  }
}
