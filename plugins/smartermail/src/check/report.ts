// Findings as people read them.
import {plural, terminalSafe} from 'mailops/core'

import {CODES, type Code, type Finding, type Severity} from './finding.js'

const EXAMPLES = 10

/** Codes with their meaning, for the help. */
export const codeLines = (): string[] =>
  (Object.keys(CODES) as Code[]).map(code => `  ${code.padEnd(19)} ${CODES[code][0].padEnd(8)} ${CODES[code][1]}`)

const ORDER: readonly Severity[] = ['problem', 'warning', 'note']

/** Lines of all findings, the worst first; of each code some, all of them with `all`. */
export const findingLines = (findings: readonly Finding[], all: boolean): string[] =>
  ORDER.flatMap(severity =>
    (Object.keys(CODES) as Code[]).flatMap(code => {
      const some = findings.filter(one => one.code === code && one.severity === severity)
      const shown = all ? some : some.slice(0, EXAMPLES)
      const lines = shown.map(({where, text}) => `${severity}  ${code}  ${terminalSafe(where)}: ${terminalSafe(text)}`)
      return some.length > shown.length ? [...lines, `${severity}  ${code}  and ${some.length - shown.length} more (--verbose shows all)`] : lines
    }),
  )

/** The last line. */
export const summaryLine = (path: string, findings: readonly Finding[]): string => {
  const count = (severity: Severity): number => findings.filter(one => one.severity === severity).length
  if (count('problem') + count('warning') === 0) return `${terminalSafe(path)}: nothing is in the way of a move`
  return `${terminalSafe(path)}: ${plural(count('problem'), 'problem')}, ${plural(count('warning'), 'warning')}`
}
