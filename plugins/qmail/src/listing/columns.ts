// The columns of `list` as text. Widths are set before the first row, so that a million rows need not be held.
import {bytesText, durationText, terminalSafe} from 'mailops/core'

import {displayAddress, fit} from './display.js'
import type {ListRow} from './row.js'

const GAP = '  '
/** Fewest characters of a column whose texts may be cut. */
const LEAST = 8

interface ListColumn {
  readonly heading: string
  /** Characters; undefined shares what is left. */
  readonly width: number | undefined
  readonly right: boolean
  /** The cell for a row; may use the width to shorten better than by cutting. */
  readonly text: (row: ListRow, size: number) => string
}

const column = (heading: string, width: number | undefined, text: ListColumn['text'], right = false): ListColumn => ({
  heading,
  width,
  right,
  text,
})

const orUnknown = <T>(value: T | null, text: (value: T) => string): string => (value === null ? '?' : text(value))

const COLUMNS = {
  id: column('ID', 10, ({id}) => id, true),
  state: column('STATE', 9, ({state}) => state),
  age: column('AGE', 7, ({ageSeconds}) => orUnknown(ageSeconds, durationText), true),
  queued: column('QUEUED', 20, ({queuedAt}) => queuedAt ?? '?'),
  size: column('SIZE', 9, ({sizeBytes}) => orUnknown(sizeBytes, bytesText), true),
  bounce: column('BOUNCE', 6, ({bounce}) => (bounce ? 'yes' : '')),
  failed: column('FAILED', 6, ({failed}) => (failed ? 'yes' : '')),
  pending: column('PENDING', 7, ({recipients}) => `${recipients.filter(({done}) => !done).length}`, true),
  sender: column('SENDER', undefined, ({sender}) => displayAddress(sender)),
  recipients: column('RECIPIENTS', undefined, (row, size) => recipientsText(row, size)),
  subject: column('SUBJECT', undefined, ({subject}) => orUnknown(subject ?? null, terminalSafe)),
} as const satisfies Record<string, ListColumn>

/** Names for --columns. */
export type ColumnName = keyof typeof COLUMNS
/** All names that `--columns` knows, in the order in which its help names them. */
export const COLUMN_NAMES = Object.keys(COLUMNS) as ColumnName[]

/** What `list` shows unless told. */
export const DEFAULT_COLUMNS: readonly ColumnName[] = ['id', 'state', 'age', 'size', 'sender', 'recipients']

// Whoever is still to be served counts; of a message that is done with, the first.
const recipientsText = ({recipients}: ListRow, size: number): string => {
  const pending = recipients.filter(({done}) => !done)
  const shown = pending.length > 0 ? pending : recipients
  if (shown.length === 0) return ''
  const more = shown.length > 1 ? ` +${shown.length - 1}` : ''
  return fit(displayAddress(shown[0]!.address), Math.max(LEAST, size - more.length)) + more
}

/** Lines of a table whose rows come one by one. */
export interface RowFormat {
  readonly heading: string
  readonly line: (row: ListRow) => string
}

/**
 * Returns the format of a table of a given width in characters; columns without a width of their own share what is left,
 * eight at least. `idWidth` is the length of the longest number.
 */
export const rowFormat = (names: readonly ColumnName[], {width, idWidth}: {width: number; idWidth: number}): RowFormat => {
  const columns = names.map(name => {
    const base: ListColumn = COLUMNS[name]
    return name === 'id' ? {...base, width: Math.max(2, idWidth)} : base
  })
  const fixed = columns.reduce((sum, {width: own}) => sum + (own ?? 0), GAP.length * (columns.length - 1))
  const flexible = columns.filter(({width: own}) => own === undefined).length
  const share = Math.max(LEAST, Math.floor((width - fixed) / Math.max(1, flexible)))
  const cell = (text: string, {right, width: own}: ListColumn, isLast: boolean): string => {
    const size = own ?? share
    const fitting = fit(text, size)
    // By characters, as `fit` counts; the last column needs no padding.
    const padding = isLast && !right ? '' : ' '.repeat(Math.max(0, size - [...fitting].length))
    return right ? padding + fitting : fitting + padding
  }
  const line = (texts: readonly string[]): string =>
    texts.map((text, index) => cell(text, columns[index]!, index === columns.length - 1)).join(GAP)
  return {
    heading: line(columns.map(({heading}) => heading)).trimEnd(),
    line: row => line(columns.map(({text, width: own}) => text(row, own ?? share))).trimEnd(),
  }
}
