// Services that only commands control: init scripts, commands of the administrator's, and a process that nobody supervises.
import {OpsError} from '../../errors.js'
import {identityOf, isAlive} from '../lock/identity.js'
import {run, type Argv} from '../process.js'
import {makeService} from './make.js'
import type {Service, ServiceState} from './types.js'

const LSB_NOT_RUNNING = 3
const shell = (command: string): Argv => ['/bin/sh', '-c', command]

/**
 * A script that takes `stop` and `start`: /etc/init.d/NAME, qmailctl. Only status 3 of its `status` is believed (LSB):
 * many scripts end with 0 for a word that they do not know.
 * @param script an absolute path
 * @param options.pid the process that serves now, where it is known
 */
export const sysv = (script: string, {pid}: {pid?: number} = {}): Service => makeService({
  kind: 'sysv',
  name: script,
  stop: [script, 'stop'],
  start: [script, 'start'],
  loose: true,
  servingPid: pid,
  state: async (): Promise<ServiceState> => {
    const {status} = await run([script, 'status'], {timeoutMs: 10_000, discardOutput: true})
    const down = status === LSB_NOT_RUNNING
    return {up: down ? false : null, pid: null, goingDown: false, resume: down ? null : [script, 'start']}
  },
})

/** A service as its administrator describes it. */
export interface CustomCommands {
  name: string
  stopCommand: string
  startCommand: string
  /** The process that serves now, where it is known. */
  pid?: number
}

/** What the administrator says how to stop and start; each runs as `/bin/sh -c COMMAND`, its output is not shown. */
export const custom = ({name, stopCommand, startCommand, pid}: CustomCommands): Service =>
  makeService({
    kind: 'custom',
    name,
    stop: shell(stopCommand),
    start: shell(startCommand),
    loose: true,
    servingPid: pid,
    state: async () => ({up: null, pid: null, goingDown: false, resume: shell(startCommand)}),
  })

/**
 * A process that no supervisor was found for: SIGTERM stops it, and only a command of the administrator's starts it again.
 * @param options.startCommand runs as `/bin/sh -c COMMAND`
 */
export const bareProcess = (pid: number, {startCommand}: {startCommand?: string} = {}): Service => {
  const identity = identityOf(pid)
  if (identity === null) throw new OpsError('NO_PROCESS', `there is no process ${pid}`, {exit: 'tryAgain'})
  const start = startCommand === undefined ? null : shell(startCommand)
  // $0, not the text of the command: a shell has kill(1) built in, where procps may be missing.
  const kill = (signal: string): Argv => ['/bin/sh', '-c', `kill -s ${signal} "$0"`, String(pid)]
  return makeService({
    kind: 'process',
    name: `process ${pid}`,
    stop: kill('TERM'),
    start,
    alarm: kill('ALRM'),
    loose: true,
    servingPid: pid,
    state: async () => {
      const up = isAlive(identity)
      // Another process of ours may have started it anew, under another number: what it locks tells.
      if (!up && start !== null) return {up: null, pid: null, goingDown: false, resume: start}
      return {up, pid: up ? pid : null, goingDown: false, resume: up ? start : null}
    },
  })
}
