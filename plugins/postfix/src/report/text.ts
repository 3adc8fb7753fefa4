// What optimize-regexp tells people, in lines of at most 80 columns where it can be helped.
import {bytesText, countText, plural, terminalSafe} from 'mailops/core'

import type {BeforeAfter} from './memory.js'
import type {OptimizeDocument} from './document.js'

const MOST_LINES = 12

const KINDS: Readonly<Record<OptimizeDocument['rewrites'][number]['kind'], string>> = {
  unreachable: 'can never answer, removed',
  merge: 'joined',
  factor: 'written shorter',
  guard: 'put behind an if',
  captures: 'joined, $number kept',
}

const REASONS: Readonly<Record<string, string>> = {
  opaque: 'only the engine understands the pattern',
  captures: 'its answer holds $number',
  negated: 'it is negated',
  'second-pattern': 'it has a second pattern',
  'too-big': 'its pattern is too big to take apart',
  unanchored: 'joined, unanchored patterns are slower in pcre:',
  order: 'a rule of another answer stands between',
  alone: 'no other rule to join with',
  'no-gain': 'joining would not pay',
  differs: 'its rewriting could not be shown to be right',
}

/** The report, a line each. */
export const reportLines = (document: OptimizeDocument): string[] => [
  ...findingLines(document),
  ...table(document),
  ...daemonLines(document),
  ...rewriteLines(document),
  ...keptLines(document),
  ...proofLines(document),
  ...document.hints,
]

const findingLines = ({findings}: OptimizeDocument): string[] =>
  shortened(findings, ({file, line, message, consequence}) => [`${terminalSafe(file)}:${line}: ${terminalSafe(message)}`, `    ${consequence}`])

const shortened = <T>(items: readonly T[], lines: (item: T) => string[]): string[] => [
  ...items.slice(0, MOST_LINES).flatMap(lines),
  ...(items.length > MOST_LINES ? [`    ... and ${countText(items.length - MOST_LINES)} more (--json tells all)`] : []),
]

const table = ({rules, memory}: OptimizeDocument): string[] => {
  const row = (name: string, before: string, after: string, gain = ''): string =>
    `${name.padEnd(30)}${before.padStart(12)}${after.padStart(12)}${gain.padStart(12)}`.trimEnd()
  const bytes = (name: string, before: number, after: number): string =>
    row(name, bytesText(before), bytesText(after), after > 0 && before > NOTABLE * after ? `x${ratio(before / after)} less` : '')
  const pair = (name: string, {coldBefore, coldAfter, warmBefore, warmAfter}: BeforeAfter): string[] => [
    bytes(`cold heap, ${name}`, coldBefore, coldAfter),
    bytes(`warm heap, ${name}`, warmBefore, warmAfter),
  ]
  return [
    row('', 'before', 'after'),
    row('rules', countText(rules.before), countText(rules.after)),
    ...pair('model', memory.model),
    ...(memory.measured === null ? [] : pair('measured', memory.measured)),
  ]
}

/** A gain below this is none worth a word. */
const NOTABLE = 1.05

const ratio = (factor: number): string => (factor >= 10 ? factor.toFixed(0) : factor.toFixed(1))

const daemonLines = ({memory}: OptimizeDocument): string[] => [
  ...memory.daemons.map(
    ({name, parameter, processes}) => `loaded by ${name} (${plural(processes, 'process', 'processes')}): ${parameter}`,
  ),
  ...(memory.saved.machine !== null && memory.saved.machine > 0 ? [`saves ${bytesText(memory.saved.machine)} on this machine`] : []),
]

const rewriteLines = ({rewrites}: OptimizeDocument): string[] =>
  shortened(rewrites, ({lines, kind, by}) => [`${place(lines)}: ${KINDS[kind]}${by === undefined || by.length === 0 ? '' : ` (${place(by)})`}`])

const place = (lines: readonly number[]): string => {
  const [first] = lines
  if (lines.length === 1) return `line ${first}`
  return `${countText(lines.length)} rules, lines ${first}-${lines.at(-1)}`
}

/** Reasons by how often, not rule by rule: that is what --json is for. */
const keptLines = ({kept}: OptimizeDocument): string[] => {
  const byReason = new Map<string, number[]>()
  for (const {reason, line} of kept) {
    const lines = byReason.get(reason)
    if (lines === undefined) byReason.set(reason, [line])
    else lines.push(line)
  }
  return [...byReason].map(([reason, lines]) => `${place(lines)}: kept, ${REASONS[reason] ?? reason}`)
}

const proofLines = ({proof}: OptimizeDocument): string[] => {
  const {verdict, method, states, postmap, doubts} = proof
  const lines = doubts.map(doubt => `left out: ${terminalSafe(doubt)}`)
  if (verdict === 'unchanged') return [...lines, 'unchanged: nothing better was found that could be proven']
  const how = method === 'whole-table' ? `every key there is, in ${countText(states)} states` : 'a certificate for each rewrite'
  lines.push(`proven equivalent: ${how}`)
  if (postmap === null) return [...lines, 'postmap was not asked']
  const missed = postmap.notReached.length === 0 ? '' : `; of ${plural(postmap.notReached.length, 'rule')} none of its own`
  return [...lines, `postmap asked for ${plural(postmap.keys, 'key')}: ${plural(postmap.differences, 'difference')}${missed}`]
}
