// The bulk handler that empties trashes: after it their purges can no longer be undone.
import {fromSystem, type BulkChange, type JsonObject} from 'mailops/core'
import type {BulkContext, BulkHandler, BulkResult} from 'mailops/effects'

import {removeTrash} from './contents.js'
import {trashPath} from './place.js'
import * as fs from 'node:fs'

/** Name of the handler. */
export const EMPTY = 'qmail.trash.empty'

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

const exists = (path: string): boolean => {
  try {
    return fs.lstatSync(path, {throwIfNoEntry: false}) !== undefined
  } catch (error) {
    throw fromSystem(error, 'look at', path)
  }
}

const empty = (args: EmptyArgs, context: BulkContext): BulkResult => {
  let emptied = 0
  for (const id of args.ids) {
    if (context.signal.aborted) break
    const path = trashPath(args.queue, id)
    if (exists(path)) removeTrash(args.queue, path)
    context.progress(++emptied, args.ids.length)
  }
  const interrupted = emptied < args.ids.length
  return {result: {queue: args.queue, emptied: args.ids.slice(0, emptied), interrupted}, complete: !interrupted}
}

const argsOf = (change: BulkChange): EmptyArgs => change.args as unknown as EmptyArgs

/** The handler `qmail.trash.empty`. */
export const trashHandler = (): BulkHandler => ({
  name: EMPTY,
  apply: async (change, context) => empty(argsOf(change), context),
  undo: async () => {
    throw new Error('a change that cannot be undone was asked to be')
  },
  describeUndo: () => 'nothing: the trash was emptied for good',
  recover: async (change, context) => {
    empty(argsOf(change), context)
    return 'done'
  },
})
