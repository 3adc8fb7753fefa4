// The records of a journal file: what each says, and how they are read back out of a file that a crash may have cut short.
import {OpsError} from '../errors.js'
import type {JsonObject, Seen} from '../plan.js'

/** First record: what would be done, by whom. */
export interface PlanRecord {
  readonly type: 'plan'
  readonly version: 1
  readonly id: string
  /** ISO 8601, UTC. */
  readonly at: string
  readonly subject: string
  readonly resource: string
  readonly onCrash: 'rollback' | 'finish'
  readonly undoable: boolean
  readonly uid: number
  readonly pid: number
  /** Set when this change takes back another. */
  readonly undoOf?: string
  readonly changes: readonly JsonObject[]
}

/** What `stage` kept of a change, so that it can be recognised, finished and taken back. */
export interface Saved {
  /** SHA-256 of the content before. */
  readonly sha256?: string
  /** File below backups/ID that holds the content before. */
  readonly backup?: string
  /** Temporary file that waits beside the target. */
  readonly temporary?: string
  /** SHA-256 of the content after. */
  readonly afterSha256?: string
  /** Where a symbolic link pointed. */
  readonly link?: string
}

/** One line of a journal; `n` is the place of a change in the plan. */
export type JournalRecord =
  | PlanRecord
  | {readonly type: 'staging'; readonly n: number; readonly saved: Saved}
  | {readonly type: 'staged'}
  | {readonly type: 'begin'; readonly n: number}
  | {readonly type: 'done'; readonly n: number; readonly after: Seen | null; readonly result?: JsonObject; readonly complete?: boolean}
  | {readonly type: 'note'; readonly n: number; readonly note: JsonObject}
  | {readonly type: 'failed'; readonly n: number; readonly error: string}
  | {readonly type: 'reverted'; readonly n: number}
  | {
      readonly type: 'end'
      readonly status: 'done' | 'rolled-back' | 'conflict'
      readonly at: string
      /** False when a bulk change left some of its work undone. */
      readonly complete: boolean
      /** Paths left as somebody else changed them. */
      readonly conflicts?: readonly string[]
    }

/** A record of one line; null for what is none: half of one, or a piece of one that happens to be JSON too. */
const parseRecord = (line: string): JournalRecord | null => {
  try {
    const value = JSON.parse(line) as JournalRecord | string | number | boolean | null
    return typeof value === 'object' && typeof value?.type === 'string' ? value : null
  } catch {
    return null // torn or damaged: the caller knows which
  }
}

/**
 * All records of a journal file. The last one, cut short by a crash, is as if it had never been written; a power cut may
 * leave it in several pieces, with the newlines that were written ahead between them.
 */
export const parseRecords = (text: string, path: string): JournalRecord[] => {
  const records: JournalRecord[] = []
  let torn: number | null = null
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue
    const record = parseRecord(line)
    if (record === null) torn ??= index
    // A record is written when the one before is on the disk, so what is torn in the middle was edited.
    else if (torn !== null) throw new OpsError('JOURNAL_DAMAGED', `${path}:${torn + 1}: not a journal record`, {exit: 'badData'})
    else records.push(record)
  }
  return records
}

/** Behind so many records: there the next one goes, over what a crash tore. A record holds no raw newline. */
export const endOfRecords = (text: string, count: number): number => {
  let end = 0
  for (let seen = 0; seen < count; ) {
    const next = text.indexOf('\n', end)
    if (next > end) seen++
    end = next + 1
  }
  return end
}
