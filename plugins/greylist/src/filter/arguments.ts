// The command line of the standalone filter: some options are for the store, the others go on to mailops-greylist.
import {OpsError} from 'mailops/core'

/** What was asked for. */
export interface StandaloneArguments {
  /** Of the store: --config, --db, --delay, --window, --keep. */
  readonly own: Readonly<Record<string, string>>
  readonly learning: boolean
  /** For mailops-greylist, `--name value` as it takes them. */
  readonly passedOn: readonly string[]
  /** The program that becomes the client's server, with its arguments. */
  readonly program: readonly string[]
}

const OWN: readonly string[] = ['config', 'db', 'delay', 'window', 'keep']
const PASSED_ON: readonly string[] = ['socket', 'timeout', 'fail', 'dialog', 'text', 'name', 'reply-delay', 'idle', 'session']

const usage = (message: string): OpsError =>
  new OpsError('USAGE', message, {exit: 'usage', hint: 'mailops greylist filter --help'})

/**
 * Takes options up to `--` or the first word that is none.
 * @throws OpsError 64 `USAGE`
 */
export const standaloneArguments = (argv: readonly string[]): StandaloneArguments => {
  const own: Record<string, string> = {}
  const passedOn: string[] = []
  let learning = false
  let at = 0
  for (; at < argv.length; at++) {
    const word = argv[at] ?? ''
    if (!word.startsWith('--')) break
    if (word === '--') {
      at++
      break
    }
    const [, name = '', inline] = /^--([^=]*)(?:=([\s\S]*))?$/.exec(word) ?? []
    if (name === 'learning' && inline === undefined) {
      learning = true
      continue
    }
    const isOwn = OWN.includes(name)
    if (!isOwn && !PASSED_ON.includes(name)) throw usage(`--${name} is no option of the filter`)
    const value = inline ?? argv[++at]
    if (value === undefined) throw usage(`--${name} wants a value`)
    if (isOwn) own[name] = value
    else passedOn.push(`--${name}`, value)
  }
  const program = argv.slice(at)
  if (program.length === 0) throw usage('no program given')
  return {own, learning, passedOn, program}
}
