// A real qmail under test: qmail-start under daemontools' supervise, injection through qmail-queue, waiting on its log
import {spawn, spawnSync} from 'node:child_process'
import {closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {vi} from 'vitest'
import type {Queue} from '../../support/queue/index.js'
import {configure, emptyQueue, HOME, takeHome, type RealQmailOptions} from './installation.js'

export {LOCAL, whyNoRealQmail} from './installation.js'

/** One message for qmail-queue; addresses are a character a byte. */
export type Injection = {sender?: string; recipients: readonly string[]; message?: string}

/** An installed qmail in the hands of one test. */
export type RealQmail = {
  home: string
  queue: Queue
  service: string
  start: () => Promise<void>
  stop: () => Promise<void>
  inject: (injection: Injection) => number
  alarm: () => void
  pid: () => number | undefined
  log: () => string
  lines: (pattern: RegExp) => string[]
  waitFor: (condition: () => boolean, what: string) => Promise<void>
  waitForLog: (pattern: RegExp, count?: number) => Promise<void>
  close: () => Promise<void>
}

const makeService = (): {dir: string; service: string; logFile: string} => {
  const dir = mkdtempSync(join(tmpdir(), 'mailops-real-'))
  const service = join(dir, 'qmail-send')
  const logFile = join(dir, 'log')
  mkdirSync(service)
  writeFileSync(logFile, '', {mode: 0o600})
  const run = `#!/bin/sh\nexec env - PATH="${HOME}/bin:$PATH" qmail-start ./Mailbox >>${logFile} 2>&1\n`
  writeFileSync(join(service, 'run'), run, {mode: 0o755})
  return {dir, service, logFile}
}

/** Message on descriptor 0, envelope on descriptor 1, qmail-queue(8); the status is its own (0 accepted). */
const inject = (dir: string, {sender = 'sender@client.example', recipients, message}: Injection): number => {
  const text = message ?? `From: ${sender}\nTo: ${recipients[0]}\nSubject: test\n\nHello\n`
  const envelope = `F${sender}\0${recipients.map((address) => `T${address}\0`).join('')}\0`
  const files = [['message', text], ['envelope', envelope]].map(([name, content]) => {
    writeFileSync(join(dir, name!), content!, {encoding: 'latin1', mode: 0o600})
    return openSync(join(dir, name!), 'r')
  })
  try {
    return spawnSync(join(HOME, 'bin/qmail-queue'), {stdio: [files[0]!, files[1]!, 'inherit']}).status ?? -1
  } finally {
    files.forEach((fd) => closeSync(fd))
  }
}

const watch = (logFile: string) => {
  const log = () => readFileSync(logFile, 'utf8')
  const lines = (pattern: RegExp) => log().split('\n').filter((line) => pattern.test(line))
  const waitFor = (condition: () => boolean, what: string) =>
    vi.waitFor(() => {
      if (!condition()) throw new Error(`waited for ${what} in vain; the log:\n${log().slice(-4000)}`)
    }, {timeout: 60_000, interval: 20})
  const waitForLog = (pattern: RegExp, count = 1) =>
    waitFor(() => lines(pattern).length >= count, `${count} lines ${pattern}`)
  return {log, lines, waitFor, waitForLog}
}

const control = (service: string, {lines, waitFor, waitForLog}: ReturnType<typeof watch>) => {
  let supervise: Promise<void> | undefined
  const start = async () => {
    const before = lines(/^status: local/).length
    const child = spawn('supervise', [service], {stdio: 'ignore'})
    supervise = new Promise((resolve) => child.once('exit', () => resolve()))
    // The first status line comes when it holds the lock and has read info/.
    await waitForLog(/^status: local/, before + 1)
  }
  const stop = async () => {
    if (!supervise) return
    spawnSync('svc', ['-dx', service])
    await supervise
    supervise = undefined
    await waitFor(() => spawnSync('flock', ['-nx', `${HOME}/queue/lock/sendmutex`, 'true']).status === 0, 'the lock')
  }
  const pid = () => {
    const {stdout} = spawnSync('svstat', [service], {encoding: 'utf8'})
    const found = /up \(pid (\d+)\)/.exec(stdout)?.[1]
    return found === undefined ? undefined : Number(found)
  }
  return {start, stop, pid, alarm: () => void spawnSync('svc', ['-a', service])}
}

/** Takes the installed qmail: waits for other tests, sets it up with an empty queue, stopped; `close` gives it back. */
export const openRealQmail = async (options: RealQmailOptions = {}): Promise<RealQmail> => {
  const turn = await takeHome()
  configure(options)
  const {queue, mount} = emptyQueue(options.journaled ?? false)
  const {dir, service, logFile} = makeService()
  const watched = watch(logFile)
  const controls = control(service, watched)
  const close = async () => {
    await controls.stop()
    mount?.dispose()
    rmSync(dir, {recursive: true})
    closeSync(turn)
  }
  return {home: HOME, queue, service, ...watched, ...controls, close, inject: (injection) => inject(dir, injection)}
}
