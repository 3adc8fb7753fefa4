// What `estimate` says, as lines for people.
import {bar, bytesText, countText, plural, tableLines, terminalSafe} from 'mailops/core'

import type {EstimateDocument, RuleCost} from './document.js'

/** Returns the lines, none wider than `width` where it can be helped. */
export const estimateLines = (document: EstimateDocument, width: number): string[] => [
  `${terminalSafe(document.map)}: ${plural(document.rules, 'rule')}, ${bytesText(document.bytes)}`,
  '',
  ...memoryLines(document, width),
  ...daemonLines(document, width),
  ...topLines(document, width),
]

const memoryLines = ({memory: {model, measured}, type}: EstimateDocument, width: number): string[] => {
  const rows = [[`model${model.exact ? '' : ' (in part guessed)'}`, bytesText(model.cold), bytesText(model.warm)]]
  if (type === 'pcre') rows.push(['model, of that resident', '', bytesText(model.resident)])
  if (measured !== null) rows.push([`measured, ${plural(measured.keys, 'key')}`, bytesText(measured.cold), bytesText(measured.warm)])
  const columns = [
    {heading: 'one process, above an empty map'},
    {heading: 'cold', align: 'right'},
    {heading: 'warm', align: 'right'},
  ] as const
  return [...tableLines(columns, rows, width), 'cold: loaded; warm: after keys that go through all of its patterns']
}

const daemonLines = ({daemons, memory: {machine, model, measured}}: EstimateDocument, width: number): string[] => {
  if (machine === null) return []
  const warm = measured?.warm ?? model.resident
  const rows = daemons.map(({name, program, parameter, copies, processes, limit, running}) => [
    program === name.split('/')[0] ? program : `${program} (${name})`,
    terminalSafe(parameter),
    running === null ? '-' : countText(running),
    limit === null ? 'no limit' : countText(limit),
    bytesText(warm * copies),
    bytesText(warm * copies * processes),
  ])
  const columns = [
    {heading: 'daemon', shrink: true},
    {heading: 'parameter', shrink: true},
    {heading: 'now', align: 'right'},
    {heading: 'at most', align: 'right'},
    {heading: 'each', align: 'right'},
    {heading: 'all', align: 'right'},
  ] as const
  const total = `${plural(machine.copies, 'copy', 'copies')} on this machine: ${bytesText(machine.bytes)}`
  if (daemons.length === 0 && machine.copies === 0) return ['', 'no daemon of this Postfix names this map']
  return ['', ...(rows.length === 0 ? [] : tableLines(columns, rows, width)), total]
}

const topLines = ({top, rules}: EstimateDocument, width: number): string[] => {
  if (top.length === 0) return []
  const most = top[0]!.warm
  const rows = top.map(rule => [String(rule.line), bytesText(rule.cold), bytesText(rule.warm), bar(rule.warm, most, 20), patternText(rule)])
  const columns = [
    {heading: 'line', align: 'right'},
    {heading: 'cold', align: 'right'},
    {heading: 'warm', align: 'right'},
    {heading: ''},
    {heading: 'pattern', shrink: true},
  ] as const
  return ['', `the most expensive of ${plural(rules, 'rule')}`, ...tableLines(columns, rows, width)]
}

const patternText = ({kind, pattern, exact}: RuleCost): string =>
  `${kind === 'if' ? 'if ' : ''}${terminalSafe(pattern)}${exact ? '' : ' (guessed)'}`
