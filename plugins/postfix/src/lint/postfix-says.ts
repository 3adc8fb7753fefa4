// What Postfix warns about while it loads the table, with what it means for mail.
import type {Entry, Table} from '../table/entry.js'
import type {Finding} from '../table/finding.js'
import type {LintCode} from './codes.js'
import {lintFinding, type LintFinding} from './finding.js'

/** Turns the findings of the parser into ours; `parameters` are those for which $n is forbidden. */
export const postfixSays = (table: Table, parameters: readonly string[]): LintFinding[] =>
  table.findings.map(finding => {
    const code = codeOf(finding, sourceAt(table, finding.line))
    return lintFinding(code, finding, {
      message: `${finding.message}; ${consequence(code, finding, {table, parameters})}`,
      ...(HINTS[code] !== undefined && {hint: HINTS[code]}),
    })
  })

const HINTS: Partial<Record<LintCode, string>> = {
  'delimiter-in-bracket': 'take a delimiter that the pattern does not hold, as in !a[/]b!',
  'rule-swallowed': 'rules in an if begin at the margin; a line that begins with white space goes on the line above',
  'if-dropped': 'mend the pattern of the if, or take it out together with its endif',
  'unclosed-if': 'write endif behind the last rule it guards',
  'empty-result': 'write a result; for "do nothing" an access table has DUNNO',
  'leading-whitespace': 'begin the rule at the margin',
}

const sourceAt = (table: Table, line: number): string =>
  table.entries.find((entry: Entry) => entry.line === line)?.source ?? ''

const codeOf = ({code, effect, line, lastLine}: Finding, source: string): LintCode => {
  if ((code === 'unknown-flag' || code === 'bad-pattern') && delimiterInBracket(source)) return 'delimiter-in-bracket'
  if (effect === 'if-dropped') return 'if-dropped'
  return code === 'text-after-if' && lastLine > line ? 'rule-swallowed' : code
}

/** Does the pattern end inside a bracket, which goes on behind it? */
const delimiterInBracket = (source: string): boolean => {
  const parts = /^(?:if)?[\s!]*([^\sA-Za-z0-9])(.*)$/is.exec(source)
  if (parts === null) return false
  const [, delimiter, rest] = parts as unknown as [string, string, string]
  const end = rest.search(new RegExp(`(?<!\\\\)${delimiter.replace(/[^\w\s]/g, '\\$&')}`))
  if (end < 0 || delimiter === '[') return false
  const pattern = rest.slice(0, end)
  return pattern.lastIndexOf('[') > pattern.lastIndexOf(']') && rest.slice(end + 1).includes(']')
}

const consequence = (
  code: LintCode,
  finding: Finding,
  {table, parameters}: {table: Table; parameters: readonly string[]},
): string => {
  if (code === 'substitution-forbidden') return `${parameters.join(', ')} must not use $number: the rule never answers there`
  if (code === 'if-dropped') return `${finding.consequence}${unguarded(table, finding.line)}`
  if (code === 'empty-result') return 'daemons take an empty result for a configuration error and defer the mail'
  return finding.consequence
}

const unguarded = ({entries}: Table, line: number): string => {
  const lines: number[] = []
  let depth = 0
  for (const entry of entries.slice(entries.findIndex(its => its.line === line) + 1)) {
    if (entry.kind === 'rule') lines.push(entry.line)
    if (entry.kind === 'if') depth++
    // Its own endif is a stray one, or the next that is left over.
    if (entry.kind === 'ignored' && /^endif/i.test(entry.text)) break
    if (entry.kind === 'endif' && depth-- === 0) break
  }
  if (lines.length === 0) return ''
  return lines.length === 1 ? ` (line ${lines[0]})` : ` (lines ${lines[0]} to ${lines.at(-1)})`
}
