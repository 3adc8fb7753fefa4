// What the tests of auth-failures share: a directory of logs, and the report about them.
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {offsetClock} from '../../src/failures/clock.js'
import {diagnose, type Question} from '../../src/effects/failures/diagnose.js'
import type {Report} from '../../src/failures/report.js'

const two = (value: number): string => String(value).padStart(2, '0')

/** `2026-03-03 HH:MM:SS`, so many seconds after nine o'clock. */
export const stamp = (seconds: number): string =>
  `2026-03-03 ${two(9 + Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`

/** A failed login. */
export const failed = (seconds: number, account: string | null, address: string, {code = 535, text = 'Incorrect authentication data', detail = ''} = {}): string =>
  `${stamp(seconds)} dovecot_login authenticator failed for (User) [${address}]:${1000 + (seconds % 60_000)}: ${code} ${text}${account === null ? '' : ` (set_id=${account})`}${detail}`

let id = 0

/** An accepted message of somebody who had logged in. */
export const accepted = (seconds: number, account: string, address: string): string =>
  `${stamp(seconds)} 1xAAAA-${String(id++).padStart(6, '0')}-2H <= ${account} H=(pc) [${address}]:4000 P=esmtpsa X=TLS1.3 CV=no A=dovecot_login:${account} S=900`

/** A directory with these files. */
export const logsIn = (files: Readonly<Record<string, readonly string[] | Uint8Array>>): {directory: string; path: (name: string) => string} => {
  const directory = temporaryDirectory('failures')
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(directory, name), content instanceof Uint8Array ? content : content.map(line => `${line}\n`).join(''), 'latin1')
  return {directory, path: name => join(directory, name)}
}

/** The report about some lines in one log. */
export const reportOf = async (lines: readonly string[], question: Question = {}): Promise<Report> => {
  const {path} = logsIn({mainlog: lines})
  return await diagnose({logs: [path('mainlog')], wall: offsetClock(0), ...question})
}

/** Counts by cause, with the service where there is one. */
export const causesOf = ({classes}: Report): Record<string, number> =>
  Object.fromEntries(classes.map(({cause, service, count}) => [service === undefined ? cause : `${cause} ${service}`, count]))

/** 0, 1, ... n-1 through a function. */
export const times = <T>(n: number, make: (index: number) => T): T[] => Array.from({length: n}, (_, index) => make(index))
