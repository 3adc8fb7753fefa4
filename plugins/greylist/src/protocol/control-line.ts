// The control socket, which only root and the daemon's own user reach: one JSON object a line in, rows and an end out.
//
//   -> {"verb": "list", ...arguments}\n
//   <- {...row}\n ...                 as many as there are
//   <- {"end": {...summary}}\n        or {"error": {"code", "message", "hint", "exit"}}\n
// A connection may carry many requests, one after the other.
import type {JsonObject} from 'mailops/core'

/** One request of a command to the daemon. */
export interface ControlRequest {
  readonly verb: string
  readonly [argument: string]: unknown
}

/** Longest request; an import sends its rows in several. */
export const MAX_CONTROL_BYTES = 4 * 1024 * 1024

/**
 * One request.
 * @returns null for what is none
 */
export const parseControlLine = (line: string): ControlRequest | null => {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && typeof (value as {verb?: unknown}).verb === 'string' ? (value as ControlRequest) : null
  } catch {
    return null // not JSON: the caller says so to whoever sent it
  }
}

/**
 * What answers control requests: yields rows, returns the summary. It yields at least every few thousand records and is
 * not run on while the reader lags, so that a decision never waits for a list; each step must take under 20 ms.
 * Throws OpsError for what the asker did wrong.
 */
export type ControlHandler = (request: ControlRequest) => Iterator<JsonObject, JsonObject> | AsyncIterator<JsonObject, JsonObject>
