// Rules that never answer because of the rules before them.
import {reachability} from '../automaton/reach.js'
import type {AutomatonLimits} from '../automaton/ruleset.js'
import type {Rule, Table} from '../table/entry.js'
import {type FindingText, lintFinding, type LintFinding} from './finding.js'

export interface OrderFindings {
  readonly findings: LintFinding[]
  /** Lines of rules for which it could not be decided. */
  readonly undecided: readonly number[]
}

/** Finds duplicates by their text and shadowed rules by automata. */
export const orderFindings = (table: Table, limits: AutomatonLimits): OrderFindings => {
  const duplicates = duplicateFindings(table)
  const known = new Set(duplicates.map(({line}) => line))
  const findings = [...duplicates]
  const undecided: number[] = []
  for (const reach of reachability(table, limits)) {
    const rule = table.entries[reach.entry] as Rule
    if (known.has(rule.line)) continue
    if (reach.verdict === 'unknown') undecided.push(rule.line)
    else if (reach.verdict === 'unreachable') findings.push(unreachable(table, rule, reach.by))
  }
  return {findings, undecided}
}

const unreachable = (table: Table, rule: Rule, by: readonly number[]): LintFinding => {
  const lines = by.map(entry => table.entries[entry]!.line).toSorted((a, b) => a - b)
  if (lines.length === 0) return lintFinding('never-matches', rule, neverMatches(rule.guards.map(entry => table.entries[entry]!.line)))
  return lintFinding('shadowed-rule', rule, {
    message: `never answers: ${linesText(lines)} answered every key that it matches`,
    hint: 'take it out, or move it up',
    related: lines,
  })
}

/** It may be its pattern, or that of an if around it. */
const neverMatches = (ifs: readonly number[]): FindingText =>
  ifs.length === 0
    ? {message: 'no key can match this rule', hint: 'take it out, or mend its pattern'}
    : {
        message: `no key that passes the ${ifs.length === 1 ? 'if of line' : 'ifs of lines'} ${ifs.join(', ')} can match this rule`,
        hint: 'take it out, move it out of the if, or mend its pattern',
        related: ifs,
      }

const SHOWN = 5

const linesText = (lines: readonly number[]): string => {
  if (lines.length === 1) return `line ${lines[0]} has already`
  const more = lines.length > SHOWN ? ` and ${lines.length - SHOWN} more` : ''
  return `lines ${lines.slice(0, SHOWN).join(', ')}${more} have already`
}

const duplicateFindings = (table: Table): LintFinding[] => {
  const first = new Map<string, Rule>()
  const findings: LintFinding[] = []
  for (const entry of table.entries) {
    if (entry.kind !== 'rule') continue
    const key = sameness(entry)
    const before = first.get(key)
    if (before === undefined) first.set(key, entry)
    else
      findings.push(
        lintFinding('duplicate-rule', entry, {
          message: `the same pattern as in line ${before.line}, which answers first`,
          hint: 'take out one of them',
          related: [before.line],
        }),
      )
  }
  return findings
}

const sameness = ({pattern, second, guards}: Rule): string =>
  JSON.stringify([guards, ...[pattern, second].map(use => use && [use.text, use.negated, use.dialect])])
