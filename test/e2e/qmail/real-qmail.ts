// A real, installed qmail under test: its control files, an empty queue, qmail-start under supervise, injection, its log
import {spawn, spawnSync} from 'node:child_process'
import {
  chmodSync, chownSync, closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, renameSync,
  rmSync, statSync, writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {vi} from 'vitest'
import {loopMount, type LoopMount} from '../../support/loop-mount.js'
import {createQueue, type Owners, type Queue} from '../../support/queue/index.js'

const HOME = process.env['MAILOPS_QMAIL_HOME'] ?? ''

/** Why no test with a real qmail can run here: '' when one can, else a text for the name of the skipped tests. */
export const whyNoRealQmail = (): string => {
  if (HOME === '') return 'real qmail: MAILOPS_QMAIL_HOME is not set'
  if (process.getuid?.() !== 0) return 'real qmail: needs root'
  const missing = ['bin/qmail-queue', 'bin/qmail-send', 'bin/qmail-start', 'queue/info', 'queue/lock/tcpto', 'control', 'alias']
    .filter((name) => !existsSync(join(HOME, name)))
  if (missing.length > 0) return `real qmail: ${HOME} has no ${missing.join(', ')}`
  const supervise = spawnSync('sh', ['-c', 'command -v supervise svc svstat']).status === 0
  return supervise ? '' : 'real qmail: daemontools is not installed'
}

/** The domain whose mail is local; its users are the aliases. */
export const LOCAL = 'local.example'

/** Aliases that every test has: `defer` always fails for now, `swallow` takes everything; others bounce. */
const ALIASES = {defer: '|exit 111\n', swallow: '#\n', postmaster: '#\n', 'mailer-daemon': '#\n', root: '#\n'}

// All remote mail goes to a port where nobody listens: deferred, and nothing leaves the machine.
const CONTROL = {
  me: 'qmail.example\n', locals: `${LOCAL}\nqmail.example\n`, rcpthosts: `${LOCAL}\n`, smtproutes: ':127.0.0.1:1\n',
  timeoutremote: '5\n', timeoutconnect: '2\n',
}

/** What a test needs beside the usual: aliases and control files by name, and the queue on a journaled loop mount. */
export type RealQmailOptions = {
  aliases?: Readonly<Record<string, string>>
  control?: Readonly<Record<string, string>>
  journaled?: boolean
}

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

const ownersOf = (queue: string): Owners => {
  const [mess, info, tcpto] = ['mess', 'info', 'lock/tcpto'].map((name) => statSync(join(queue, name)))
  return {qmailq: mess!.uid, qmails: info!.uid, qmailr: tcpto!.uid, qmail: mess!.gid}
}

/** Two test files must not use the one home at once: this waits for the other's end. */
const takeHome = async (): Promise<number> => {
  const fd = openSync(join(HOME, 'mailops-test.lock'), 'a', 0o600)
  const waiter = spawn('flock', ['-x', '-w', '300', '3'], {stdio: ['ignore', 'inherit', 'inherit', fd]})
  const status = await new Promise((resolve) => waiter.once('exit', resolve))
  if (status !== 0) throw new Error(`${HOME} was in use by another test for five minutes`)
  return fd
}

const emptyQueue = (owners: Owners, journaled: boolean): {queue: Queue; mount: LoopMount | undefined} => {
  const path = join(HOME, 'queue')
  const fresh = join(HOME, 'queue.fresh')
  rmSync(fresh, {recursive: true, force: true})
  const queue = createQueue(fresh, {owners})
  // The old one goes last, so that a queue to read the owners from is always there.
  const old = mkdtempSync(join(HOME, 'queue.old-'))
  renameSync(path, join(old, 'queue'))
  renameSync(fresh, path)
  rmSync(old, {recursive: true})
  if (!journaled) return {queue: {...queue, dir: path}, mount: undefined}
  const mount = loopMount({sizeBytes: 512 * 2 ** 20, inodes: 100_000, at: path})
  rmSync(join(path, 'lost+found'), {recursive: true})
  return {queue: createQueue(path, {owners}), mount}
}

const configure = ({aliases = {}, control = {}}: RealQmailOptions) => {
  for (const [name, text] of Object.entries({...CONTROL, ...control})) writeFileSync(join(HOME, 'control', name), text)
  const dir = join(HOME, 'alias')
  for (const name of readdirSync(dir)) if (name.startsWith('.qmail-')) rmSync(join(dir, name))
  const {uid, gid} = statSync(dir)
  for (const [name, text] of Object.entries({...ALIASES, ...aliases})) {
    const path = join(dir, `.qmail-${name}`)
    writeFileSync(path, text)
    // qmail-local refuses delivery instructions that others may write.
    chmodSync(path, 0o644)
    chownSync(path, uid, gid)
  }
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

/** Takes the installed qmail: waits for other tests, sets it up with an empty queue, stopped; `close` gives it back. */
export const openRealQmail = async (options: RealQmailOptions = {}): Promise<RealQmail> => {
  const turn = await takeHome()
  configure(options)
  const {queue, mount} = emptyQueue(ownersOf(join(HOME, 'queue')), options.journaled ?? false)
  const {dir, service, logFile} = makeService()
  const log = () => readFileSync(logFile, 'utf8')
  const lines = (pattern: RegExp) => log().split('\n').filter((line) => pattern.test(line))
  const waitFor = (condition: () => boolean, what: string) =>
    vi.waitFor(() => {
      if (!condition()) throw new Error(`waited for ${what} in vain; the log:\n${log().slice(-4000)}`)
    }, {timeout: 60_000, interval: 20})
  const waitForLog = (pattern: RegExp, count = 1) =>
    waitFor(() => lines(pattern).length >= count, `${count} lines ${pattern}`)
  const pid = () => Number(/up \(pid (\d+)\)/.exec(spawnSync('svstat', [service], {encoding: 'utf8'}).stdout)?.[1]) || undefined
  const mutexIsFree = () => spawnSync('flock', ['-nx', `${queue.dir}/lock/sendmutex`, 'true']).status === 0

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
    await waitFor(mutexIsFree, 'the lock')
  }
  const close = async () => {
    await stop()
    mount?.dispose()
    rmSync(dir, {recursive: true})
    closeSync(turn)
  }
  return {
    home: HOME, queue, service, start, stop, pid, log, lines, waitFor, waitForLog, close,
    inject: (injection) => inject(dir, injection),
    alarm: () => void spawnSync('svc', ['-a', service]),
  }
}
