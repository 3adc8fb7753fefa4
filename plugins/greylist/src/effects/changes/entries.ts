// Entries put in or taken out (import, forget), as a change that can be undone where nothing has touched them since.
import {isDeepStrictEqual} from 'node:util'

import {isOpsError, OpsError, type BulkChange, type JsonObject} from 'mailops/core'
import type {BulkContext, BulkHandler, BulkResult} from 'mailops/effects'

import type {Entry, Key} from '../../store/store.js'
import {refuseAway, type Steering} from '../steering/open.js'
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
  // What a change that was cut off has not come to, or has done already, is as it should be.
  const wrong = changes.map((change, n) => ({change, is: now[n] ?? null})).filter(({change, is}) => !isDeepStrictEqual(is, change[to]))
  const fitting = wrong.filter(({change, is}) => isDeepStrictEqual(is, change[from])).map(({change}) => change)
  const puts = fitting.flatMap(change => change[to] ?? [])
  const removals = fitting.filter(change => change[to] === null).map(change => keyOf(change[from] as Entry))
  if (puts.length > 0) await steering.put(puts)
  if (removals.length > 0) await steering.remove(removals)
  return wrong.length - fitting.length
}

const isAway = (error: unknown): error is OpsError => isOpsError(error) && error.code === 'REDIS_AWAY'

interface Walk {
  readonly steering: Steering
  readonly args: EntriesArgs
  readonly to: 'before' | 'after'
  readonly total: number | undefined
  readonly context: BulkContext
}

interface Walked {
  readonly done: number
  readonly kept: number
  /** The shared store went away in the middle: what is done stands, the rest is for another time. */
  readonly away: OpsError | null
}

/** Goes through the record and sets its entries, a piece at a time. */
const walk = async ({steering, args, to, total, context}: Walk): Promise<Walked> => {
  let done = 0
  let kept = 0
  for await (const changes of readRecord(context.place, args.token, PIECE)) {
    if (to === 'after' && context.signal.aborted) throw new OpsError('INTERRUPTED', 'interrupted; everything was taken back', {exit: 'interrupted'})
    try {
      kept += await set(steering, changes, to)
    } catch (error) {
      if (!isAway(error)) throw error
      context.warn(`${error.message}; ended in part`)
      return {done, kept, away: error}
    }
    done += changes.length
    context.progress(done, total ?? done)
  }
  return {done, kept, away: null}
}

/** Stands in the journal before the first entry is changed: without it there is nothing to take back. */
const BEGUN = {begun: true}

const applyChanges = async (args: EntriesArgs, live: EntriesLive, context: BulkContext): Promise<BulkResult> => {
  const steering = await steerAt(args.at, context.warn)
  try {
    refuseAway(steering)
    const record = writeRecord(context.place, args.token)
    for await (const changes of live.pieces(steering)) record.add(changes)
    record.end()
    context.note(BEGUN)
    const {done, kept, away} = await walk({steering, args, to: 'after', total: live.total, context})
    return {result: {entries: done - kept, changedMeanwhile: kept}, complete: away === null}
  } finally {
    await steering.close()
  }
}

const putBack = async (args: EntriesArgs, context: BulkContext): Promise<BulkResult> => {
  const steering = await steerAt(args.at, context.warn)
  try {
    refuseAway(steering)
    context.note(BEGUN)
    const {done, kept, away} = await walk({steering, args, to: 'before', total: undefined, context})
    if (away === null) dropRecord(context.place, args.token)
    // What has been used since belongs to that use: it stays.
    return {result: {entries: done - kept, changedSince: kept}, complete: away === null}
  } finally {
    await steering.close()
  }
}

const takeBack = async (args: EntriesArgs, direction: BulkChange['direction'], context: BulkContext & {readonly notes: readonly JsonObject[]}): Promise<'undone' | 'done'> => {
  if (context.notes.length === 0) {
    if (direction === 'apply') dropRecord(context.place, args.token)
    return 'undone'
  }
  const {complete} = await putBack(args, context)
  // In part: then it is a change that ended in part, which undo takes back when the store is there again.
  return direction === 'apply' && complete ? 'undone' : 'done'
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
  recover: async ({args, direction}, context) => takeBack(argsOf(args), direction, context),
})
