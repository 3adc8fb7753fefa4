// A private, running Postfix: own configuration, queue and port, nothing of the system's; for tests and benchmarks
// @ts-check
import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync, chmodSync} from 'node:fs'
import {connect, createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

/**
 * @typedef {object} PrivatePostfix
 * @property {string} directory of main.cf
 * @property {number} port of its smtpd
 * @property {(name: string, text: string) => string} map writes a table, gives its path
 * @property {(recipients: readonly string[]) => Promise<{codes: number[], pid: number, anonymous: number}>} session
 *   one SMTP session with so many RCPT TO; what smtpd held at its end, in bytes
 * @property {(program: string) => number[]} processes
 * @property {() => Promise<void>} close
 */

/** Why there can be none here; undefined when there can. @returns {string | undefined} */
export const whyNoPostfix = () => {
  const missing = process.getuid?.() !== 0 ? 'needs root' : spawnSync('postconf', ['-d', 'mail_version']).status === 0 ? undefined : 'needs postfix'
  if (missing !== undefined && process.env['CI'] === 'true') throw new Error(`CI must have a Postfix to start: ${missing}`)
  return missing
}

const postconf = (/** @type {string[]} */ ...args) => {
  const {status, stdout, stderr} = spawnSync('postconf', args, {encoding: 'utf8'})
  if (status !== 0) throw new Error(`postconf ${args.join(' ')}: ${stderr}`)
  return stdout.trim()
}

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const {port} = /** @type {import('node:net').AddressInfo} */ (server.address())
  server.close()
  await once(server, 'close')
  return port
}

const MASTER = (/** @type {number} */ port) => `
127.0.0.1:${port} inet n - n - 4 smtpd
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
proxymap  unix - - n - - proxymap
anvil     unix - - n - 1 anvil
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
postlog   unix-dgram n - n - 1 postlogd
`

const OWNED = ['active', 'bounce', 'corrupt', 'defer', 'deferred', 'flush', 'hold', 'incoming', 'private', 'saved', 'trace']

/** Makes the queue directory as postfix-script would. @param {string} spool */
const makeSpool = spool => {
  const id = (/** @type {string} */ flag, /** @type {string} */ name) => Number(spawnSync('id', [flag, name], {encoding: 'utf8'}).stdout)
  const uid = id('-u', 'postfix')
  const gid = Number(/:(\d+):/.exec(spawnSync('getent', ['group', 'postdrop'], {encoding: 'utf8'}).stdout)?.[1])
  mkdirSync(spool, {mode: 0o755})
  for (const name of [...OWNED, 'pid', 'public', 'maildrop']) mkdirSync(join(spool, name), {mode: 0o700})
  for (const name of OWNED) chownSync(join(spool, name), uid, 0)
  chmodSync(join(spool, 'pid'), 0o755)
  chownSync(join(spool, 'public'), uid, gid)
  chmodSync(join(spool, 'public'), 0o710)
  chownSync(join(spool, 'maildrop'), uid, gid)
  chmodSync(join(spool, 'maildrop'), 0o730)
  mkdirSync(`${spool}-data`, {mode: 0o700})
  chownSync(`${spool}-data`, uid, 0)
}

/**
 * Starts a Postfix with these settings on top.
 * @param {(map: (name: string, text: string) => string) => string} settings lines of main.cf; `map` writes a table
 * @returns {Promise<PrivatePostfix>}
 */
