// Which mailops-greylist this installation has, and which of its two forms that is.
import {realpathSync} from 'node:fs'
import {createRequire} from 'node:module'
import {dirname, join} from 'node:path'

import {run} from 'mailops/effects'

/** The directory of the package mailops: of the checkout, or of what npm installed. */
export const packageRoot = (): string => realpathSync(dirname(createRequire(import.meta.url).resolve('mailops/package.json')))

/** Where the filter of this installation is. */
export const filterProgram = (): string => join(packageRoot(), 'bin', 'mailops-greylist')

/** The small program that `mailops greylist filter` starts. */
export const standaloneProgram = (): string => join(packageRoot(), 'bin', 'greylist-standalone.js')

/** The directory with the sources of both forms and what builds them. */
export const filterSources = (): string => join(import.meta.dirname, '../../../filter')

/** What a filter says of itself: `C`, `Perl`, or null where there is none that runs. */
export const formOf = async (path: string): Promise<{readonly form: string; readonly version: string} | null> => {
  try {
    const {stdout} = await run([path, '--version'], {timeoutMs: 5_000})
    const [, version, form] = /^mailops-greylist (\S+) \((\w+)\)/.exec(stdout) ?? []
    return form === undefined || version === undefined ? null : {form, version}
  } catch {
    return null // not there, or not for us to run: both mean that no filter is active
  }
}
