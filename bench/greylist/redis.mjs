// Decisions a second through the daemon with a shared store in Redis, 32 at once: new clients, clients that come too early (both
// ask Redis each time), known ones (the cache in front), and a mix.
// Usage: node bench/greylist/redis.mjs [SECONDS] [ROUNDS]. Needs Debian's redis-server. The client program takes processor, too:
// that of daemon, Redis and client stands beside each figure, since on two cores they share them.
import {once} from 'node:events'
import {existsSync} from 'node:fs'
import {connect, createServer} from 'node:net'
import {join} from 'node:path'

import {cpuOf, folder, line, measureDisk, median, megabytes, quantile, start, startDaemon, stop, until} from './support.mjs'

const seconds = Number(process.argv[2] ?? 5)
const rounds = Number(process.argv[3] ?? 3)
const AT_ONCE = 32
const program = ['/usr/bin/redis-server', '/usr/bin/valkey-server'].find(path => existsSync(path))
if (program === undefined) throw new Error('redis-server is not on this machine')

const request = n => `request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nhelo_name=mx.example.org\nsender=sender${n}@example.org\nrecipient=user@example.net\nclient_address=${11 + (n % 180)}.${Math.floor(n / 180) % 256}.${Math.floor(n / 46_080) % 256}.9\nclient_name=mx.example.org\ninstance=${n}.${asked++}\n\n`

let asked = 0
let fresh = 1
const known = Array.from({length: 500}, (_, n) => 20_000_000 + n)
const pick = list => list[Math.floor(Math.random() * list.length)]
const early = []
const KINDS = {
  new: () => {
    early.push(fresh)
    return fresh++
  },
  'too early': () => pick(early),
  known: () => pick(known),
  'mixed: half known, three tenths new': () => {
    const dice = Math.random()
    return dice < 0.5 ? KINDS.known() : dice < 0.8 ? KINDS.new() : KINDS['too early']()
  },
}

/** Asks in a closed loop for some seconds. */
const load = async (to, which, during) => {
  const deadline = performance.now() + during * 1000
  const began = performance.now()
  const times = []
  const one = async () =>
    new Promise((resolve, reject) => {
      const socket = connect(to)
      let text = ''
      let sent = 0
      const next = () => {
        if (performance.now() > deadline) return void socket.end()
        sent = performance.now()
        socket.write(request(which()))
      }
      socket.setNoDelay(true).setEncoding('latin1').on('data', chunk => {
        text += chunk
        if (!text.endsWith('\n\n')) return
        times.push(performance.now() - sent)
        text = ''
        next()
      })
      socket.once('connect', next).once('close', resolve).once('error', reject)
    })
  await Promise.all(Array.from({length: AT_ONCE}, one))
  return {rate: (times.length * 1000) / (performance.now() - began), times}
}

const free = createServer().listen(0, '127.0.0.1')
await once(free, 'listening')
const {port: PORT} = free.address()
free.close()
const redis = start([program, '--port', String(PORT), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec'], {stdio: ['ignore', 'pipe', 'inherit']})
let said = ''
redis.stdout.on('data', chunk => (said += chunk))
await until(() => /ready to accept connections/i.test(said), 'Redis')
const policy = join(folder, 'redis.sock')
const {child: daemon} = await startDaemon('redis', ['--log', 'off', '--policy', `unix:${policy}`, '--delay', '1s', '--store', `redis://127.0.0.1:${PORT}/0`])
const to = {path: policy}
// The five hundred become known: twice, more than a second apart.
for (let twice = 0; twice < 2; twice++) {
  const socket = connect(to)
  for (const n of known) {
    socket.write(request(n))
    await once(socket, 'data')
  }
  socket.end()
  if (twice === 0) await new Promise(resolve => setTimeout(resolve, 1100))
}
await stop(daemon)
// From here on the retries are too early.
const {child} = await startDaemon('redis', ['--log', 'off', '--policy', `unix:${policy}`, '--delay', '1h', '--store', `redis://127.0.0.1:${PORT}/0`])
await load(to, KINDS.new, 1)
const figures = new Map(Object.keys(KINDS).map(name => [name, {rate: [], p99: [], daemon: [], redis: [], client: []}]))
for (let round = 0; round < rounds; round++)
  for (const [name, which] of Object.entries(KINDS)) {
    const before = {daemon: cpuOf(child.pid).own, redis: cpuOf(redis.pid).own, client: process.cpuUsage()}
    const {rate, times} = await load(to, which, seconds)
    const figure = figures.get(name)
    const client = process.cpuUsage(before.client)
    figure.rate.push(rate)
    figure.p99.push(quantile(times, 0.99))
    figure.daemon.push(((cpuOf(child.pid).own - before.daemon) * 1e6) / times.length)
    figure.redis.push(((cpuOf(redis.pid).own - before.redis) * 1e6) / times.length)
    figure.client.push((client.user + client.system) / times.length)
  }
console.log(`${AT_ONCE} at once, ${seconds} s a turn, ${rounds} rounds in turns; medians of rounds; microseconds of processor a decision\n${measureDisk().text}\n`)
line('clients', 'decisions/s', 'p99 ms', 'daemon us', 'Redis us', 'client us', 'by daemon')
for (const [name, {rate, p99, daemon: own, redis: theirs, client}] of figures)
  line(name.slice(0, 33), median(rate).toFixed(0), median(p99).toFixed(2), median(own).toFixed(0), median(theirs).toFixed(0), median(client).toFixed(0), (1e6 / median(own)).toFixed(0))
console.log(`\n"by daemon": what a core of its own would let the daemon do. RSS of the daemon ${megabytes(child.pid).toFixed(1)} MB, of Redis ${megabytes(redis.pid).toFixed(1)} MB`)
await stop(child)
await stop(redis)
