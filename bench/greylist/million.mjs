// A store of a million triplets: size, start to the first answer, memory after two minutes of mixed load, and the worst
// decision while half of it expires.
// Usage: node bench/greylist/million.mjs [ENTRIES] [SECONDS]. BENCH_DIR names the disk. The load is paced, 2000 requests a second
// over 8 connections (half known, three in ten new, two in ten too early), so that it is the daemon that is measured; the worst
// decisions are those of a client of its own that asks one thing at a time, with and without expiry. Last, the steps of expiry
// alone, in this process, whose length no scheduler and no client is part of.
import {statSync} from 'node:fs'
import {connect} from 'node:net'
import {join} from 'node:path'

import {openSqlite} from '../../plugins/greylist/dist/effects/sqlite/open.js'
import {cpuOf, folder, line, median, megabytes, quantile, startDaemon, stop} from './support.mjs'

const entries = Number(process.argv[2] ?? 1_000_000)
const seconds = Number(process.argv[3] ?? 120)
const RATE = 2000
const CONNECTIONS = 8
const DAY = 86_400_000
const limits = {perGroup: 4096, ipv4: 16, ipv6: 48, pending: 2_000_000}

/** The networks stand apart, so that no group is full. */
const networkOf = n => `${11 + (n % 180)}.${Math.floor(n / 180) % 256}.${Math.floor(n / 46_080) % 256}`
const pair = n => ({sender: `user${n}@example${n % 5000}.org`, recipient: `user${n % 300}@here.example`})
const request = (client, {sender, recipient}) =>
  `request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nhelo_name=mx.example.org\nsender=${sender}\nrecipient=${recipient}\nclient_address=${client}\nclient_name=mx.example.org\ninstance=${process.hrtime.bigint()}\n\n`

/** A million triplets: a quarter has passed, the rest waits; every second one is two hours old. */
const fill = async path => {
  const {store} = await openSqlite({path, limits, isResident: true})
  const now = Date.now()
  for (let from = 0; from < entries; from += 5000)
    await store.put(
      Array.from({length: Math.min(5000, entries - from)}, (_, k) => {
        const n = from + k
        const first = now - (n % 2 === 0 ? 7_200_000 : 600_000)
        const passed = n % 4 === 1 ? first + 60_000 : 0
        return {network: `${networkOf(n)}.0/24`, ...pair(n), first, last: passed || first, passed, tries: 1}
      }),
    )
  await store.close()
}

const asker = async to =>
  new Promise((resolve, reject) => {
    const socket = connect(to)
    let done = () => {}
    let text = ''
    socket.setNoDelay(true).setEncoding('latin1').on('data', chunk => {
      text += chunk
      if (!text.endsWith('\n\n')) return
      text = ''
      done()
    })
    socket.once('error', reject).once('connect', () =>
      resolve({
        ask: async (client, envelope) => new Promise(settle => {
          done = settle
          socket.write(request(client, envelope))
        }),
        end: () => socket.destroy(),
      }),
    )
  })

let fresh = entries
const question = () => {
  const dice = Math.random()
  // Passed before (n % 4 == 1), new, waiting (n % 4 == 3).
  const known = Math.floor(Math.random() * (entries / 4)) * 4
  const n = dice < 0.5 ? known + 1 : dice < 0.8 ? fresh++ : known + 3
  return [`${networkOf(n)}.${1 + (n % 200)}`, pair(n)]
}

