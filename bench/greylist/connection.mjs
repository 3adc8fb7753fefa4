// What a connection of a known client costs: nothing in between, our filter in C and in Perl, a Perl wrapper of qgreylist's kind.
// Usage: node bench/greylist/connection.mjs [CONNECTIONS] [ROUNDS]. The ways take turns. Processor time is that of tcpserver,
// its children and the daemon, not that of the client. Then: what a deferred and an accepted client hold.
import {mkdirSync, readdirSync, readFileSync, readlinkSync} from 'node:fs'
import {connect} from 'node:net'
import {join} from 'node:path'
import {spawnSync} from 'node:child_process'

import {compile, cpuOf, folder, line, median, megabytes, ROOT, startDaemon, startTcpserver, stop, until} from './support.mjs'

const connections = Number(process.argv[2] ?? 200)
const rounds = Number(process.argv[3] ?? 5)
const FILTER = join(ROOT, 'plugins/greylist/filter')
const child = compile(join(import.meta.dirname, 'child.c'), 'child')
for (const form of ['c', 'perl']) spawnSync(join(FILTER, 'build.sh'), [...(form === 'perl' ? ['--perl'] : []), join(folder, form)], {stdio: ['ignore', 'ignore', 'inherit']})

/** One client: milliseconds to the greeting. */
const visit = async port =>
  new Promise((resolve, reject) => {
    const began = performance.now()
    const socket = connect({port, host: '127.0.0.1'})
    let ms
    socket.once('data', () => {
      ms = performance.now() - began
      socket.end('QUIT\r\n')
    })
    socket.once('close', () => (ms === undefined ? reject(new Error('no greeting')) : resolve(ms)))
    socket.once('error', reject)
  })

const {child: daemon, socket} = await startDaemon('known', ['--delay', '0s', '--log', 'off'])
mkdirSync(join(folder, 'files'))
const ways = {
  none: [child],
  'mailops-greylist (C)': [join(folder, 'c'), '--socket', socket, child],
  'mailops-greylist (Perl)': [join(folder, 'perl'), '--socket', socket, child],
  'Perl wrapper, file a network': [join(import.meta.dirname, 'wrapper.pl'), child],
}
const servers = {}
for (const [name, argv] of Object.entries(ways)) {
  servers[name] = await startTcpserver(argv, {GREYLIST_DIR: join(folder, 'files')})
  // The first makes the client known.
  for (let i = 0; i < 5; i++) await visit(servers[name].port).catch(() => {})
}
const figures = Object.fromEntries(Object.keys(ways).map(name => [name, {cpu: [], p50: []}]))
for (let round = 0; round < rounds; round++)
  for (const name of Object.keys(ways)) {
    const {child: {pid}, port} = servers[name]
    const before = cpuOf(pid).all + cpuOf(daemon.pid).own
    const times = []
    for (let i = 0; i < connections; i++) times.push(await visit(port))
    figures[name].cpu.push(((cpuOf(pid).all + cpuOf(daemon.pid).own - before) * 1000) / connections)
    figures[name].p50.push(median(times))
  }
console.log(`${connections} connections a round, ${rounds} rounds in turns; medians of rounds\n`)
line('way', 'CPU ms', 'of wrapper', 'p50 ms', 'x none')
const peer = median(figures['Perl wrapper, file a network'].cpu)
const none = median(figures['none'].p50)
for (const [name, {cpu, p50}] of Object.entries(figures)) line(name, median(cpu).toFixed(2), `1/${(peer / median(cpu)).toFixed(1)}`, median(p50).toFixed(2), (median(p50) / none).toFixed(2))
for (const {child: server} of Object.values(servers)) await stop(server)
await stop(daemon)

const childrenOf = pid => readdirSync('/proc').filter(name => /^\d+$/.test(name)).filter(name => {
  try {
    return Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, 'latin1'))?.[1]) === pid
  } catch {
    return false // ended meanwhile
  }
})
const held = async (argv, count) => {
  const server = await startTcpserver(argv)
  const sockets = Array.from({length: count}, () => connect({port: server.port, host: '127.0.0.1'}))
  let greeted = 0
  for (const one of sockets) one.once('data', () => greeted++)
  await until(() => greeted === count, 'greetings')
  const pids = childrenOf(server.child.pid)
  const result = {rss: median(pids.map(pid => megabytes(pid))), programs: [...new Set(pids.map(pid => readlinkSync(`/proc/${pid}/exe`).split('/').pop()))].join(' ')}
  for (const one of sockets) one.destroy()
  await stop(server.child)
  return result
}
console.log('\nheld by a client that is connected (20 of them)')
line('way', 'RSS MB', 'program')
const strict = await startDaemon('strict', ['--delay', '1h', '--log', 'off'])
const lax = await startDaemon('lax', ['--learning', '--log', 'off'])
for (const form of ['c', 'perl']) {
  const deferred = await held([join(folder, form), '--socket', strict.socket, child], 20)
  line(`deferred, ${form}`, deferred.rss.toFixed(2), deferred.programs)
  const accepted = await held([join(folder, form), '--socket', lax.socket, child], 20)
  line(`accepted, ${form}`, accepted.rss.toFixed(2), accepted.programs)
}
const plain = await held([child], 20)
line('accepted, no filter', plain.rss.toFixed(2), plain.programs)
await stop(strict.child)
await stop(lax.child)
