// Reading the journals back: all of them, one by name, how each ended.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {OpsError, fromSystem, isOpsError} from '../errors.js'
import type {Change, JsonObject, Plan} from '../plan.js'
import {parseRecords, type JournalRecord, type PlanRecord, type Saved} from './journal-records.js'
import {tryLock} from './lock/index.js'
import {refuseForeign, type StatePlace} from './state.js'

const ID = /^\d{8}-\d{6}-[0-9a-f]{4}$/

/** One journal as read back. */
export interface JournalEntry {
  readonly id: string
  readonly path: string
  readonly plan: PlanRecord
  readonly records: readonly JournalRecord[]
}

const readEntry = (path: string, id: string): JournalEntry | null => {
  let text: string
  try {
    text = fs.readFileSync(path, 'utf8')
  } catch (error) {
    throw fromSystem(error, 'read', path)
  }
  const records = parseRecords(text, path)
  const [plan] = records
  if (plan === undefined) return null
  if (plan.type !== 'plan' || plan.version !== 1)
    throw new OpsError('JOURNAL_DAMAGED', `${path}:1: not a journal of this version`, {exit: 'badData'})
  return {id, path, plan, records}
}

/** A journal file that could not be read, which must not hide the others. */
export interface UnreadableEntry {
  readonly id: string
  readonly path: string
  readonly error: unknown
}

/** All journals of a state directory. */
export interface Journals {
  /** Oldest first. */
  readonly entries: JournalEntry[]
  readonly unreadable: UnreadableEntry[]
  /** Files cut off before their first record: nothing was changed. */
  readonly blank: string[]
}

/**
 * Every journal, of the state directory and of the place below /run.
 * @throws OpsError 77 `NOT_OURS` when one of them belongs to somebody else: what he plants there, recovery would run
 */
export const listJournals = (place: StatePlace): Journals => {
  const entries = new Map<string, JournalEntry>()
  const blank: string[] = []
  const unreadable: UnreadableEntry[] = []
  // /run first: a journal that is moved home meanwhile is then seen twice rather than not at all. Home counts.
  for (const {id, path} of [...journalFiles(join(place.run, 'journal')), ...journalFiles(place.journal)]) {
    try {
      const entry = readEntry(path, id)
      if (entry === null) blank.push(path)
      else entries.set(id, entry)
    } catch (error) {
      // Moved home or removed since its directory was read.
      if (isOpsError(error) && error.code === 'ENOENT') continue
      // Told by the caller, so that one damaged file does not stop recovery of the rest.
      unreadable.push({id, path, error})
    }
  }
  // By milliseconds: ids of one second are not in order.
  const keyed = [...entries.values()].map(entry => ({entry, key: `${entry.plan.at} ${entry.id}`}))
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1))
  return {entries: keyed.map(({entry}) => entry), unreadable, blank}
}

const journalFiles = (directory: string): {id: string; path: string}[] => {
  let names: string[]
  refuseForeign(directory)
  try {
    names = fs.readdirSync(directory)
  } catch (error) {
    // No state yet: nothing was ever changed.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw fromSystem(error, 'list', directory)
  }
  return names
    .map(name => ({id: name.replace(/\.jsonl$/, ''), path: join(directory, name)}))
    .filter(({id, path}) => ID.test(id) && path.endsWith('.jsonl'))
}

/**
 * The journal that an administrator named, by its whole id, a part of it that only one has, or `last`.
 * @throws OpsError 66 `NO_SUCH_CHANGE`, 64 `AMBIGUOUS`
 */
export const findJournal = (place: StatePlace, name: string): JournalEntry => {
  const {entries} = listJournals(place)
  const exact = name === 'last' ? entries.slice(-1) : entries.filter(({id}) => id === name)
  const found = exact.length > 0 ? exact : entries.filter(({id}) => name !== '' && id.includes(name))
  const [entry, ...others] = found
  if (entry === undefined)
    throw new OpsError('NO_SUCH_CHANGE', `no change with the id ${name}`, {exit: 'noInput', hint: 'mailops history'})
  if (others.length > 0)
    throw new OpsError('AMBIGUOUS', `${found.length} changes have ${name} in their id`, {
      exit: 'usage',
      hint: 'mailops history',
    })
  return entry
}

/** True while another process is at work on this change. */
export const isRunning = async (entry: JournalEntry, place: StatePlace): Promise<boolean> => {
  const lock = await tryLock(entry.path, {runDir: place.run})
  await lock?.release()
  return lock === null
}

/** `partly-done`: ended before its end (^C, a failure, a kill in a bulk change); what it did is in place and can be undone. */
export type JournalStatus = 'done' | 'partly-done' | 'rolled-back' | 'conflict' | 'interrupted' | 'undone' | 'partly-undone'

type EndRecord = Extract<JournalRecord, {type: 'end'}>

const endOf = ({records}: Pick<JournalEntry, 'records'>): EndRecord | undefined =>
  records.findLast((record): record is EndRecord => record.type === 'end')

/** True while a change has not come to its end: it was cut off, or is still at work (`isRunning`). */
export const isUnfinished = (entry: Pick<JournalEntry, 'records'>): boolean => endOf(entry) === undefined

type Undos = ReadonlyMap<string, readonly JournalEntry[]>

const undosByList = new WeakMap<readonly JournalEntry[], Undos>()

/** The undos of each change, oldest first; looked for once a list, since thousands of changes ask. */
const undosIn = (entries: readonly JournalEntry[]): Undos => {
  const known = undosByList.get(entries)
  if (known !== undefined) return known
  const undos = new Map<string, JournalEntry[]>()
  for (const entry of entries) {
    const {undoOf} = entry.plan
    if (undoOf !== undefined) undos.set(undoOf, [...(undos.get(undoOf) ?? []), entry])
  }
  undosByList.set(entries, undos)
  return undos
}

/**
 * How a change ended, as far as the journals say; `interrupted` may also be one that still runs (`isRunning`).
 * @param entries all of them: whether a change is undone stands in the journal of its undo
 */
export const statusOf = (entry: JournalEntry, entries: readonly JournalEntry[]): JournalStatus => {
  const end = endOf(entry)
  if (end === undefined) return 'interrupted'
  if (end.status !== 'done') return end.status
  const undo = undosIn(entries)
    .get(entry.id)
    ?.findLast(candidate => ['done', 'partly-done', 'partly-undone'].includes(statusOf(candidate, entries)))
  if (undo === undefined) return end.complete ? 'done' : 'partly-done'
  return endOf(undo)?.complete === false ? 'partly-undone' : 'undone'
}

/** What a bulk change of this journal noted, in order. */
export const notesOf = (records: readonly JournalRecord[], n: number): JsonObject[] =>
  records.flatMap(record => (record.type === 'note' && record.n === n ? [record.note] : []))

/** What the journal remembers for each change, by number. */
export const savedOf = (records: readonly JournalRecord[]): Saved[] => {
  const saved: Saved[] = []
  for (const record of records) if (record.type === 'staging') saved[record.n] = record.saved
  return saved
}

/** The plan of a journal; contents to be written are not in it, they wait beside their targets. */
export const planOf = ({plan}: JournalEntry): Plan => ({
  subject: plan.subject,
  resource: plan.resource,
  onCrash: plan.onCrash,
  changes: plan.changes.map(
    (change: JsonObject) => (change['kind'] === 'write' ? {...change, after: new Uint8Array()} : change) as unknown as Change,
  ),
})
