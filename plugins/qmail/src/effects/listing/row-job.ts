// Turns a stretch of a scan into lines: what both the list itself and its worker threads do.
import {jsonText} from 'mailops/core'
import {rowFormat, type ColumnName} from '../../listing/columns.js'
import {rowOf, type ListRow} from '../../listing/row.js'
import {compileSelection} from '../../selection/compile.js'
import type {Selection} from '../../selection/selection.js'
import type {Presence} from '../../message/presence.js'
import type {MessageNumber} from '../../queue/number.js'
import {MessageReader, visitOne, type OpenQueue, type ReadProblem} from '../reading/index.js'

/** What a list consists of; plain data, so that a worker can be given it. */
export interface RowJob {
  readonly queue: OpenQueue
  readonly selection: Selection
  /** Seconds since the epoch that ages count from. */
  readonly now: number
  /** Read and decode the subject. */
  readonly subject: boolean
  /** undefined: JSON. */
  readonly table: {readonly columns: readonly ColumnName[]; readonly width: number; readonly idWidth: number} | undefined
}

/** Messages by index, as a scan has them. */
export interface Stretch {
  readonly numberAt: (index: number) => MessageNumber
  readonly presenceAt: (index: number) => Presence
}

/** Lines of a stretch, and what of it could not be read. */
export interface RowBlock {
  /** Without the last newline; '' for no line. */
  readonly text: string
  readonly lines: number
  /** Some of the files that could not be read, each named once. */
  readonly problems: readonly ReadProblem[]
  /** How many there were. */
  readonly problemCount: number
}

/** Returns a function that reads messages `from` to before `to`, at most `limit` lines, and gives them as text. */
export const rowReader = (
  {queue, selection, now, subject, table}: RowJob,
  {numberAt, presenceAt}: Stretch,
): ((from: number, to: number, limit?: number) => RowBlock) => {
  const reader = new MessageReader(queue)
  const compiled = compileSelection(selection, now)
  const lineOf: (row: ListRow) => string = table === undefined ? jsonText : rowFormat(table.columns, table).line
  return (from, to, limit = Number.POSITIVE_INFINITY) => {
    const lines: string[] = []
    const {problemCount, problems: {length: known}} = reader
    for (let i = from; i < to && lines.length < limit; i++) {
      const one = {queue, number: numberAt(i), presence: presenceAt(i), selection: compiled, reader}
      const outcome = visitOne(one, message => rowOf(message, {now, subject}))
      if (typeof outcome !== 'string') lines.push(lineOf(outcome.result))
    }
    return {
      text: lines.join('\n'),
      lines: lines.length,
      problems: reader.problems.slice(known),
      problemCount: reader.problemCount - problemCount,
    }
  }
}
