// What a plugin implements for changes too many to list one by one: it keeps its own record, we keep the journal.
import {OpsError} from '../errors.js'
import type {BulkChange, JsonObject} from '../plan.js'
import type {StatePlace} from './state.js'

/** What a handler is given while it works. */
export interface BulkContext {
  readonly journalId: string
  readonly place: StatePlace
  /** Appends a synced record to the journal, given back to `recover` in order. */
  note(note: JsonObject): void
  /** Says how far it is; cheap, may be called for each item. */
  progress(done: number, total: number): void
  /** Says something a person should know, on stderr. */
  warn(text: string): void
  /** Aborted by ^C and TERM: stop at the next item, give back what was done so far. */
  readonly signal: AbortSignal
}

/** What a bulk change did. */
export interface BulkResult {
  /** Goes into the journal and to the command. */
  readonly result: JsonObject
  /** False when some of it is still to be done (undo) or could not be done; history then says so. */
  readonly complete: boolean
}

/**
 * One kind of bulk change. Register it in the plugin's `bulk` hook, so that `mailops undo` and `mailops recover` find
 * it; the command that makes the plan may pass a richer one of the same name to `applyPlan`.
 */
export interface BulkHandler {
  /** The name that BulkChange.handler carries. */
  readonly name: string
  /** Does it. Throwing means: nothing is left of what was begun, or `recover` will see to it. */
  apply(change: BulkChange, context: BulkContext): Promise<BulkResult>
  /** Takes back what `apply` did under `change.args`, as far as it still can; says what it could not. */
  undo(change: BulkChange, context: BulkContext): Promise<BulkResult>
  /** One line for the dry run and the question of `mailops undo`; throws an OpsError when it can no longer be undone. */
  describeUndo(args: JsonObject): string
  /**
   * After a crash in either direction: brings the resource to a state that is wholly before, or after as far as it
   * came (and undoable). Idempotent.
   */
  recover(change: BulkChange, context: BulkContext & {readonly notes: readonly JsonObject[]}): Promise<'undone' | 'done'>
}

/** The handler of a name, or 69 `NO_HANDLER`: the plugin that made the change is not installed any more. */
export const handlerOf = (handlers: readonly BulkHandler[], name: string): BulkHandler => {
  const handler = handlers.find(candidate => candidate.name === name)
  if (handler !== undefined) return handler
  throw new OpsError('NO_HANDLER', `no plugin here knows the change ${name}`, {
    exit: 'unavailable',
    hint: 'install the plugin that made it, then run the command again',
  })
}
