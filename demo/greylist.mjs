// The greylist part of the demo: daemon and filter, a first attempt deferred, the second accepted, and why.
import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, openSync, readFileSync} from 'node:fs'
import {connect} from 'node:net'
import {join} from 'node:path'

/** The daemon's status where SQLite is not installed. */
const SQLITE_MISSING = 69
const BIN = join(import.meta.dirname, '../bin')
const CLIENT = 'EHLO mail.example.org\r\nMAIL FROM:<alice@example.org>\r\nRCPT TO:<bob@example.net>\r\nQUIT\r\n'
// A mail server of three lines, so that the demo needs none.
const SERVER = ['sh', '-c', 'printf "220 mx.example.net ready\\r\\n"; while read -r line; do case $line in QUIT*) printf "221 bye\\r\\n"; exit;; *) printf "250 ok\\r\\n";; esac; done']

const until = async (what, done) => {
  const deadline = Date.now() + 20_000
  while (!(await done())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

const hasTcpserver = spawnSync('sh', ['-c', 'command -v tcpserver']).status === 0

/** Starts tcpserver with the filter; where it is not installed, the filter runs as tcpserver would run it. */
const mailServer = async argv => {
  if (!hasTcpserver) {
    const visit = () => spawnSync(argv[0], argv.slice(1), {input: CLIENT, encoding: 'utf8', env: {...process.env, TCPREMOTEIP: '127.0.0.1'}}).stdout
    return {shown: ['TCPREMOTEIP=127.0.0.1', ...argv], visit: async () => visit(), stop: async () => {}}
  }
  const child = spawn('tcpserver', ['-1', '-HR', '-l', 'mx.example.net', '127.0.0.1', '0', ...argv], {stdio: ['ignore', 'pipe', 'inherit']})
  const [port] = await once(child.stdout, 'data')
  const visit = async () => {
    const socket = connect({port: Number(String(port).trim()), host: '127.0.0.1'})
    let text = ''
    socket.on('data', chunk => (text += chunk))
    socket.write(CLIENT)
    await once(socket, 'close')
    return text
  }
  const stop = async () => {
    const ended = once(child, 'exit')
    child.kill()
    await ended
  }
  return {shown: ['tcpserver', '-l', 'mx.example.net', '0', 'smtp', ...argv], visit, stop}
}

/** @param demo what demo/run.mjs gives to each part */
export const greylistDemo = async ({sandbox, env, mailops, title, say}) => {
  title('greylist: the first attempt of a stranger is deferred, the second passes')
  const log = join(sandbox, 'greylist.log')
  const socket = join(env.MAILOPS_RUN_DIR, 'greylist.sock')
  const daemon = spawn(process.execPath, [join(BIN, 'run.js'), 'greylist', 'serve', '--delay', '6s', '--no-spf'], {env, stdio: ['ignore', 'ignore', openSync(log, 'w')]})
  const ended = once(daemon, 'exit')
  const isServing = () => {
    if (daemon.exitCode !== null && daemon.exitCode !== SQLITE_MISSING) throw new Error(`the daemon ended with ${daemon.exitCode}: ${readFileSync(log, 'utf8')}`)
    return daemon.exitCode !== null || (existsSync(socket) && readFileSync(log, 'utf8').includes('serving'))
  }
  await until('the daemon', isServing)
  if (daemon.exitCode === SQLITE_MISSING) {
    process.stdout.write(`\n${readFileSync(log, 'utf8')}`)
    say('Left out: npm could not build SQLite here. With a compiler it can (apt-get install g++ make python3, then npm ci).')
    return
  }
  const filter = ['mailops-greylist', '--socket', socket]
  const server = await mailServer([join(BIN, 'mailops-greylist'), ...filter.slice(1), ...SERVER])
  try {
    say(`The daemon runs: mailops greylist serve --delay 6s`)
    say(`The mail server runs: ${[...server.shown.slice(0, server.shown.indexOf('--socket') - 1), ...filter].join(' ')} /var/qmail/bin/qmail-smtpd`)
    const show = text => process.stdout.write(text.replaceAll('\r', '').replace(/^/gm, '  ').trimEnd().concat('\n'))
    say('A client comes for the first time.')
    const first = await server.visit()
    show(first)
    if (!first.includes('450 4.2.0')) throw new Error('the first attempt was not deferred')
    mailops(['greylist', 'explain', '127.0.0.1'])
    say('It comes back after the delay, as mail servers do: the filter becomes the mail server, and holds nothing.')
    let last = ''
    await new Promise(resolve => setTimeout(resolve, 6000))
    await until('the retry that passes', async () => (last = await server.visit()).includes('ready'))
    show(last)
    mailops(['greylist', 'explain', '127.0.0.1'])
    mailops(['greylist', 'stats'])
  } finally {
    await server.stop()
    daemon.kill()
    await ended
  }
}