/** Paced load for some seconds; the times, in ms, of one more client that asks one thing at a time. */
const load = async (to, during) => {
  const until_ = performance.now() + during * 1000
  const askers = await Promise.all(Array.from({length: CONNECTIONS}, async () => asker(to)))
  const began = performance.now()
  let asked = 0
  const worker = async ({ask}) => {
    while (performance.now() < until_) {
      if (asked > ((performance.now() - began) * RATE) / 1000) await new Promise(resolve => setTimeout(resolve, 1))
      else {
        asked++
        await ask(...question())
      }
    }
  }
  const single = await asker(to)
  const times = []
  const probe = async () => {
    while (performance.now() < until_) {
      const at = performance.now()
      await single.ask(...question())
      times.push(performance.now() - at)
      await new Promise(resolve => setTimeout(resolve, 2))
    }
  }
  await Promise.all([...askers.map(worker), probe()])
  for (const one of [...askers, single]) one.end()
  return {rate: (asked * 1000) / (performance.now() - began), times}
}

const shown = times => [0.5, 0.99, 0.999].map(q => quantile(times, q).toFixed(2)).concat(Math.max(...times).toFixed(2))
const db = join(folder, 'million/state/greylist/greylist.db')
const policy = join(folder, 'p.sock')
const flags = ['--log', 'off', '--policy', `unix:${policy}`, '--delay', '30m']
const began = performance.now()
await fill(db)
console.log(`${entries} triplets put in ${((performance.now() - began) / 1000).toFixed(1)} s; ${(statSync(db).size / 1e6).toFixed(1)} MB on disk, checkpointed (100 wanted)\n`)

/** From the start of the program to its answer to the first question. */
const firstAnswer = async more => {
  const at = performance.now()
  const {child} = await startDaemon('million', [...flags, ...more])
  const {ask, end} = await asker({path: policy})
  await ask('192.0.2.1', pair(0))
  end()
  return {child, ms: performance.now() - at, cpu: cpuOf(child.pid).own * 1000}
}
const starts = []
const starting = []
for (let n = 0; n < 3; n++) {
  const first = await firstAnswer([])
  starts.push(first.ms)
  starting.push(first.cpu)
  await stop(first.child)
}
const {child} = await firstAnswer([])
console.log(`start to the first answer: ${starts.map(one => (one / 1000).toFixed(2)).join(' ')} s (0.5 wanted), of it ${median(starting).toFixed(0)} ms of processor`)
const cpu = cpuOf(child.pid).own
const calm = await load({path: policy}, seconds)
console.log(`after ${seconds} s of ${calm.rate.toFixed(0)} requests a second: ${megabytes(child.pid).toFixed(1)} MB RSS, at most ${megabytes(child.pid, 'VmHWM').toFixed(1)} (80 wanted); ${(((cpuOf(child.pid).own - cpu) * 1e6) / (calm.rate * seconds)).toFixed(0)} us of processor a decision\n`)
await stop(child)
// What is older than an hour is over: half of the million.
const {child: expiring} = await firstAnswer(['--window', '1h'])
const busy = await load({path: policy}, seconds)
console.log(`while ${entries / 2} expire: ${megabytes(expiring.pid).toFixed(1)} MB RSS`)
line('one decision, ms', 'p50', 'p99', 'p99.9', 'worst')
line('without expiry', ...shown(calm.times))
line('with expiry', ...shown(busy.times))
await stop(expiring)

const {store} = await openSqlite({path: db, limits, isResident: true})
const now = Date.now() + 3 * DAY
const steps = []
const work = []
for (let isDone = false; !isDone; ) {
  const at = performance.now()
  const before = process.cpuUsage()
  ;({done: isDone} = await store.sweep({now, window: DAY, keep: 36 * DAY}))
  steps.push(performance.now() - at)
  const {user, system} = process.cpuUsage(before)
  work.push((user + system) / 1000)
  await new Promise(resolve => setImmediate(resolve))
}
await store.close()
console.log(`\nsteps of expiry alone: ${steps.length}, p50 ${median(steps).toFixed(2)}, p99 ${quantile(steps, 0.99).toFixed(2)}, p99.9 ${quantile(steps, 0.999).toFixed(2)}, worst ${Math.max(...steps).toFixed(2)} ms (20 wanted); of processor p99.9 ${quantile(work, 0.999).toFixed(2)}, worst ${Math.max(...work).toFixed(2)} ms`)
