// The document of auth-failures: what was read, and the cause classes.
import type {CauseClass} from './class.js'

/** A group of --by account, ip or service. */
export interface Group {
  readonly name: string
  readonly count: number
  readonly first: string | null
  readonly last: string | null
  /** Failures of it by cause. */
  readonly causes: Readonly<Record<string, number>>
}

/** How failures are grouped besides by cause. */
export const GROUPINGS = ['cause', 'account', 'ip', 'service'] as const
export type Grouping = (typeof GROUPINGS)[number]

/** The JSON document. Times are ISO 8601 in UTC. */
export interface Report {
  /** Lines read in all logs. */
  readonly lines: number
  /** Failed logins, each once, in the time asked for. */
  readonly failures: number
  /** Lines that speak of a failed authenticator and are not understood. */
  readonly unparsed: number
  readonly classes: readonly CauseClass[]
  /** Some of the lines that were not understood, redacted. */
  readonly unparsedSamples: readonly string[]
  /** Logins that succeeded, failures that stood in a second log, failures of our own outgoing logins, failures out of the time asked for. */
  readonly successes: number
  readonly repeated: number
  readonly outgoing: number
  readonly outside: number
  readonly first: string | null
  readonly last: string | null
  readonly histogram: readonly {readonly start: string; readonly count: number}[]
  readonly logs: readonly string[]
  readonly warnings: readonly string[]
  readonly by?: Grouping
  readonly groups?: readonly Group[]
}
