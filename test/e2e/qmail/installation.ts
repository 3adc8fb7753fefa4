// The installed qmail that MAILOPS_QMAIL_HOME names: is it fit, whose turn is it, its control files, an empty queue
import {spawn, spawnSync} from 'node:child_process'
import {
  chmodSync, chownSync, existsSync, mkdtempSync, openSync, readdirSync, renameSync, rmSync, statSync, writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import {loopMount, type LoopMount} from '../../support/loop-mount.js'
import {createQueue, type Owners, type Queue} from '../../support/queue/index.js'

/** Where qmail is installed, '' when no such place is named. */
export const HOME = process.env['MAILOPS_QMAIL_HOME'] ?? ''

const NEEDED = [
  'bin/qmail-queue', 'bin/qmail-send', 'bin/qmail-start', 'queue/info', 'queue/lock/tcpto', 'control', 'alias',
]

/** Why no test with a real qmail can run here: '' when one can, else a text for the name of the skipped tests. */
export const whyNoRealQmail = (): string => {
  if (HOME === '') return 'real qmail: MAILOPS_QMAIL_HOME is not set'
  if (process.getuid?.() !== 0) return 'real qmail: needs root'
  const missing = NEEDED.filter((name) => !existsSync(join(HOME, name)))
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

const ownersOf = (queue: string): Owners => {
  const [mess, info, tcpto] = ['mess', 'info', 'lock/tcpto'].map((name) => statSync(join(queue, name)))
  return {qmailq: mess!.uid, qmails: info!.uid, qmailr: tcpto!.uid, qmail: mess!.gid}
}

/** Waits until no other test uses the home; it is ours until the descriptor is closed. */
export const takeHome = async (): Promise<number> => {
  const fd = openSync(join(HOME, 'mailops-test.lock'), 'a', 0o600)
  const waiter = spawn('flock', ['-x', '-w', '300', '3'], {stdio: ['ignore', 'inherit', 'inherit', fd]})
  const status = await new Promise((resolve) => waiter.once('exit', resolve))
  if (status !== 0) throw new Error(`${HOME} was in use by another test for five minutes`)
  return fd
}

/** Puts an empty queue into the home, with the owners of the one that was there; `mount` holds it when journaled. */
export const emptyQueue = (journaled: boolean): {queue: Queue; mount: LoopMount | undefined} => {
  const path = join(HOME, 'queue')
  const owners = ownersOf(path)
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

/** Writes the control files and replaces all aliases. */
export const configure = ({aliases = {}, control = {}}: RealQmailOptions) => {
  // What an earlier test has set (a concurrency of 0, say) is not for this one.
  for (const name of readdirSync(join(HOME, 'control'))) rmSync(join(HOME, 'control', name))
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