export const startPostfix = async settings => {
  const directory = mkdtempSync(join(tmpdir(), 'mailops-private-postfix-'))
  chmodSync(directory, 0o755)
  const spool = join(directory, 'spool')
  makeSpool(spool)
  const map = (/** @type {string} */ name, /** @type {string} */ text) => {
    const path = join(directory, name)
    writeFileSync(path, text, 'latin1')
    // A table written just now would be read again until Postfix is sure of it.
    utimesSync(path, 1_000_000_000, 1_000_000_000)
    return path
  }
  const port = await freePort()
  const main = [
    'compatibility_level = 3.6', 'myhostname = mx.example.com', 'mydestination = lists.example.com', 'inet_protocols = ipv4',
    'inet_interfaces = 127.0.0.1', 'mynetworks = 127.0.0.0/8', 'smtputf8_enable = no', 'alias_maps =', 'alias_database =',
    'local_transport = discard', 'default_transport = discard', 'smtpd_error_sleep_time = 0', 'smtpd_hard_error_limit = 10000',
    'smtpd_recipient_restrictions = permit_mynetworks, reject', 'smtpd_delay_reject = no',
    `queue_directory = ${spool}`, `data_directory = ${spool}-data`, `maillog_file = ${directory}/log`, `maillog_file_prefixes = ${directory}`,
    settings(map), '',
  ]
  writeFileSync(join(directory, 'main.cf'), main.join('\n'))
  writeFileSync(join(directory, 'master.cf'), MASTER(port))
  const daemons = postconf('-c', directory, '-h', 'daemon_directory')
  const master = spawn(join(daemons, 'master'), ['-c', directory, '-d'], {
    detached: true, stdio: ['ignore', 'ignore', 'ignore'], env: {...process.env, MAIL_CONFIG: directory, MAIL_LOGTAG: 'postfix'},
  })
  const ended = once(master, 'exit')
  const close = async () => {
    master.kill('SIGTERM')
    await ended
    rmSync(directory, {recursive: true, force: true})
  }
  const processes = (/** @type {string} */ program) => childrenOf(master.pid ?? -1).filter(pid => commandOf(pid) === program)
  try {
    await listening(port, () => master.exitCode === null, () => existsSync(join(directory, 'log')) ? readFileSync(join(directory, 'log'), 'utf8') : '')
  } catch (error) {
    await close()
    throw error
  }
  /** @type {PrivatePostfix['session']} */
  const session = async recipients => smtpSession(port, recipients, () => processes('smtpd'))
  return {directory, port, map, session, processes, close}
}

const childrenOf = (/** @type {number} */ parent) =>
  readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(Number).filter(pid => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent
    } catch {
      return false // it has ended
    }
  })

const commandOf = (/** @type {number} */ pid) => {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1').trim()
  } catch {
    return '' // it has ended
  }
}

const WAIT_MS = 20_000

/** @param {number} port @param {() => boolean} alive @param {() => string} log */
const listening = async (port, alive, log) => {
  const end = performance.now() + WAIT_MS
  // A connection to find out would make master(8) start an smtpd that no session of ours is in.
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A `
  for (;;) {
    if (readFileSync('/proc/net/tcp', 'latin1').includes(wanted)) return
    if (!alive() || performance.now() > end) throw new Error(`the private Postfix does not listen: ${log()}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** @param {number} port @param {readonly string[]} recipients @param {() => number[]} smtpds */
const smtpSession = async (port, recipients, smtpds) => {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1')
  let buffer = ''
  /** @type {((line: string) => void) | undefined} */
  let wanted
  socket.on('data', chunk => {
    buffer += chunk
    for (let at = buffer.indexOf('\r\n'); at >= 0; at = buffer.indexOf('\r\n')) {
      const line = buffer.slice(0, at)
      buffer = buffer.slice(at + 2)
      if (/^\d{3} /.test(line)) wanted?.(line)
    }
  })
  const reply = () => new Promise((/** @type {(line: string) => void} */ resolve, reject) => {
    wanted = resolve
    socket.once('error', reject).once('close', () => reject(new Error('smtpd hung up')))
  })
  socket.setMaxListeners(0)
  const ask = async (/** @type {string} */ line) => {
    const answer = reply()
    socket.write(`${line}\r\n`)
    return Number((await answer).slice(0, 3))
  }
  try {
    await reply()
    await ask('EHLO client.example.org')
    await ask('MAIL FROM:<sender@example.org>')
    const codes = []
    for (const recipient of recipients) codes.push(await ask(`RCPT TO:<${recipient}>`))
    const [pid] = smtpds()
    if (pid === undefined) throw new Error('no smtpd runs')
    const anonymous = Number(/^Anonymous:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1]) * 1024
    await ask('QUIT')
    return {codes, pid, anonymous}
  } finally {
    socket.destroy()
  }
}
