// The filter without a daemon: opens the store for one decision, then becomes mailops-greylist with the answer.
import type {Decision} from '../../policy/types.js'
import {standaloneArguments, type StandaloneArguments} from '../../filter/arguments.js'
import {filterReplyOf, requestOfConnect} from '../../protocol/filter-decision.js'
import {formatFilterReply, type ConnectLine} from '../../protocol/filter-line.js'
import {parseDuration} from '../../settings/duration.js'
import {openService} from '../service/open.js'
import {readSettings} from '../settings/read.js'
import {becomeProgram} from './become.js'
import {filterProgram} from './filter-program.js'

const note = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

const span = (text: string | undefined, name: string): number | undefined => (text === undefined ? undefined : parseDuration(text, `--${name}`))

const connectLine = (env: NodeJS.ProcessEnv): ConnectLine | null => {
  const ip = env['TCPREMOTEIP'] || env['TCP6REMOTEIP']
  if (!ip) return null
  const {GREYLIST_DELAY: delay, GREYLIST_WINDOW: window, GREYLIST_KEEP: keep} = env
  return {verb: 'connect', ip, host: env['TCPREMOTEHOST'] ?? '', overrides: {...(delay !== undefined && {delay}), ...(window !== undefined && {window}), ...(keep !== undefined && {keep})}}
}

const decide = async ({own, learning}: StandaloneArguments, line: ConnectLine): Promise<Decision> => {
  const {config, db, delay, window, keep} = own
  const settings = readSettings(config, {
    db,
    delay: span(delay, 'delay'),
    window: span(window, 'window'),
    keep: span(keep, 'keep'),
    learning: learning || undefined,
    // DNS would outlive the connection that it is for.
    spf: false,
  })
  const service = await openService(settings, {log: note, warn: text => note(`mailops greylist: ${text}`)}, {use: 'filter'})
  const decision = await new Promise<Decision>(resolve => service.decide(requestOfConnect(line, 'standalone'), resolve))
  await service.close()
  return decision
}

/** True when the environment answers already: mailops-greylist looks there first, whatever answer it is given. */
const isDecided = (env: NodeJS.ProcessEnv): boolean => env['RELAYCLIENT'] !== undefined || env['GREYLIST'] !== undefined

const answerTo = async (asked: StandaloneArguments, env: NodeJS.ProcessEnv): Promise<string> => {
  const line = connectLine(env)
  if (isDecided(env) || line === null) return 'fail no client address'
  try {
    return formatFilterReply(filterReplyOf(await decide(asked, line))).trimEnd()
  } catch (error) {
    // Whatever it is: the filter says it, and --fail decides.
    return `fail ${(error as Error).message.replace(/[^\x20-\x7e]/g, '?').slice(0, 300)}`
  }
}

/**
 * Serves the client of this process; does not come back.
 * @param argv options and program, as `mailops greylist filter` takes them
 */
export const standaloneFilter = async (argv: readonly string[]): Promise<never> => {
  const asked = standaloneArguments(argv)
  const answer = await answerTo(asked, process.env)
  return becomeProgram([filterProgram(), ...asked.passedOn, '--answer', answer, '--', ...asked.program])
}
