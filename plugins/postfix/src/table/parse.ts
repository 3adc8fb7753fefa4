// Reads a whole regexp: or pcre: table as Postfix loads it: bytes in, entries and findings out.
import {OpsError} from 'mailops/core'

import {PATTERN_LIMITS, type PatternLimits} from '../regex/parsed-pattern.js'
import type {Entry, Table} from './entry.js'
import type {Finding} from './finding.js'
import {type LogicalLine, logicalLines} from './logical-line.js'
import type {Engine} from './pattern-use.js'
import {readStatement} from './statement.js'
import {finding} from './statement-finding.js'

/** How much is read. */
export interface TableLimits extends PatternLimits {
  /** Biggest table that is read, in bytes. */
  readonly tableBytes: number
}

/** Limits that no table in use comes near. */
export const TABLE_LIMITS: TableLimits = {...PATTERN_LIMITS, tableBytes: 1 << 28}

/** How Postfix would read it. */
export interface ParseOptions {
  readonly engine: Engine
  /** True where the parameter that uses the table forbids $n: Postfix then skips rules that have one. */
  readonly forbidSubstitution?: boolean
  readonly limits?: TableLimits
}

/** Reads a table (bytes, or latin1 text). Never fails on content; TABLE_TOO_BIG beyond limits.tableBytes. */
export const parseTable = (source: Uint8Array | string, options: ParseOptions): Table => {
  const limits = options.limits ?? TABLE_LIMITS
  if (source.length > limits.tableBytes)
    throw new OpsError(
      'TABLE_TOO_BIG',
      `the table has ${source.length} bytes, more than the limit of ${limits.tableBytes}`,
      {
        exit: 'badData',
      },
    )
  const text =
    typeof source === 'string'
      ? source
      : Buffer.from(source.buffer, source.byteOffset, source.length).toString('latin1')
  const reader = new TableReader({...options, limits})
  for (const line of logicalLines(text)) reader.read(line)
  return reader.finish()
}

class TableReader {
  private readonly options: ParseOptions & {limits: TableLimits}
  private readonly entries: Entry[] = []
  private readonly findings: Finding[] = []
  private open: number[] = []

  constructor(options: ParseOptions & {limits: TableLimits}) {
    this.options = options
  }

  read(line: LogicalLine): void {
    const {source, lastLine, text} = line
    const place = {line: line.line, lastLine, source}
    if (line.kind === 'trivia') {
      this.entries.push({kind: 'trivia', ...place})
      return
    }
    if (line.hasNull)
      this.findings.push(
        finding(line, {code: 'null-byte', message: 'text after null byte may be ignored'}, 'text-lost'),
      )
    if (line.kind === 'indented') {
      const shown = text.length > 30 ? `${text.slice(0, 30)}...` : text
      const message = `logical line must not start with whitespace: "${shown}"`
      this.findings.push(finding(line, {code: 'leading-whitespace', message}, 'line-ignored'))
    }
    if (line.kind === 'indented' || text === '') this.entries.push({kind: 'ignored', ...place, text})
    else this.statement(line)
  }

  private statement(line: LogicalLine): void {
    const {statement, findings} = readStatement(line, {...this.options, open: this.open.length})
    this.findings.push(...findings)
    const place = {line: line.line, lastLine: line.lastLine, source: line.source}
    const common = {...place, guards: this.open, comments: this.commentsAbove()}
    const index = this.entries.length
    switch (statement.kind) {
      case 'rule':
        this.entries.push({...common, ...statement})
        break
      case 'if':
        this.entries.push({...common, ...statement})
        this.open = [...this.open, index]
        break
      case 'endif': {
        const opener = this.open.at(-1)!
        this.open = this.open.slice(0, -1)
        this.entries[opener] = {...(this.entries[opener] as Entry & {kind: 'if'}), endif: index}
        this.entries.push({kind: 'endif', ...place, if: opener})
        break
      }
      case 'ignored':
        this.entries.push({kind: 'ignored', ...place, text: line.text})
    }
  }

  private commentsAbove(): string[] {
    const above = this.entries.at(-1)
    if (above?.kind !== 'trivia') return []
    const lines = above.source.split('\n').slice(0, -1)
    const blank = lines.findLastIndex(line => !line.includes('#'))
    return lines.slice(blank + 1).map(line => line.replace(/\r$/, ''))
  }

  finish(): Table {
    for (const index of this.open.toReversed()) {
      const entry = this.entries[index]!
      this.findings.push(finding(entry, {code: 'unclosed-if', message: 'IF has no matching ENDIF'}, 'rest-hidden'))
    }
    return {engine: this.options.engine, entries: this.entries, findings: this.findings}
  }
}

/** Returns the bytes of the table (latin1 text): emit(parse(x)) is x. */
export const emitTable = (table: Table): string => table.entries.map(entry => entry.source).join('')
