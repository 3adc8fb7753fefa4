// Entries put in or taken out (import, forget), as a change that can be undone where nothing has touched them since.
import {isDeepStrictEqual} from 'node:util'

import {OpsError, type BulkChange, type JsonObject} from 'mailops/core'
import type {BulkContext, BulkHandler, BulkResult} from 'mailops/effects'

import type {Entry, Key} from '../../store/store.js'
import type {Steering} from '../steering/open.js'
import {steerAt, type StoreAt} from './place.js'
import {dropRecord, readRecord, writeRecord, type EntryChange} from './record.js'

const ENTRIES = 'greylist.entries'

/** Below the daemon's longest request with room to spare. */
export const PIECE = 1000

interface EntriesArgs {
  readonly at: StoreAt
  /** Names the record. */
  readonly token: string
  readonly summary: string
}

/** What the command knows: pieces of changes as they come, each key once. */
export interface EntriesLive {
  pieces(steering: Steering): AsyncIterable<readonly EntryChange[]>
  /** How many there are, where that is known. */
  readonly total?: number
}

const argsOf = (args: JsonObject): EntriesArgs => args as unknown as EntriesArgs

/** The change of a plan. */
export const entriesChange = (args: EntriesArgs): BulkChange => ({
  kind: 'bulk',
  handler: ENTRIES,
  direction: 'apply',
  args: args as unknown as JsonObject,
  undoable: true,
  summary: args.summary,
  why: '',
})

const keyOf = ({network, sender, recipient}: Key): Key => ({network, sender, recipient})

/** Makes every entry of the changes what `to` says; gives how many of them were not as expected and stay. */
const set = async (steering: Steering, changes: readonly EntryChange[], to: 'before' | 'after'): Promise<number> => {
  const from = to === 'after' ? 'before' : 'after'
  const keys = changes.map(({before, after}) => keyOf((before ?? after) as Entry))
  const now = await steering.get(keys)
  const fitting = changes.filter((change, n) => isDeepStrictEqual(now[n] ?? null, change[from]))
  const puts = fitting.flatMap(change => change[to] ?? [])
  const removals = fitting.filter(change => change[to] === null).map(change => keyOf(change[from] as Entry))
  if (puts.length > 0) await steering.put(puts)
  if (removals.length > 0) await steering.remove(removals)
  return changes.length - fitting.length
}

const applyChanges = async ({at, token}: EntriesArgs, live: EntriesLive, {place, warn, progress, signal}: BulkContext): Promise<BulkResult> => {
  const steering = await steerAt(at, warn)
  try {
    const record = writeRecord(place, token)
    for await (const changes of live.pieces(steering)) record.add(changes)
    record.end()
    let done = 0
    let changed = 0
    for await (const changes of readRecord(place, token, PIECE)) {
      if (signal.aborted) throw new OpsError('INTERRUPTED', 'interrupted; everything was taken back', {exit: 'interrupted'})
      changed += await set(steering, changes, 'after')
      done += changes.length
      progress(done, live.total ?? done)
    }
    return {result: {entries: done - changed, changedMeanwhile: changed}, complete: true}
  } finally {
    await steering.close()
  }
}

const putBack = async ({at, token}: EntriesArgs, {place, warn, progress}: BulkContext): Promise<BulkResult> => {
  const steering = await steerAt(at, warn)
  try {
    let done = 0
    let kept = 0
    for await (const changes of readRecord(place, token, PIECE)) {
      kept += await set(steering, changes, 'before')
      done += changes.length
      progress(done, done)
    }
    dropRecord(place, token)
    // What has been used since belongs to that use: it stays.
    return {result: {entries: done - kept, changedSince: kept}, complete: true}
  } finally {
    await steering.close()
  }
}

/** The handler `greylist.entries`; without `live` it can undo and recover, not apply. */
export const entriesHandler = (live?: EntriesLive): BulkHandler => ({
  name: ENTRIES,
  apply: async ({args}, context) => {
    if (live === undefined) throw new OpsError('NO_ENTRIES', 'entries are changed by mailops greylist import or forget', {exit: 'bug'})
    return applyChanges(argsOf(args), live, context)
  },
  undo: async ({args}, context) => putBack(argsOf(args), context),
  describeUndo: args => `take back: ${argsOf(args).summary}, where the entries were not used since`,
  recover: async ({args, direction}, context) => {
    await putBack(argsOf(args), context)
    return direction === 'apply' ? 'undone' : 'done'
  },
})
