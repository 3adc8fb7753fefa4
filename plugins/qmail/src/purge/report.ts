// What a purge says when it is over: its JSON document, and the last lines for people.
import {bytesText, durationText, plural, type JsonObject} from 'mailops/core'

import type {Method} from './method.js'
import type {Skips} from './outcome.js'

/** The JSON document of a purge; members are only ever added. */
export type PurgeDocument = {
  readonly queue: string
  readonly method: Method
  readonly selected: number
  /** Only what has left. */
  readonly removed: number
  readonly marked: number
  readonly skipped: readonly {readonly id: string; readonly reason: string}[]
  readonly bytes: number
  readonly journalId: string | null
  readonly trash: string | null
  readonly serviceDowntimeMs: number
  /** Where there are more than are listed. */
  readonly skippedCount?: number
}

/** What the command knows of a purge beside what its handler reports. */
export interface PurgeFacts {
  readonly queue: string
  readonly method: Method
  /** Messages that matched, those that were to stay included. */
  readonly selected: number
  /** Bytes of those that were to leave. */
  readonly bytes: number
  readonly journalId: string | null
}

/** How the purge was asked for, as far as words depend on it. */
export interface PurgeManner {
  /** --return */
  readonly giveUp: boolean
  /** --only-recipient */
  readonly only: boolean
  readonly keep: boolean
}

const number = (value: unknown, otherwise = 0): number => (typeof value === 'number' ? value : otherwise)

/** Returns the JSON document of a purge; `result` is what its handler reported, nothing where nothing was done. */
export const purgeDocument = (facts: PurgeFacts, skips: Skips, result: JsonObject = {}): PurgeDocument => {
  const {skipped, skippedCount} = skips.json()
  return {
    queue: facts.queue,
    method: facts.method,
    selected: facts.selected,
    removed: number(result['removed']),
    // Messages that were given up have only lost their time.
    marked: number(result['marked'] ?? result['messages']),
    skipped,
    bytes: number(result['bytes'], facts.bytes),
    journalId: facts.journalId,
    trash: typeof result['trash'] === 'string' ? result['trash'] : null,
    serviceDowntimeMs: number(result['serviceDowntimeMs']),
    ...(skippedCount !== undefined && {skippedCount}),
  }
}

const markedText = ({giveUp, only}: PurgeManner): string => {
  if (giveUp) return 'given up: one more attempt, then they return to their senders'
  return only ? 'lost the matching recipients' : 'marked, which leave at their next retry (at once with --flush)'
}

/** The line that says how long mail stood still, in a list that is empty when it did not. */
export const downtimeLines = (ms: number): string[] =>
  ms > 0 ? [`qmail-send was down for ${ms < 1000 ? `${ms} ms` : durationText(ms / 1000)}`] : []

/** How many reasons of skipped messages are named. */
const REASONS = 5

/** Returns the closing lines: why messages were skipped, how long mail stood still, what was done and how to undo it. */
export const closingLines = (document: PurgeDocument, manner: PurgeManner, {skips, interrupted}: {skips: Skips; interrupted: boolean}): string[] => {
  const {removed, marked, bytes, method, trash, serviceDowntimeMs: downtime} = document
  const journalId = document.journalId ?? 'none'
  const done = [
    ...(removed > 0 || marked === 0 ? [`${plural(removed, 'message')} purged`] : []),
    ...(marked > 0 ? [`${plural(marked, 'message')} ${markedText(manner)}`] : []),
    ...(skips.count > 0 ? [`${plural(skips.count, 'message')} skipped`] : []),
  ]
  const undoable = manner.giveUp || (manner.keep && trash !== null)
  const back = undoable ? `take it back with: mailops undo ${journalId}` : 'it cannot be undone'
  return [
    ...[...new Set(skips.listed.map(({reason}) => reason))].slice(0, REASONS).map(reason => `skipped: ${reason}`),
    ...downtimeLines(downtime),
    `${interrupted ? 'interrupted: ' : ''}${done.join(', ')} (${bytesText(bytes)}, ${method}); journal ${journalId}; ${back}`,
  ]
}
