// All that is known of one message, as data and as text.
import {bytesText, durationText, plural, tableLines, terminalSafe} from 'mailops/core'

import type {BounceEntry} from '../message/bounce.js'
import {displayAddress, displayLines, displayText} from './display.js'
import type {ListRow} from './row.js'

/** A file of the message. */
export interface DetailFile {
  /** Relative to the queue. */
  readonly path: string
  readonly bytes: number
  /** ISO 8601, UTC. */
  readonly mtime: string
}

/**
 * When a channel is due: a time after a clean stop; `at start` when that time has passed; `unknown` while qmail-send
 * runs, since it keeps the times in memory, and where it cannot be told whether it runs.
 */
export type Retry = 'unknown' | 'at start' | (string & {})

/** The document of `show`. */
export interface MessageDetails extends ListRow {
  readonly queue: string
  readonly meaning: string
  /** When qmail-send will give up, ISO 8601; null without a birth. */
  readonly expiresAt: string | null
  /** By channel, of those that have recipients to be done. */
  readonly retry: Readonly<Record<string, Retry>>
  /** Recipients that failed for good, from bounce/N. */
  readonly failures: readonly BounceEntry[]
  readonly files: readonly DetailFile[]
  /** What is wrong with its records, one sentence each. */
  readonly defects: readonly string[]
}

/** Takes the details and returns the lines shown without --headers, --body or --raw. */
export const detailLines = (details: MessageDetails, width: number): string[] => [
  ...factLines(details),
  '',
  ...recipientLines(details, width),
  ...failureLines(details.failures),
  '',
  ...tableLines(
    [{heading: 'FILE', shrink: true}, {heading: 'BYTES', align: 'right'}, {heading: 'CHANGED'}],
    details.files.map(({path, bytes, mtime}) => [path, `${bytes}`, mtime]),
    width,
  ),
  ...details.defects.map(defect => `defect: ${terminalSafe(defect)}`),
]

const factLines = ({id, state, meaning, sender, subject, queuedAt, ageSeconds, sizeBytes, expiresAt, retry}: MessageDetails): string[] => {
  const facts: (readonly [string, string | null])[] = [
    ['message', `${id}, ${state}: ${meaning}`],
    ['sender', displayAddress(sender)],
    ['subject', subject === null || subject === undefined ? null : terminalSafe(subject)],
    ['queued', queuedAt === null ? null : `${queuedAt}, ${durationText(ageSeconds ?? 0)} ago`],
    ['expires', expiresAt],
    ['size', sizeBytes === null ? null : bytesText(sizeBytes)],
    ...Object.entries(retry).map(([channel, due]) => [`retry ${channel}`, RETRY_TEXT[due] ?? due] as const),
  ]
  return facts.flatMap(([name, text]) => (text === null ? [] : [`${name.padEnd(14)}${text}`]))
}

const RETRY_TEXT: Readonly<Record<string, string>> = {
  unknown: 'unknown (a running qmail-send keeps it in memory)',
  'at start': 'as soon as qmail-send starts',
}

const recipientLines = ({recipients, state}: MessageDetails, width: number): string[] =>
  recipients.length === 0
    ? [state === 'injecting' ? 'no recipients yet' : 'no recipients left']
    : tableLines(
        [{heading: 'RECIPIENT', shrink: true}, {heading: 'CHANNEL'}, {heading: 'STATE'}],
        recipients.map(({address, channel, done}) => [displayAddress(address), channel ?? '-', done ? 'done' : 'to do']),
        width,
      )

const failureLines = (failures: readonly BounceEntry[]): string[] =>
  failures.length === 0
    ? []
    : [
        '',
        `${plural(failures.length, 'failure')} that the sender will be told of:`,
        ...failures.flatMap(({recipient, reason}) => [
          `  ${recipient === undefined ? '(unknown recipient)' : displayText(recipient)}`,
          ...displayLines(reason).map(line => `    ${line}`),
        ]),
      ]
