// The command line itself: loads oclif, runs one command, prints what failed and ends with its status.
import {Config, run, settings} from '@oclif/core'

import {distrusted, hasOwnHome} from './effects/site.js'
import {isUnderWay} from './effects/under-way.js'
import {describe, fromSystem} from './errors.js'
import {jsonText} from './output/json-text.js'
import {terminalSafeLines} from './output/terminal-safe.js'

/**
 * The one place where an error becomes words and a status. Under --json a command has told its own errors already; what
 * comes here was none of a command's, a mistyped name for one.
 */
const tell = (error: unknown, {json = false} = {}): void => {
  const description = describe(error)
  const {code, message, hint, exit} = description
  process.exitCode = exit
  if (code === 'EEXIT') return
  if (json) process.stdout.write(`${jsonText({error: description}, 2)}\n`)
  if (exit === 70) process.stderr.write(`${terminalSafeLines((error as Error | null)?.stack ?? String(error))}\n`)
  else if (!json) {
    process.stderr.write(`mailops: ${terminalSafeLines(message)} [${code}]\n`)
    if (hint !== undefined) process.stderr.write(`mailops: try: ${terminalSafeLines(hint)}\n`)
  }
}

/**
 * `mailops qmail list | head` ends the pipe early, which is no error; a full disk below `> FILE` is one. Neither may cut
 * off a change that is under way. When nobody hears our talk any more, the work goes on all the same.
 */
const mindBrokenPipes = (): void => {
  // oclif's own listener would throw.
  process.stdout.removeAllListeners('error')
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') tell(fromSystem(error, 'write', 'standard output'))
    if (!isUnderWay()) process.exit()
  })
  process.stderr.on('error', () => {})
}

/** Where the command line is. */
export interface Place {
  /** The directory whose package.json has the oclif section: the package, or its bundle. */
  readonly root: string
  /** A directory with plugins of the site; only root can write to it. */
  readonly site: string | undefined
}

/** The site's plugins, unless somebody else could have put them there for root to run. */
const trustedSite = (site: string | undefined): string | undefined => {
  const strange = site === undefined || process.getuid?.() !== 0 ? undefined : distrusted(site)
  if (strange === undefined) return site
  process.stderr.write(`mailops: warning: no plugins are loaded from ${site}: ${terminalSafeLines(strange)}\n`)
  return undefined
}

/** Runs the command that `argv` names and sets the exit status. Plugins in a home are a stranger's when we are root. */
export const main = async ({root, site: named}: Place, argv: string[]): Promise<void> => {
  mindBrokenPipes()
  // With NODE_ENV=development or test oclif would look for a compiler, and warn that it found none.
  settings.enableAutoTranspile = false
  const site = trustedSite(named)
  try {
    const config = await Config.load({
      root,
      userPlugins: hasOwnHome(),
      ...(site !== undefined && {pluginAdditions: {core: ['**/mailops-*'], path: site}}),
    })
    await run(argv, config)
  } catch (error) {
    tell(error, {json: argv.includes('--json')})
  }
}
