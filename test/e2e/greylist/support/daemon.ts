// The daemon as an administrator starts it: the real command, in a directory of its own.
import {spawn, type ChildProcess} from 'node:child_process'
import {readFileSync, writeFileSync, openSync, closeSync, chmodSync} from 'node:fs'
import {connect} from 'node:net'
import {join} from 'node:path'

import Database from 'better-sqlite3'
import {onTestFinished} from 'vitest'

import {temporaryDirectory} from '../../../support/temporary.js'

const RUN = join(import.meta.dirname, '../../../../bin/run.js')

/** Waits for a condition; says what it waited for when it does not come. */
export const until = async (what: string, done: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> => {
  const deadline = Date.now() + ms
  while (!(await done())) {
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms in vain for: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** True when somebody accepts connections there. */
export const answersOn = async (path: string): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

/** Entries that are committed: the daemon gathers some of them before it writes. */
export const entriesIn = (db: string): number => {
  const database = new Database(db, {readonly: true})
  try {
    return (database.prepare('SELECT count(*) AS n FROM entry').get() as {n: number}).n
  } finally {
    database.close()
  }
}

/** A directory that holds all that a daemon has, and the daemon in it. */
export interface Daemon {
  readonly directory: string
  readonly socket: string
  readonly db: string
  readonly env: NodeJS.ProcessEnv
  child: ChildProcess
  /** What it wrote to stderr so far. */
  log(): string
  /** The decisions in its log. */
  decisions(): {readonly [member: string]: unknown}[]
  /** The same once there are so many: a client has its answer before the line is in the log. */
  decided(count: number): Promise<{readonly [member: string]: unknown}[]>
  /** Ends it; gives its status. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  /** Starts it again after a stop or a kill, and waits until it serves. */
  start(): Promise<void>
}

/** Environment of commands that are to use this directory. */
export const environmentOf = (directory: string): NodeJS.ProcessEnv => ({
  ...process.env,
  MAILOPS_STATE_DIR: join(directory, 'state'),
  MAILOPS_RUN_DIR: join(directory, 'run'),
  MAILOPS_CONFIG_DIR: join(directory, 'config'),
})

/** Starts `mailops greylist serve`, and waits until it serves. */
export const startDaemon = async (flags: readonly string[] = [], {directory = temporaryDirectory('serve'), argv}: {directory?: string; argv?: readonly string[]} = {}): Promise<Daemon> => {
  chmodSync(directory, 0o755)
  const env = environmentOf(directory)
  const logFile = join(directory, 'log')
  writeFileSync(logFile, '')
  const log = (): string => readFileSync(logFile, 'utf8')
  const daemon: Daemon = {
    directory,
    socket: join(directory, 'run/greylist.sock'),
    db: join(directory, 'state/greylist/greylist.db'),
    env,
    child: undefined as unknown as ChildProcess,
    log,
    decisions: () => log().split('\n').filter(line => line.startsWith('{') && !line.includes('"event":"envelope"')).map(line => JSON.parse(line) as {[member: string]: unknown}),
    decided: async count => {
      await until(`${count} decisions in the log`, () => daemon.decisions().length >= count)
      return daemon.decisions()
    },
    stop: async (signal = 'SIGTERM') => {
      const {child} = daemon
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      const ended = new Promise<number | null>(resolve => child.once('exit', resolve))
      child.kill(signal)
      return ended
    },
    start: async () => {
      const before = log().split(': serving ').length
      const fd = openSync(logFile, 'a')
      const [program = process.execPath, ...args] = argv ?? [process.execPath, RUN, 'greylist', 'serve', '--no-spf', ...flags]
      daemon.child = spawn(program, args, {env, stdio: ['ignore', 'ignore', fd]})
      closeSync(fd)
      await until(`the daemon; its log: ${log()}`, () => {
        if (daemon.child.exitCode !== null) throw new Error(`the daemon ended: ${log()}`)
        return log().split(': serving ').length > before
      })
    },
  }
  onTestFinished(async () => {
    daemon.child.kill('SIGCONT')
    await daemon.stop('SIGKILL')
  })
  await daemon.start()
  return daemon
}
