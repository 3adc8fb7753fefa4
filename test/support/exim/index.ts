// A real Exim in a directory of its own: sessions by -bh, a daemon on loopback, any other run.
import {spawn, spawnSync} from 'node:child_process'
import {chmodSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {connect} from 'node:net'
import {join} from 'node:path'

import {freePort} from '../free-port.js'
import {eximConfig, type EximSections} from './config.js'
import {EXIM_USER, eximProgram} from './program.js'

export {ACCOUNT, type EximSections} from './config.js'
export {authLogin, authPlain, base64, dialogue} from './dialogue.js'
export {EXIM_USER, eximProgram, whyNoExim} from './program.js'

export interface EximRun {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RealExim {
  readonly directory: string
  readonly config: string
  readonly mainlog: string
  readonly rejectlog: string
  /** Runs Exim with this configuration, as root. */
  run(args: readonly string[], input?: string): EximRun
  /** A pretended session from `peer` (`address` or `address.port`), nothing logged to files: log lines come on stderr. */
  session(peer: string, lines: readonly string[], args?: readonly string[]): EximRun
  /** The log lines of such a session, without `LOG: `. */
  logLines(peer: string, lines: readonly string[], args?: readonly string[]): string[]
  /** A daemon on loopback that answers; end it in `finally`. */
  daemon(): Promise<{readonly port: number; stop(): Promise<void>}>
  /** What is in a log so far, '' when there is none yet. */
  log(name: 'main' | 'reject'): string
}

const answers = async (port: number): Promise<boolean> =>
  await new Promise(resolve => {
    const socket = connect({port, host: '127.0.0.1'})
    socket.on('data', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })

const startDaemon = async (program: string, config: string): Promise<{port: number; stop(): Promise<void>}> => {
  const port = await freePort()
  // In the foreground: -bd does not detach where the parent is process 1.
  const child = spawn(program, ['-C', config, '-bdf', '-oX', `127.0.0.1.${port}`], {stdio: ['ignore', 'ignore', 'pipe']})
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => void (stderr += chunk))
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const deadline = Date.now() + 20_000
  while (!(await answers(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill()
      throw new Error(`Exim does not answer on port ${port}: ${stderr}`)
    }
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  const stop = async (): Promise<void> => {
    child.kill()
    await ended
  }
  return {port, stop}
}

const ownedByExim = (paths: readonly string[]): void => {
  const {status, stderr} = spawnSync('chown', [`${EXIM_USER}:${EXIM_USER}`, ...paths], {encoding: 'utf8'})
  if (status !== 0) throw new Error(stderr)
}

/** Makes an Exim below `directory`, which other users must be able to enter. */
export const createExim = (directory: string, sections: EximSections = {}): RealExim => {
  const program = eximProgram()
  const config = join(directory, 'exim.conf')
  chmodSync(directory, 0o755)
  for (const name of ['spool', 'log']) mkdirSync(join(directory, name))
  writeFileSync(join(directory, 'localdomains'), 'local.example\n')
  // Exim refuses a configuration that others than root may write.
  writeFileSync(config, eximConfig(directory, sections), {mode: 0o644})
  ownedByExim([join(directory, 'spool'), join(directory, 'log')])
  const run = (args: readonly string[], input = ''): EximRun => {
    const {status, stdout, stderr} = spawnSync(program, ['-C', config, ...args], {input, encoding: 'latin1', timeout: 60_000})
    return {status, stdout, stderr}
  }
  const session: RealExim['session'] = (peer, lines, args = []) =>
    run([...args, '-bh', peer], [...lines, 'QUIT', ''].join('\r\n'))
  const logPath = (name: 'main' | 'reject'): string => join(directory, 'log', `${name}log`)
  return {
    directory, config, run, session,
    mainlog: logPath('main'),
    rejectlog: logPath('reject'),
    logLines: (peer, lines, args) => session(peer, lines, args).stderr.split('\n').filter(line => line.startsWith('LOG:')).map(line => line.replace(/^LOG: /, '')),
    daemon: async () => await startDaemon(program, config),
    log: name => {
      try {
        return readFileSync(logPath(name), 'latin1')
      } catch (error) {
        // Exim makes a log when it first has something to write.
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
        throw error
      }
    },
  }
}
