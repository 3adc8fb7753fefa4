// What is shown before a purge: how many, how much, whose, and the first of them.
import {bytesText, countText, durationText, plural, tableLines, type JsonObject} from 'mailops/core'

import {displayAddress, isoTime} from '../listing/display.js'
import {formatNumber, type MessageNumber} from '../queue/number.js'

/** The first messages and the senders of most, as selectMessages collects them. */
export interface Previewed {
  readonly first: readonly {
    readonly number: MessageNumber
    readonly state: string
    readonly sender: string | null
    /** Seconds since the epoch. */
    readonly queuedAt: number | null
    readonly size: number | null
    readonly otherPending: number
  }[]
  readonly senders: readonly {readonly key: string; readonly count: number; readonly bytes: number}[]
  readonly exact: boolean
}

/** Counts of what was chosen. */
export interface Totals {
  readonly messages: number
  readonly bytes: number
  /** Messages with other pending recipients than those selected. */
  readonly shared: number
  /** What becomes of those. */
  readonly sharedFate: 'stay' | 'go' | 'keep the others'
}

const RIGHT = 'right' as const

/** Returns the preview as lines for people. */
export const previewLines = (totals: Totals, preview: Previewed | undefined, {now, width}: {now: number; width: number}): string[] => [
  `${plural(totals.messages, 'message')}, ${bytesText(totals.bytes)}`,
  ...sharedLines(totals),
  ...(preview === undefined || totals.messages === 0 ? [] : [...senderLines(preview, width), ...firstLines(preview, totals, {now, width})]),
]

const sharedLines = ({shared, sharedFate}: Totals): string[] => {
  if (shared === 0) return []
  const also = `${plural(shared, 'of them also waits', 'of them also wait')} for recipients that were not selected`
  if (sharedFate === 'stay') return [`${also}, and ${shared === 1 ? 'stays' : 'stay'}; take them whole with --whole-message, or only the recipients with --only-recipient`]
  return [sharedFate === 'go' ? `${also}, and ${shared === 1 ? 'goes' : 'go'} as a whole (--whole-message)` : `${also}, who keep them (--only-recipient)`]
}

const senderLines = ({senders, exact}: Previewed, width: number): string[] => {
  if (senders.length === 0) return []
  const columns = [{heading: 'MESSAGES', align: RIGHT}, {heading: 'SIZE', align: RIGHT}, {heading: 'SENDER', shrink: true}]
  const rows = senders.map(({key, count, bytes}) => [countText(count), bytesText(bytes), displayAddress(key)])
  return ['', `most by sender${exact ? '' : ' (too many to count them all; about)'}:`, ...tableLines(columns, rows, width)]
}

const firstLines = ({first}: Previewed, {messages}: Totals, {now, width}: {now: number; width: number}): string[] => {
  const columns = [
    {heading: 'ID', align: RIGHT},
    {heading: 'STATE'},
    {heading: 'AGE', align: RIGHT},
    {heading: 'SIZE', align: RIGHT},
    {heading: 'SENDER', shrink: true},
  ]
  const rows = first.map(({number, state, queuedAt, size, sender}) => [
    formatNumber(number),
    state,
    queuedAt === null ? '?' : durationText(now - queuedAt),
    size === null ? '?' : bytesText(size),
    displayAddress(sender),
  ])
  return ['', first.length < messages ? `the first ${first.length}:` : 'these:', ...tableLines(columns, rows, width)]
}

/** Returns the preview as members of a dry run's JSON document. */
export const previewJson = (preview: Previewed | undefined): JsonObject => ({
  senders: (preview?.senders ?? []).map(({key, count, bytes}) => ({sender: key, messages: count, bytes})),
  messages: (preview?.first ?? []).map(({number, state, sender, queuedAt, size, otherPending}) => ({
    id: formatNumber(number),
    state,
    sender,
    queuedAt: queuedAt === null ? null : isoTime(queuedAt),
    sizeBytes: size,
    otherPending,
  })),
})
