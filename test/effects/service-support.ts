// Real supervisors on temporary directories, and other processes that keep a service stopped, for the tests of services
import {spawn, type ChildProcess} from 'node:child_process'
import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {vi} from 'vitest'
import {find} from '../../src/effects/process.js'
import {holder} from '../../src/effects/lock/index.js'

const DIST = new URL('../../dist/effects/', import.meta.url).href

/** A supervised service whose process holds `lock` for as long as it lives, as qmail-send holds lock/sendmutex. */
export interface Supervised {
  directory: string
  lock: string
  /** Ends supervisor and service. */
  end: () => void
}

export type SupervisorName = 'supervise' | 'runsv' | 's6-supervise'

/** The programs each supervisor needs; a missing one skips by name, and fails where CI=true. */
export const missing = (...programs: string[]): string => {
  const absent = programs.filter(program => find(program) === null).join(', ')
  if (absent !== '' && process.env['CI'] === 'true') throw new Error(`CI must have ${absent}`)
  return absent
}

/** What serves: takes the lock, then turns into sleep(1); `trap` is put before, for a service that is slow to end. */
export const serving = (lock: string, trap = ''): string =>
  `#!/bin/sh\n${trap}\nexec 9>>'${lock}'\nflock -n 9 || exit 111\n${trap === '' ? 'exec sleep 10000' : 'while :; do sleep 0.1; done'}\n`

/** True when nobody holds the lock. It looks and does not try: a daemon that starts just then would find it taken. */
export const isFree = async (lock: string): Promise<boolean> => await holder(lock) === null

/** Whether a process runs (a zombie does not). */
export const running = (pid: number): boolean => {
  try {
    return !/^State:\t[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false // no such process
  }
}

/** Starts a real supervisor on a new service directory and waits until its process holds the lock. */
export const supervised = async (parent: string, name: SupervisorName, {trap = ''} = {}): Promise<Supervised> => {
  const directory = join(parent, name)
  const lock = join(parent, `${name}.lock`)
  mkdirSync(directory)
  writeFileSync(lock, '')
  writeFileSync(join(directory, 'run'), serving(lock, trap), {mode: 0o755})
  const supervisor = spawn(find(name)!, [directory], {stdio: 'ignore', detached: true})
  await vi.waitFor(async () => { if (await isFree(lock)) throw new Error('not up yet') }, {timeout: 10_000})
  return {directory, lock, end: () => endGroup(supervisor)}
}

const endGroup = (child: ChildProcess): void => {
  // The supervisor first: it would restart what it supervises.
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ').filter(Boolean)
  child.kill('SIGKILL')
  for (const pid of children.map(Number))
    for (const target of [-pid, pid])
      try {
        process.kill(target, 'SIGKILL')
      } catch {
        // ended with its supervisor, or leads no group (s6 makes one, the others do not)
      }
}

/** Another Node process that runs `body` with everything of the service and lock modules in scope. */
export const script = (body: string, options: {uid?: number} = {}): ChildProcess => {
  const code = `
    import {appendFileSync, existsSync, readFileSync, writeFileSync} from 'node:fs'
    import {once} from 'node:events'
    import {setTimeout as delay} from 'node:timers/promises'
    import * as services from ${JSON.stringify(`${DIST}service/index.js`)}
    import * as locks from ${JSON.stringify(`${DIST}lock/index.js`)}
    const isFree = async path => await locks.holder(path) === null
    const forever = signal => new Promise((_, fail) => {
      const timer = setInterval(() => {}, 1000)
      signal.addEventListener('abort', () => { clearInterval(timer); fail(signal.reason) })
    })
    try {
      ${body}
    } catch (error) {
      console.log('error', error.code, error.oclif?.exit, error.message)
      process.exitCode = error.oclif?.exit ?? 70
    }`
  return spawn(process.execPath, ['--input-type=module', '-e', code], {stdio: ['ignore', 'pipe', 'inherit'], ...options})
}

/** Collects what a process writes; `said` waits for a word of it, `closed` for the end of its stdout. */
export const listen = (child: ChildProcess) => {
  let text = ''
  const closed = new Promise<void>(done => child.stdout!.once('close', () => done()))
  const exited = new Promise<{code: number | null; signal: string | null}>(done =>
    child.once('exit', (code, signal) => done({code, signal})))
  child.stdout!.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return {
    closed,
    exited,
    text: () => text,
    said: (word: string) => vi.waitFor(() => { if (!text.includes(word)) throw new Error(`no ${word} in: ${text}`) }, {timeout: 20_000}),
  }
}

/** The processes whose command line has all of these texts, this one left out. */
export const processesNaming = (...texts: string[]): number[] =>
  readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(Number).filter(pid => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      return pid !== process.pid && texts.every(text => line.includes(text))
    } catch {
      return false // ended since it was listed
    }
  })

/** Ends what a test left running: everything whose command line names its own temporary directory. */
export const endAllNaming = (directory: string): void => {
  for (const pid of processesNaming(directory))
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // ended since it was listed
    }
}
