// Policy requests a second over 8 connections, new and known clients, on a real disk: ours (log off and on), postgrey, sqlgrey.
// Usage: node bench/greylist/policy.mjs [SECONDS] [ROUNDS]. Needs Debian's postgrey, sqlgrey and libdbd-sqlite3-perl for the peers.
// The servers run all the while and take turns; BENCH_DIR names the disk. postgrey syncs every request and sqlgrey every write,
// so the ratio rests on the disk: its time for a sync is measured and printed; FSYNC_MS=N makes it at least N ms for all servers.
import {once} from 'node:events'
import {existsSync, mkdirSync, writeFileSync, openSync} from 'node:fs'
import {connect} from 'node:net'
import {join} from 'node:path'
import {spawnSync} from 'node:child_process'

import {answers, cpuOf, folder, line, measureDisk, median, quantile, start, startDaemon, stop, until} from './support.mjs'

const seconds = Number(process.argv[2] ?? 4)
const rounds = Number(process.argv[3] ?? 3)
const CONNECTIONS = 8
const disk = measureDisk()

const request = n => `request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nhelo_name=mx.example.org\nqueue_id=\nsender=sender${n}@example.org\nrecipient=user@example.net\nrecipient_count=0\nclient_address=10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}\nclient_name=mx.example.org\nreverse_client_name=mx.example.org\ninstance=${n}.1\nsasl_method=\nsasl_username=\nsasl_sender=\nsize=0\n\n`

let fresh = 1
/** Asks in a closed loop over all connections for some seconds; gives requests a second and the times in ms. */
const load = async (to, {known}) => {
  const deadline = performance.now() + seconds * 1000
  const began = performance.now()
  const times = []
  let actions = ''
  const one = async () =>
    new Promise((resolve, reject) => {
      const socket = connect(to)
      let sent = 0
      let n = 0
      const next = () => {
        if (performance.now() > deadline) return void socket.end()
        n = known ? 1 + ((n + 7) % 500) : fresh++
        sent = performance.now()
        socket.write(request(n))
      }
      let text = ''
      socket.setNoDelay(true).setEncoding('latin1').on('data', chunk => {
        text += chunk
        if (!text.endsWith('\n\n')) return
        times.push(performance.now() - sent)
        if (actions === '') actions = text.trim()
        text = ''
        next()
      })
      socket.once('connect', next).once('close', resolve).once('error', reject)
    })
  await Promise.all(Array.from({length: CONNECTIONS}, one))
  return {rate: (times.length * 1000) / (performance.now() - began), times, actions}
}

const server = async (name, argv, to, options) => {
  const child = start(argv, {...options, env: {...process.env, ...disk.env}})
  await until(() => answers(to), name)
  return {name, to, child}
}

const startPostgrey = async () => {
  if (!existsSync('/usr/sbin/postgrey')) return null
  mkdirSync(join(folder, 'postgrey'))
  spawnSync('chown', ['-R', 'postgrey', join(folder, 'postgrey')])
  spawnSync('chmod', ['755', folder])
  return server('postgrey', ['/usr/sbin/postgrey', '--inet=127.0.0.1:19023', `--dbdir=${join(folder, 'postgrey')}`, '--delay=1', '--auto-whitelist-clients=0', '--quiet'], {port: 19_023, host: '127.0.0.1'}, {stdio: 'ignore'})
}

const startSqlgrey = async () => {
  if (!existsSync('/usr/sbin/sqlgrey')) return null
  const at = join(folder, 'sqlgrey')
  mkdirSync(at)
  spawnSync('chown', ['-R', 'sqlgrey', at])
  const conf = join(at, 'sqlgrey.conf')
  writeFileSync(conf, `loglevel = 0\nlog_override =\ninet = 19024\nreconnect_delay = 0\nmax_connect_age = 24\nconnect_src_throttle = 0\ndb_type = SQLite\ndb_name = ${at}/sqlgrey.db\ndb_cleandelay = 86400\nclean_method = sync\nprepend = 0\npidfile = ${at}/pid\n`)
  return server('sqlgrey', ['/usr/sbin/sqlgrey', '-f', conf], {port: 19_024, host: '127.0.0.1'}, {stdio: ['ignore', 'ignore', openSync(join(at, 'log'), 'w')]})
}

const startOurs = async (name, flags) => {
  const path = join(folder, `${name.replaceAll(/\W/g, '')}.sock`)
  const {child} = await startDaemon(name.replaceAll(/\W/g, ''), ['--policy', `unix:${path}`, '--delay', '1s', ...flags], disk.env)
  return {name, to: {path}, child}
}

const servers = [
  await startOurs('mailops, log off', ['--log', 'off']),
  await startOurs('mailops, log to a file', ['--log', 'json']),
  await startPostgrey(),
  await startSqlgrey(),
].filter(one => one !== null)
const figures = new Map(servers.map(({name}) => [name, {new: [], known: [], p99: {new: [], known: []}, cpu: {new: [], known: []}, actions: {}}]))
for (const {to} of servers) {
  // The five hundred become known: twice, more than a second apart.
  for (let twice = 0; twice < 2; twice++) {
    const socket = connect(to)
    for (let n = 1; n <= 500; n++) {
      socket.write(request(n))
      await once(socket, 'data')
    }
    socket.end()
    if (twice === 0) await new Promise(resolve => setTimeout(resolve, 2200))
  }
}
fresh = 100_000
for (let round = 0; round < rounds; round++)
  for (const {name, to, child} of servers)
    for (const kind of ['new', 'known']) {
      const before = cpuOf(child.pid).own
      const {rate, times, actions} = await load(to, {known: kind === 'known'})
      const figure = figures.get(name)
      figure[kind].push(rate)
      figure.p99[kind].push(quantile(times, 0.99))
      figure.cpu[kind].push(((cpuOf(child.pid).own - before) * 1e6) / times.length)
      figure.actions[kind] = actions
    }
console.log(`${CONNECTIONS} connections, ${seconds} s a turn, ${rounds} rounds in turns; medians of rounds`)
console.log(`${disk.text}\n`)
line('server', 'new/s', 'p99 ms', 'CPU us', 'known/s', 'p99 ms', 'CPU us')
for (const [name, {new: fresh_, known, p99, cpu}] of figures)
  line(name, median(fresh_).toFixed(0), median(p99.new).toFixed(2), median(cpu.new).toFixed(0), median(known).toFixed(0), median(p99.known).toFixed(2), median(cpu.known).toFixed(0))
const ours = figures.get('mailops, log off')
for (const peer of ['postgrey', 'sqlgrey']) {
  const figure = figures.get(peer)
  if (figure === undefined) console.log(`${peer} is not on this machine`)
  else console.log(`against ${peer}: new ${(median(ours.new) / median(figure.new)).toFixed(0)} x, known ${(median(ours.known) / median(figure.known)).toFixed(0)} x`)
}
for (const [name, {actions}] of figures) console.log(`# ${name}: new: ${actions.new}; known: ${actions.known}`)
for (const {child} of servers) await stop(child, 'SIGTERM')
