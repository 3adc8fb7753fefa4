// Where the configuration of Postfix is.
import {resolve} from 'node:path'

import {find, run} from 'mailops/effects'

/** The directory that somebody names, whole, since commands that are journalled run elsewhere: --config-dir, else MAIL_CONFIG. */
export const askedDirectory = (named?: string): string | undefined => {
  const asked = named ?? process.env['MAIL_CONFIG']
  return asked === undefined || asked === '' ? undefined : resolve(asked)
}

/** Returns --config-dir, else MAIL_CONFIG, else the directory that postconf(1) was built for; undefined without Postfix. */
export const configDirectory = async (named?: string): Promise<string | undefined> => {
  const asked = askedDirectory(named)
  if (asked !== undefined) return asked
  const postconf = find('postconf')
  if (postconf === null) return undefined
  const {status, stdout} = await run([postconf, '-dh', 'config_directory'], {timeoutMs: 10_000, endsWithUs: true})
  const directory = stdout.trim()
  return status === 0 && directory.startsWith('/') ? directory : undefined
}
