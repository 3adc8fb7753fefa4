// Where the configuration of Postfix is.
import {find, run} from 'mailops/effects'

/** Returns --config-dir, else MAIL_CONFIG, else the directory that postconf(1) was built for; undefined without Postfix. */
export const configDirectory = async (named?: string): Promise<string | undefined> => {
  if (named !== undefined) return named
  const fromEnvironment = process.env['MAIL_CONFIG']
  if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment
  const postconf = find('postconf')
  if (postconf === null) return undefined
  const {status, stdout} = await run([postconf, '-dh', 'config_directory'], {timeoutMs: 10_000, endsWithUs: true})
  const directory = stdout.trim()
  return status === 0 && directory.startsWith('/') ? directory : undefined
}
