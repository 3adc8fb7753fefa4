// What verify found, for people.
import {bytesText, countText, plural, tableLines, terminalSafe} from 'mailops/core'

import {CODES, type Code, type DomainCount, type Finding} from './finding.js'

/** Findings by code, each with some examples. */
export const findingLines = (findings: readonly Finding[], most: number): string[] =>
  (Object.keys(CODES) as Code[]).flatMap(code => {
    const own = findings.filter(finding => finding.code === code)
    if (own.length === 0) return []
    return [
      `${code}  ${countText(own.length)}`,
      `  ${CODES[code]}`,
      ...own.slice(0, most).map(({name, text}) => `    ${terminalSafe(name)}: ${terminalSafe(text)}`),
      ...(own.length > most ? [`    and ${countText(own.length - most)} more (--verbose shows all)`] : []),
    ]
  })

/** A table of the domains: those with trouble first, then the largest. */
export const countLines = (counts: readonly DomainCount[], width: number, most: number): string[] => {
  const trouble = ({missing, different}: DomainCount): number => missing + different
  const sorted = counts.toSorted((a, b) => trouble(b) - trouble(a) || b.bytes - a.bytes)
  const rows = sorted.slice(0, most).map(({domain, files, bytes, same, missing, different, more}) => [
    domain === '' ? '(beside the domains)' : terminalSafe(domain), countText(files), bytesText(bytes), countText(same),
    countText(missing), countText(different), more === null ? '' : countText(more),
  ])
  const right = (heading: string) => ({heading, align: 'right' as const})
  const columns = [{heading: 'DOMAIN', shrink: true}, right('FILES'), right('SIZE'), right('SAME'), right('MISSING'), right('OTHER'), right('NEW')]
  return rows.length === 0 ? [] : [...tableLines(columns, rows, width), ...(sorted.length > most ? [`and ${plural(sorted.length - most, 'more domain')}`] : [])]
}
