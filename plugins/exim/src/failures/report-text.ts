// The report for people: figures, a table of causes, a histogram, then for each cause the proof and what to do.
import {bar, countText, plural, tableLines, terminalSafe} from 'mailops/core'

import type {CauseClass} from './class.js'
import type {Group, Report} from './report.js'
import {localTime} from './time-text.js'

const timeText = (iso: string | null): string => (iso === null ? '-' : localTime(Date.parse(iso) / 1000))

const headLines = ({lines, failures, unparsed, repeated, outgoing, outside, first, last}: Report): string[] => {
  const also = [
    repeated > 0 ? `${countText(repeated)} of them in a second log too` : '',
    unparsed > 0 ? `${countText(unparsed)} not understood` : '',
    outgoing > 0 ? `${countText(outgoing)} of our own logins elsewhere` : '',
    outside > 0 ? `${countText(outside)} at other times` : '',
  ].filter(text => text !== '')
  const span = first === null ? '' : `; ${timeText(first)} to ${timeText(last)}`
  return [`${plural(lines, 'line')}, ${plural(failures, 'failed login')}${span}`, ...(also.length > 0 ? [`(${also.join(', ')})`] : [])]
}

// The year stands in the first line of the report.
const classTable = (classes: readonly CauseClass[], width: number): string[] =>
  tableLines(
    [
      {heading: 'CAUSE', shrink: true}, {heading: 'FAILURES', align: 'right'}, {heading: 'ACCOUNTS', align: 'right'},
      {heading: 'ADDRESSES', align: 'right'}, {heading: 'FIRST'}, {heading: 'LAST'},
    ],
    classes.map(({cause, service, count, accounts, addresses, first, last}) => [
      service === undefined ? cause : `${cause} ${terminalSafe(service)}`, countText(count), countText(accounts), countText(addresses),
      timeText(first).slice(5, 16), timeText(last).slice(5, 16),
    ]),
    width,
  )

const histogramLines = ({histogram}: Report, width: number): string[] => {
  const most = Math.max(0, ...histogram.map(({count}) => count))
  return tableLines(
    [{heading: 'TIME'}, {heading: 'FAILURES', align: 'right'}, {heading: '', shrink: true}],
    histogram.map(({start, count}) => [timeText(start).slice(0, 16), countText(count), bar(count, most, Math.max(10, width - 30))]),
    width,
  )
}

const groupTable = (groups: readonly Group[], heading: string, width: number): string[] =>
  tableLines(
    [{heading, shrink: true}, {heading: 'FAILURES', align: 'right'}, {heading: 'FIRST'}, {heading: 'LAST'}, {heading: 'CAUSES', shrink: true}],
    groups.map(({name, count, first, last, causes}) => [
      terminalSafe(name), countText(count), timeText(first).slice(0, 16), timeText(last).slice(0, 16), Object.keys(causes).join(', '),
    ]),
    width,
  )

/** Breaks a text at blanks into lines of so many characters; `` `commands` `` are not broken. */
const wrapped = (text: string, width: number): string[] => {
  const lines: string[] = []
  for (const word of text.match(/`[^`]*`\S*|\S+/g) ?? []) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

const topText = (counts: CauseClass['topAccounts']): string => counts.map(({name, count}) => `${name === '' ? '(local)' : name} (${countText(count)})`).join(', ')

const classLines = (one: CauseClass, width: number): string[] => {
  const {cause, service, proof, advice, topAccounts, topAddresses} = one
  const block = (label: string, text: string): string[] =>
    text === '' ? [] : wrapped(terminalSafe(text), width - 11).map((line, index) => `  ${(index === 0 ? label : '').padEnd(9)}${line}`)
  return [
    `${cause}${service === undefined ? '' : ` ${terminalSafe(service)}`}: ${plural(one.count, 'failure')}`,
    ...block('accounts', topText(topAccounts)),
    ...block('from', topText(topAddresses)),
    ...block('do', advice),
    // Whole, so that they can be pasted and looked for; a terminal wraps them.
    ...proof.map(line => `  | ${terminalSafe(line)}`),
  ]
}

/** The whole report, as blocks of lines apart by an empty one. */
export const reportLines = (report: Report, width: number): string[] => {
  const {classes, groups, by, unparsedSamples} = report
  const blocks = [headLines(report)]
  if (groups !== undefined) blocks.push(groupTable(groups, (by ?? '').toUpperCase(), width))
  else if (classes.length > 0) blocks.push(classTable(classes, width))
  if (report.histogram.length > 1) blocks.push(histogramLines(report, width))
  if (groups === undefined) blocks.push(...classes.map(one => classLines(one, width)))
  if (unparsedSamples.length > 0) blocks.push(['not understood, some of them:', ...unparsedSamples.map(line => `  | ${terminalSafe(line)}`)])
  return blocks.map(lines => lines.join('\n')).join('\n\n').split('\n')
}
