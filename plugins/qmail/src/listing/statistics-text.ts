// The figures of a queue as tables that fit 80 columns.
import {bar, bytesText, countText, durationText, plural, tableLines} from 'mailops/core'

import {AGE_HEADINGS, AGE_LABELS} from './age-bins.js'
import {displayAddress} from './display.js'
import type {Grouping, Statistics} from './statistics.js'
import type {Group} from './tally.js'

/** `412 messages, 1.2 MB, 530 recipients to be done, the oldest 3d 4h`. */
export const totalLine = ({messages, bytes, pendingRecipients, oldestSeconds}: Statistics): string =>
  `${plural(messages, 'message')}, ${bytesText(bytes)}, ${plural(pendingRecipients, 'recipient')} to be done` +
  (messages === 0 ? '' : `, the oldest ${durationText(oldestSeconds)}`)

/** Messages and bytes by state. */
export const stateLines = (groups: readonly Group[], width: number): string[] =>
  tableLines(
    [{heading: 'STATE'}, {heading: 'MESSAGES', align: 'right'}, {heading: 'SIZE', align: 'right'}],
    groups.map(({key, messages, bytes}) => [key, countText(messages), bytesText(bytes)]),
    width,
  )

/** Messages and bytes by age, with bars; empty bins between others are shown, so that the shape is true. */
export const ageLines = (groups: readonly Group[], width: number): string[] => {
  const byKey = new Map(groups.map(group => [group.key, group]))
  const most = groups.reduce((max, {messages}) => Math.max(max, messages), 0)
  const last = AGE_HEADINGS.findLastIndex(heading => byKey.has(heading))
  const rows = AGE_HEADINGS.slice(0, last + 1).map((heading, bin) => {
    const {messages = 0, bytes = 0} = byKey.get(heading) ?? {}
    return [AGE_LABELS[bin]!, countText(messages), bytesText(bytes), bar(messages, most)]
  })
  return tableLines(
    [{heading: 'AGE'}, {heading: 'MESSAGES', align: 'right'}, {heading: 'SIZE', align: 'right'}, {heading: '', shrink: true}],
    rows,
    width,
  )
}

/** Messages by key and age in minutes, as qshape(1) shows them. */
export const groupLines = (groups: readonly Group[], by: Grouping, width: number): string[] => {
  const counts = groups.map(({messages, ages}) => [messages, ...ages].map(String))
  return tableLines(
    [
      {heading: by.toUpperCase(), shrink: true},
      {heading: 'SIZE', align: 'right'},
      {heading: 'TOTAL', align: 'right'},
      ...AGE_HEADINGS.map(heading => ({heading, align: 'right'}) as const),
    ],
    groups.map(({key, bytes}, index) => [keyText(key, by), bytesText(bytes).replace(' ', ''), ...counts[index]!]),
    width,
  )
}

const keyText = (key: string, by: Grouping): string => (key === '' && by === 'recipient' ? "''" : displayAddress(key))
