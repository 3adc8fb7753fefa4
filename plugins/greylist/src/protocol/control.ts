// What the commands ask a running daemon: one JSON line out, JSON lines back, on a socket of its own that only root and the daemon's user may open.
import {OpsError, type JsonObject} from 'mailops/core'

import type {Request, Rule} from '../policy/types.js'
import type {Counts, Entry, EntryFilter, Key, Lost} from '../store/store.js'

/**
 * Path of the control socket beside the filter's: `/run/mailops/greylist.sock` has `/run/mailops/greylist.control.sock`.
 * Mode 0600: who may defer mail (qmaild, postfix) may not thereby change the lists.
 */
export const controlPath = (socket: string): string => `${socket.replace(/\.sock$/, '')}.control.sock`

/** One request, as one line of JSON. A verb that the daemon does not know is the error `UNKNOWN_VERB`. */
export type ControlRequest =
  | {readonly do: 'hello'}
  | {readonly do: 'entries'; readonly filter: EntryFilter}
  | {readonly do: 'get'; readonly keys: readonly Key[]}
  | {readonly do: 'put'; readonly entries: readonly Entry[]}
  | {readonly do: 'remove'; readonly keys: readonly Key[]}
  | {readonly do: 'rules'}
  | {readonly do: 'change-rules'; readonly add: readonly Rule[]; readonly remove: readonly Rule[]}
  | {readonly do: 'counts'; readonly day?: number}
  | {readonly do: 'size'}
  | {readonly do: 'lost'; readonly limit: number}
  | {readonly do: 'sweep'}
  /** Decides without writing. */
  | {readonly do: 'check'; readonly request: Request}
  | {readonly do: 'metrics'}
  | {readonly do: 'reload-providers'}

/** One line of an answer; its members depend on the request. Many entries go into one row, to spare lines. */
export interface ControlRow {
  readonly entries?: readonly (Entry | null)[]
  readonly rules?: readonly Rule[]
  readonly counts?: Counts
  readonly lost?: readonly Lost[]
  readonly value?: JsonObject
  readonly text?: string
}

/** The last line of an answer. */
export type ControlEnd =
  | {readonly end: true}
  | {readonly error: {readonly code: string; readonly message: string; readonly hint?: string; readonly exit: number}}

/** Longest request line that the daemon takes, bytes: an import sends its entries in pieces below it. */
export const MAX_CONTROL_LINE = 4 * 1024 * 1024

/** A request from its line; throws OpsError 65 `BAD_CONTROL` for anything that is not a JSON object with `do`. */
export const parseControl = (line: string): ControlRequest => {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    throw new OpsError('BAD_CONTROL', 'a control request is one line of JSON', {exit: 'badData', cause: error})
  }
  if (typeof value !== 'object' || value === null || typeof (value as {do?: unknown}).do !== 'string')
    throw new OpsError('BAD_CONTROL', 'a control request is a JSON object with a member "do"', {exit: 'badData'})
  return value as ControlRequest
}
