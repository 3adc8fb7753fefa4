// One cause class as it is shown: sums, names, proof, and what to do.
import type {Cause} from './causes.js'

/** A name with how often it failed. */
export interface Count {
  readonly name: string
  readonly count: number
}

/** A cause class; its members are those of the JSON document. Times are ISO 8601 in UTC, null where no line had one. */
export interface CauseClass {
  readonly cause: Cause
  /** Of `monitor` and `monitor-guess`: whose keys. */
  readonly service?: string
  readonly count: number
  readonly first: string | null
  readonly last: string | null
  /** How many different ones. */
  readonly accounts: number
  readonly addresses: number
  /** Lines of the logs, credentials redacted. */
  readonly proof: readonly string[]
  readonly advice: string
  /** The most frequent, service keys redacted. */
  readonly topAccounts: readonly Count[]
  readonly topAddresses: readonly Count[]
  /** Addresses that may be banned, the busiest first; absent where banning is no remedy. */
  readonly ban?: readonly string[]
  /** How many there are, where `ban` does not list them all. */
  readonly banTotal?: number
  /** Logins that succeeded from an address that tries accounts: a password was guessed. */
  readonly succeeded?: readonly {readonly account: string; readonly address: string}[]
  /** Of `monitor`: true when chkservd.log shows a check of the service that got through since. */
  readonly mended?: true
  /** True when so many names were met that the numbers of accounts and addresses are estimates. */
  readonly approximate?: true
}
