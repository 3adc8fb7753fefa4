// Builds the C form of the filter and puts it into its place, or puts the Perl form back there.
import {accessSync, constants} from 'node:fs'
import {dirname, join} from 'node:path'

import {OpsError} from 'mailops/core'
import {find, run} from 'mailops/effects'

import {filterSources, formOf} from '../standalone/filter-program.js'

/** What was asked for, and what a compiler is called here. */
export interface BuildRequest {
  readonly target: string
  readonly form: 'c' | 'perl'
}

const COMPILERS = ['cc', 'gcc', 'clang']

/** The compiler that would be used, or null. */
export const compiler = (): string | null => process.env['CC'] ?? COMPILERS.map(find).find(path => path !== null) ?? null

/**
 * Puts the filter into its place by a rename, so that clients that come meanwhile find the old or the new one.
 * @throws OpsError 69 `NO_COMPILER`, 77 when the place cannot be written, 70 with what the compiler said
 */
export const buildFilter = async ({target, form}: BuildRequest): Promise<{readonly form: string; readonly version: string}> => {
  if (form === 'c' && compiler() === null)
    throw new OpsError('NO_COMPILER', `no C compiler is on this machine (looked for ${COMPILERS.join(', ')})`, {exit: 'unavailable', hint: 'apt-get install gcc libc6-dev; the Perl form does the same meanwhile'})
  try {
    accessSync(dirname(target), constants.W_OK)
  } catch (error) {
    throw new OpsError('NOT_WRITABLE', `${dirname(target)} cannot be written by this user`, {exit: 'noPermission', hint: 'run it as root, or name another place with --output', cause: error})
  }
  const script = join(filterSources(), 'build.sh')
  const {status, stderr} = await run(['/bin/sh', script, ...(form === 'perl' ? ['--perl'] : []), target], {timeoutMs: 120_000, env: {npm_command: ''}})
  const made = status === 0 ? await formOf(target) : null
  if (made === null) throw new OpsError('BUILD_FAILED', `the filter could not be built: ${stderr.trim().split('\n').slice(-3).join('; ')}`, {exit: 'unavailable'})
  if (form === 'c' && made.form !== 'C')
    throw new OpsError('BUILD_FAILED', `the C form does not compile here; ${target} is the Perl form: ${stderr.trim().split('\n').slice(-3).join('; ')}`, {exit: 'unavailable', hint: 'apt-get install libc6-dev'})
  return made
}
