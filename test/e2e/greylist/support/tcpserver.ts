// A real tcpserver with our filter, and a mail server behind it: mailfront, or the qmail-smtpd of MAILOPS_QMAIL_HOME.
import {spawn, spawnSync} from 'node:child_process'
import {chmodSync, closeSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {onTestFinished} from 'vitest'

import {temporaryDirectory} from '../../../support/temporary.js'
import {configure, HOME, takeHome} from '../../qmail/installation.js'

/** The tcpserver of Debian's ucspi-tcp-ipv6, unpacked by test/packages.sh; '' when it is not there. */
const TCP6 = join(process.env['MAILOPS_TEST_TCP6'] ?? '/var/cache/mailops-tests/ucspi-tcp-ipv6', 'usr/bin/tcpserver')

/** Whether a program is installed. */
export const isThere = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

/** Why no test with tcpserver can run: '' when one can. CI must have it. */
export const whyNoTcpserver = (): string => {
  const missing = ['tcpserver', 'tcprules', 'mailfront'].filter(program => !isThere(program))
  const why = missing.length === 0 ? '' : `no ${missing.join(', ')} on this machine (test/packages.sh installs it)`
  if (why !== '' && process.env['CI'] === 'true') throw new Error(`CI must have it: ${why}`)
  return why
}

/** Why no test over IPv6 can run. */
export const whyNoTcp6 = (): string => {
  const why = existsSync(TCP6) ? '' : `no ${TCP6} (test/packages.sh unpacks it)`
  if (why !== '' && process.env['CI'] === 'true') throw new Error(`CI must have it: ${why}`)
  return why
}

/** How to run it. */
export interface TcpserverOptions {
  /** The filter and its options, or nothing. */
  readonly filter: readonly string[]
  /** Behind the filter; a mail server that takes mail for example.net unless told. */
  readonly program?: readonly string[]
  /** Lines for tcprules. */
  readonly rules?: readonly string[]
  readonly limit?: number
  readonly ipv6?: boolean
  /** Words before tcpserver: `['softlimit', '-m', '16000000']`. */
  readonly before?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

/** A running tcpserver. */
export interface Tcpserver {
  readonly port: number
  /** Its stderr so far, that of the filter among it. */
  log(): string
  /** The messages that the mail server accepted: sender and recipients, and the message. */
  accepted(): {readonly envelope: string; readonly message: string}[]
}

/** The mail server: what it accepts goes into `directory`, through the protocol of qmail-queue. */
const mailServer = async (directory: string): Promise<{program: string[]; env: NodeJS.ProcessEnv}> => {
  const queue = join(directory, 'queue')
  const home = join(directory, 'home')
  mkdirSync(queue)
  mkdirSync(join(home, 'control'), {recursive: true})
  writeFileSync(join(home, 'control/rcpthosts'), 'example.net\n')
  writeFileSync(join(home, 'control/me'), 'mx.test\n')
  const program = join(directory, 'qmail-queue')
  // Written whole before it is there under the name that a test looks for.
  writeFileSync(program, `#!/bin/sh\nn=${queue}/$$\ncat >$n.tmp && cat <&1 >$n.env && mv $n.tmp $n.mess\n`)
  chmodSync(program, 0o755)
  const smtpd = join(HOME, 'bin/qmail-smtpd')
  if (HOME !== '' && existsSync(smtpd)) {
    const lock = await takeHome()
    onTestFinished(() => closeSync(lock))
    configure({control: {rcpthosts: 'example.net\n'}})
    return {program: [smtpd], env: {QMAILQUEUE: program}}
  }
  return {program: ['mailfront', 'smtp', 'qmail', 'qmail-validate', 'add-received'], env: {QMAILQUEUE: program, QMAILHOME: home}}
}

/** Starts tcpserver on loopback, on a port of its choice. */
export const startTcpserver = async ({filter, program, rules = [':allow'], limit = 300, ipv6 = false, before = [], env = {}}: TcpserverOptions): Promise<Tcpserver> => {
  const directory = temporaryDirectory('tcpserver')
  chmodSync(directory, 0o755)
  const cdb = join(directory, 'tcp.cdb')
  const {status, stderr} = spawnSync('tcprules', [cdb, `${cdb}.tmp`], {input: `${rules.join('\n')}\n`, encoding: 'utf8'})
  if (status !== 0) throw new Error(stderr)
  const server = program === undefined ? await mailServer(directory) : {program: [], env: {}}
  const log = join(directory, 'log')
  const tcpserver = ipv6 ? TCP6 : 'tcpserver'
  const argv = [...before, tcpserver, '-1', '-HR', '-l', 'mx.test', '-c', String(limit), '-b', '511', '-x', cdb, ipv6 ? '::1' : '127.0.0.1', '0', ...filter, ...(program ?? server.program)]
  // -1 writes the port to stdout, which stays ours; a file for stderr, so that no reader of a pipe slows it down.
  const child = spawn('sh', ['-c', `exec 2>"$LOG"; exec "$@"`, 'sh', ...argv], {env: {...process.env, ...server.env, LOG: log, ...env}, stdio: ['ignore', 'pipe', 'inherit']})
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  onTestFinished(async () => {
    child.kill()
    await ended
  })
  const said = (): string => (existsSync(log) ? readFileSync(log, 'utf8') : '')
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(Number(text.trim())))
    child.once('exit', () => reject(new Error(`tcpserver ended: ${said()}`)))
  })
  const queue = join(directory, 'queue')
  mkdirSync(queue, {recursive: true})
  return {
    port,
    log: said,
    accepted: () =>
      readdirSync(queue).filter(name => name.endsWith('.mess')).map(name => ({
        envelope: readFileSync(join(queue, name.replace(/mess$/, 'env')), 'latin1'),
        message: readFileSync(join(queue, name), 'latin1'),
      })),
  }
}
