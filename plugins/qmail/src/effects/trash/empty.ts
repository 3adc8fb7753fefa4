// The bulk handler that empties trashes: after it their purges can no longer be undone.
import type {BulkChange, JsonObject} from 'mailops/core'
import type {BulkContext, BulkHandler, BulkResult} from 'mailops/effects'

import {openQueue, type OpenQueue} from '../reading/index.js'
import {condemnedTrashes, condemnTrash, readCondemned, removeCondemned, sweepTrashes, type Condemned} from './discard.js'
import {trashPath} from './place.js'

/** Name of the handler. */
export const EMPTY = 'qmail.trash.empty'

/** What is to be emptied; no ids: only what an emptying that was cut off has left. */
export interface EmptyArgs {
  /** Resolved path. */
  readonly queue: string
  readonly ids: readonly string[]
}

/** The change of a plan. */
export const emptyChange = (args: EmptyArgs, summary: string): BulkChange => ({
  kind: 'bulk',
  handler: EMPTY,
  direction: 'apply',
  args: args as unknown as JsonObject,
  undoable: false,
  summary,
  why: 'their purges can no longer be undone',
})

const empty = async ({queue: path, ids}: EmptyArgs, {signal, progress}: BulkContext): Promise<BulkResult> => {
  for (const id of ids) condemnTrash(path, trashPath(path, id))
  // With what an earlier command has left: nobody can bring that back any more.
  const paths = condemnedTrashes(path)
  const condemned = paths.length === 0 ? [] : readAll(openQueue(path), paths)
  const messages = condemned.reduce((sum, {scan}) => sum + scan.length, 0)
  let removed = 0
  const took = (count: number): void => progress((removed += count), messages)
  for (const trash of condemned) await removeCondemned(trash, {signal, took})
  const interrupted = signal.aborted
  if (!interrupted) sweepTrashes(path)
  return {result: {queue: path, emptied: [...ids], removed, interrupted}, complete: !interrupted}
}

const readAll = (queue: OpenQueue, paths: readonly string[]): Condemned[] =>
  paths.map(path => readCondemned(queue, path)).filter(trash => trash !== null)

const argsOf = (change: BulkChange): EmptyArgs => change.args as unknown as EmptyArgs

/** The handler `qmail.trash.empty`. */
export const trashHandler = (): BulkHandler => ({
  name: EMPTY,
  apply: (change, context) => empty(argsOf(change), context),
  undo: async () => {
    throw new Error('a change that cannot be undone was asked to be')
  },
  describeUndo: () => 'nothing: the trash was emptied for good',
  recover: async (change, context) => {
    await empty(argsOf(change), context)
    return 'done'
  },
})
