// An entry as lists show it, and as JSON gives it.
import {durationText, terminalSafe, type Column, type JsonObject} from 'mailops/core'

import type {Entry} from '../store/store.js'

/** Spans that say when an entry passes or ends. */
export interface Spans {
  readonly delay: number
  readonly window: number
  readonly keep: number
}

export type State = 'passed' | 'ripe' | 'pending' | 'expired'

/** How an entry stands now. */
export const stateOf = (entry: Entry, now: number, {delay, window, keep}: Spans): State => {
  if (entry.passed > 0) return now - entry.last > keep ? 'expired' : 'passed'
  if (now - entry.first > window) return 'expired'
  return now - entry.first >= delay ? 'ripe' : 'pending'
}

/** What the state means for the next attempt. */
export const prospect = (entry: Entry, now: number, spans: Spans): string => {
  switch (stateOf(entry, now, spans)) {
    case 'passed':
      return `passes; kept ${durationText((entry.last + spans.keep - now) / 1000)} more`
    case 'ripe':
      return `the next attempt passes, until ${durationText((entry.first + spans.window - now) / 1000)} from now`
    case 'pending':
      return `passes in ${durationText(Math.ceil((entry.first + spans.delay - now) / 1000))}`
    case 'expired':
      return 'over; the next attempt is a first one'
  }
}

/** The columns of `entryCells`. */
export const ENTRY_COLUMNS: readonly Column[] = [
  {heading: 'NETWORK', shrink: true},
  {heading: 'STATE'},
  {heading: 'FIRST', align: 'right'},
  {heading: 'LAST', align: 'right'},
  {heading: 'TRIES', align: 'right'},
  {heading: 'SENDER', shrink: true},
  {heading: 'RECIPIENT', shrink: true},
]

const ago = (at: number, now: number): string => durationText(Math.max(0, now - at) / 1000).split(' ')[0] ?? ''

/** The cells of a table; times as how long ago they were. */
export const entryCells = (entry: Entry, now: number, spans: Spans): string[] => [
  terminalSafe(entry.network),
  stateOf(entry, now, spans),
  ago(entry.first, now),
  ago(entry.last, now),
  String(entry.tries),
  terminalSafe(entry.sender),
  terminalSafe(entry.recipient),
]

const iso = (at: number): string => new Date(at).toISOString()

/** JSON of an entry; export writes it and import reads it. Absent `passed`: pending; absent sender: the network alone. */
export const entryJson = ({network, sender, recipient, first, last, passed, tries}: Entry): JsonObject => ({
  network,
  ...((sender !== '' || recipient !== '') && {sender, recipient}),
  first: iso(first),
  last: iso(last),
  ...(passed > 0 && {passed: iso(passed)}),
  tries,
})

/** JSON of an entry with how it stands. */
export const entryRow = (entry: Entry, now: number, spans: Spans): JsonObject => ({...(entryJson(entry) as object), state: stateOf(entry, now, spans), next: prospect(entry, now, spans)})
