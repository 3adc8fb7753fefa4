// cPanel's own way of setting where the mail of a domain belongs: uapi Email set_always_accept.
import {existsSync} from 'node:fs'
import {join, resolve} from 'node:path'

import {OpsError, type RunChange} from 'mailops/core'
import {find} from 'mailops/effects'

import type {Mxcheck} from '../../domain/mxcheck.js'

const PLACES = ['/usr/local/cpanel/bin/uapi', '/usr/bin/uapi']
/** A real installation; its programs act on the machine they run on, whatever root somebody means. */
const REAL = '/usr/local/cpanel/3rdparty/bin/perl'
const API_MS = 120_000

/**
 * The program to call, null when there is none that would act on `root`.
 * @throws OpsError 69 `NO_PROGRAM` where the one that was named is not there: its files are not what was asked for
 */
export const cpanelApi = (root: string, named: string | undefined): string | null => {
  if (named !== undefined) {
    const program = find(named)
    // An undo may be started in another directory.
    if (program !== null) return resolve(program)
    throw new OpsError('NO_PROGRAM', `${named} is not on this machine, or not executable; nothing was changed`, {
      exit: 'unavailable',
      hint: '--no-api edits the files',
    })
  }
  if (root !== '/' && existsSync(join(root, REAL))) return null
  return PLACES.map(path => find(join(root, path))).find(path => path !== null) ?? null
}

interface ApiCall {
  readonly program: string
  readonly user: string
  readonly domain: string
  readonly mxcheck: Mxcheck
  /** The setting until now, which undo gives back. */
  readonly before: Mxcheck
}

/** The call as a change of a plan. */
export const apiChange = ({program, user, domain, mxcheck, before}: ApiCall): RunChange => {
  const call = (value: Mxcheck): readonly [string, ...string[]] => [
    program,
    `--user=${user}`,
    'Email',
    'set_always_accept',
    `domain=${domain}`,
    `mxcheck=${value}`,
  ]
  return {kind: 'run', argv: call(mxcheck), undo: call(before), timeoutMs: API_MS, why: `until now: ${before}`}
}
