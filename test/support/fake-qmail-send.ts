// Starts and stops the stand-in for qmail-send (fake-qmail-send.mjs), alone or under daemontools' supervise
import {spawn, spawnSync, type ChildProcess} from 'node:child_process'
import {mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {vi} from 'vitest'

const SCRIPT = join(import.meta.dirname, 'fake-qmail-send.mjs')

/** How it behaves: `term` is the delay in milliseconds between TERM and its end, or 'never'. */
export type FakeOptions = {
  queue: string
  term?: number | 'never'
  preprocess?: boolean
  localDomain?: string
  supervised?: boolean
}

/**
 * A running stand-in. `pid` is the holder of lock/sendmutex now, undefined when nobody holds it; `service` is the
 * supervised directory; `log` everything it said; `waitForLog` waits until it matches; `stop` ends it, KILL if need be.
 */
export type FakeQmailSend = {
  pid: () => number | undefined
  service: string | undefined
  log: () => string
  waitForLog: (pattern: RegExp) => Promise<void>
  signal: (name: NodeJS.Signals) => void
  stop: () => Promise<void>
}

/** Whether daemontools' supervise, svc and svstat are installed; in CI they must be. */
export const haveDaemontools = () => {
  const have = ['supervise', 'svc', 'svstat'].every((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0)
  if (!have && process.env['CI'] === 'true') throw new Error('CI must have daemontools')
  return have
}

/** The process that holds a queue's lock/sendmutex, from /proc/locks; undefined when it is free. */
export const lockHolder = (queue: string): number | undefined => {
  const {stdout} = spawnSync('stat', ['-c', '%Hd %Ld %i', `${queue}/lock/sendmutex`], {encoding: 'utf8'})
  const [major, minor, inode] = stdout.trim().split(' ').map(Number)
  const hex = (device = 0) => device.toString(16).padStart(2, '0')
  const id = `${hex(major)}:${hex(minor)}:${inode}`
  const line = readFileSync('/proc/locks', 'utf8').split('\n')
    .find((text) => / FLOCK .* WRITE /.test(text) && text.includes(` ${id} `))
  return line === undefined ? undefined : Number(line.trim().split(/\s+/)[4])
}

const argvOf = ({queue, term = 0, preprocess = false, localDomain = 'local.example'}: FakeOptions) => [
  'flock', '--no-fork', '-n', '-x', '-E', '111', `${queue}/lock/sendmutex`,
  process.execPath, SCRIPT, queue, '--term', String(term), '--local-domain', localDomain,
  ...(preprocess ? ['--preprocess'] : []),
]

const quoted = (word: string) => `'${word.replaceAll(`'`, `'\\''`)}'`

const launch = (options: FakeOptions, dir: string): {child: ChildProcess; service: string | undefined} => {
  const argv = argvOf(options)
  const out = openSync(join(dir, 'log'), 'a', 0o600)
  const stdio = ['ignore' as const, out, out]
  if (!options.supervised) return {child: spawn(argv[0]!, argv.slice(1), {stdio}), service: undefined}
  const service = join(dir, 'service')
  mkdirSync(service)
  writeFileSync(join(service, 'run'), `#!/bin/sh\nexec ${argv.map(quoted).join(' ')}\n`, {mode: 0o755})
  return {child: spawn('supervise', [service], {stdio}), service}
}

/** Starts the stand-in and waits until it holds the lock and has read the queue. */
export const startFakeQmailSend = async (options: FakeOptions): Promise<FakeQmailSend> => {
  const dir = mkdtempSync(join(tmpdir(), 'mailops-fake-send-'))
  const {child, service} = launch(options, dir)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const pid = () => lockHolder(options.queue)
  const log = () => readFileSync(join(dir, 'log'), 'utf8')
  const waitForLog = (pattern: RegExp) =>
    vi.waitFor(() => {
      if (!pattern.test(log())) throw new Error(`no ${pattern} in the log:\n${log()}`)
    }, {timeout: 20_000, interval: 10})
  const signal = (name: NodeJS.Signals) => {
    const holder = pid()
    if (holder !== undefined) process.kill(holder, name)
  }
  const stop = async () => {
    // x: supervise itself leaves once its child has gone.
    if (service) spawnSync('svc', ['-dx', service])
    signal('SIGKILL')
    if (!service) child.kill('SIGKILL')
    await ended
    rmSync(dir, {recursive: true})
  }
  await waitForLog(/^status: local/m)
  return {pid, service, log, waitForLog, signal, stop}
}
