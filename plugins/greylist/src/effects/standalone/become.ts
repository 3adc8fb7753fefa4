// Becomes another program where Node can (process.execve), else runs it in our place: streams, signals, status.
import {spawn} from 'node:child_process'
import {constants} from 'node:os'

import {find} from 'mailops/effects'

type Execve = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never

const FORWARDED: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGALRM', 'SIGUSR1', 'SIGUSR2']

const temporary = (why: string): never => {
  process.stderr.write(`mailops greylist filter: client sent away: ${why}\n`)
  process.stdout.write('451 4.3.0 mail server temporarily unable to serve\r\n')
  process.exit(111)
}

/** Does not come back; a program that cannot be run is 451 for the client and status 111, as tcpserver's programs do. */
export const becomeProgram = async (argv: readonly string[]): Promise<never> => {
  const [name = '', ...args] = argv
  const file = find(name)
  if (file === null) return temporary(`${name} is not there, or cannot be run`)
  const {execve} = process as unknown as {execve?: Execve}
  // process.exit would flush: nothing was written to the client yet, so nothing can be lost.
  if (execve !== undefined) execve(file, [name, ...args], process.env)
  const child = spawn(file, args, {stdio: 'inherit', argv0: name})
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal))
  return new Promise(() => {
    child.once('error', error => temporary(`cannot run ${name}: ${error.message}`))
    child.once('exit', (status, signal) => process.exit(status ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })
}
