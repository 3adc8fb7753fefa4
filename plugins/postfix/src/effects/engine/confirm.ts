// What only the engine can tell of a table: patterns it rejects, keys on which it gives up.
import {lintFinding, type LintFinding} from '../../lint/finding.js'
import type {Suspicion} from '../../lint/lint-table.js'
import type {Table} from '../../table/entry.js'
import {askEngine} from './ask.js'

interface Where {
  readonly configDirectory?: string | undefined
}

/** Findings for warnings of Postfix that the parser did not foresee. */
export const unforeseenWarnings = async (
  table: Table,
  {source, configDirectory}: Where & {source: string},
): Promise<LintFinding[]> => {
  // Cut off in its time or memory, it told nothing; the findings about size do.
  const {warnings} = await askEngine({engine: table.engine, source, keys: ['x'], configDirectory})
  const lines = new Set(table.findings.map(({line}) => line))
  return warnings
    .filter(({line}) => !lines.has(line))
    .map(({line, text}) => {
      const entry = table.entries.find(its => its.line === line)
      return lintFinding('postfix-warning', {line, lastLine: entry?.lastLine ?? line}, {message: `Postfix warns: ${text}`})
    })
}

const LOOKUP_MS = 5_000

/** The suspicions that hold: those keys make the engine give up, or work for longer than it may. */
export const confirmed = async (table: Table, suspicions: readonly Suspicion[], where: Where): Promise<LintFinding[]> => {
  const findings: LintFinding[] = []
  for (const {finding, rule, keys} of suspicions) {
    const {text, delimiter, flags} = rule.pattern
    const source = `${/[A-Za-z0-9]/.test(delimiter) ? '!!' : ''}${delimiter}${text}${delimiter}${flags} x\n`
    const {warnings, timedOut} = await askEngine({engine: table.engine, source, keys, timeoutMs: LOOKUP_MS, ...where})
    if (timedOut || warnings.some(warning => /match|limit|error/i.test(warning.text))) findings.push(finding)
  }
  return findings
}
