// What becomes of comments and blank lines around rules that go elsewhere.
import type {Table} from '../../table/entry.js'

/** Comment lines within a rule of several lines, as they stand there. */
export const innerComments = (source: string): string[] =>
  source
    .split('\n')
    .slice(1)
    .filter(line => /^\s*#/.test(line))
    .map(line => line.replace(/\r$/, ''))

/** Everything a person wrote about a rule: the lines right above it and those within it. */
export const commentsOf = (table: Table, entry: number): string[] => {
  const rule = table.entries[entry]!
  if (rule.kind !== 'rule') return []
  return [...rule.comments, ...innerComments(rule.source)]
}

/** Comments and blank lines between rules, without the last `attached` comment lines: those go with their rule. */
export const looseTrivia = (source: string, attached: number): string => {
  const lines = source.match(/[^\n]*\n|[^\n]+/g) ?? []
  return lines.slice(0, lines.length - attached).join('')
}

/** True when nothing but blanks is in it. */
export const isBlank = (text: string): boolean => text.trim() === ''
