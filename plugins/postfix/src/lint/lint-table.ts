// Everything that is wrong with one table, in the order of its lines.
import type {AutomatonLimits} from '../automaton/ruleset.js'
import {withDoubts} from '../rewrite/doubt.js'
import type {If, Rule, Table} from '../table/entry.js'
import type {PatternUse} from '../table/pattern-use.js'
import {addressTraps} from './addresses.js'
import {costTraps} from './cost.js'
import {lintFinding, type LintFinding} from './finding.js'
import {orderFindings} from './order.js'
import {postfixSays} from './postfix-says.js'
import {starFindings} from './star.js'
import {trapsOf} from './traps.js'

/** What is known of the use of the table; undefined members are not known. */
export interface TableUse {
  /** Name of the file, without its directory: it tells header and body checks where no parameter does. */
  readonly file?: string | undefined
  /** Parameters of main.cf that name it. */
  readonly parameters?: readonly string[] | undefined
  /** Those of them for which Postfix skips rules with $n; the table must have been parsed with forbidSubstitution then. */
  readonly forbidSubstitution?: readonly string[] | undefined
}

/** Keys that should bring PCRE2 to its match limit, to be tried on the real engine before it is told. */
export interface Suspicion {
  readonly finding: LintFinding
  readonly rule: Rule | If
  readonly keys: readonly string[]
}

export interface Lint {
  readonly findings: readonly LintFinding[]
  readonly suspicions: readonly Suspicion[]
  /** Lines of rules of which it could not be decided whether they ever answer. */
  readonly undecided: readonly number[]
}

/** Looks at a whole table. `limits` bound each question to the automata. */
export const lintTable = (table: Table, use: TableUse, limits: AutomatonLimits): Lint => {
  const suspicions: Suspicion[] = []
  // No automaton is made of repetitions that would take minutes to write out.
  const order = orderFindings(withDoubts(table), limits)
  const findings = [
    ...postfixSays(table, use.forbidSubstitution ?? []),
    ...table.entries.flatMap(entry => (entry.kind === 'rule' || entry.kind === 'if' ? entryFindings(entry, {use, suspicions, stop: limits.stop}) : [])),
    ...starFindings(table, use.parameters?.includes('transport_maps')),
  ]
  // A pattern with a dead escape matches nothing for that reason.
  const dead = new Set(findings.flatMap(({code, line}) => (code === 'dead-escape' ? [line] : [])))
  findings.push(...order.findings.filter(({code, line}) => code !== 'never-matches' || !dead.has(line)))
  return {findings: sorted(findings), suspicions, undecided: order.undecided}
}

/** By line, the gravest first. */
export const sorted = (findings: readonly LintFinding[]): LintFinding[] => {
  const weight = {error: 0, warning: 1, note: 2}
  return findings.toSorted((a, b) => a.line - b.line || weight[a.severity] - weight[b.severity])
}

/** Headers and lines of a body are searched for a text, which may stand anywhere. */
const isOfText = ({parameters = [], file = ''}: TableUse): boolean =>
  parameters.length > 0 ? parameters.some(parameter => parameter.endsWith('_checks')) : /header|body|mime/i.test(file)

const entryFindings = (
  entry: Rule | If,
  {use, suspicions, stop}: {use: TableUse; suspicions: Suspicion[]; stop: (() => boolean) | undefined},
): LintFinding[] => {
  const patterns: PatternUse[] = [entry.pattern, ...(entry.kind === 'rule' && entry.second ? [entry.second] : [])]
  const findings = patterns.flatMap(pattern => trapsOf(pattern).map(([code, text]) => lintFinding(code, entry, text)))
  if (entry.kind === 'rule' && !isOfText(use))
    for (const [code, text] of addressTraps(entry.pattern)) findings.push(lintFinding(code, entry, text))
  const captures = entry.kind === 'if' || entry.result.kind === 'template'
  for (const pattern of patterns)
    for (const {trap, keys} of costTraps(pattern, {captures, stop})) {
      const finding = lintFinding(trap[0], entry, trap[1])
      if (keys === undefined) findings.push(finding)
      else suspicions.push({finding, rule: entry, keys})
    }
  return findings
}
