// One failure as --follow shows it.
import {terminalSafe} from 'mailops/core'

import type {Failure} from './event.js'
import {redact, redactName} from './redact.js'
import type {Told} from './tally.js'
import {isoTime, localTime} from './time-text.js'

/** A line of NDJSON; `cause` is what is known so far, and may be told otherwise when more is known. */
export interface LiveFailure {
  readonly time: string | null
  readonly cause: string
  readonly service?: string
  readonly account: string | null
  readonly address: string | null
  readonly authenticator: string
  readonly code: number
  readonly line: string
}

/** Takes a failure and what it was told to be, returns its object for NDJSON, redacted. */
export const failureRow = ({time, account, address, authenticator, code}: Failure, {cause, service}: Told, line: string): LiveFailure => ({
  time: isoTime(time), cause, ...(service !== null && {service}),
  account: account === null ? null : redactName(account), address: address === '' ? null : address, authenticator, code, line: redact(line),
})

/** The same as a line for people. */
export const failureLine = ({time, account, address, code}: Failure, {cause}: Told): string =>
  `${time > 0 ? localTime(time) : '-'.padEnd(19)}  ${cause.padEnd(14)}  ${code}  ${(address === '' ? '(local)' : address).padEnd(15)}  ${terminalSafe(redactName(account ?? ''))}`.trimEnd()
