// Marking under a running qmail-send: messages a second, with a trash and without. Usage: node bench/qmail/live.mjs [MESSAGES] [RUNS]
// Beside it: find -delete of the same files, the peer of the purge benchmarks. A stand-in holds lock/sendmutex; what a real qmail-send then takes to end the messages is not measured.
import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {rmSync} from 'node:fs'
import {join} from 'node:path'

import {liveChange} from '../../plugins/qmail/dist/effects/live/live-args.js'
import {liveHandler} from '../../plugins/qmail/dist/effects/live/handler.js'
import {openQueue, selectMessages} from '../../plugins/qmail/dist/effects/reading/index.js'
import {compileSelection} from '../../plugins/qmail/dist/selection/compile.js'
import {filledQueue, fileSystem, median, timed} from './support.mjs'

const count = Number(process.argv[2] ?? 30_000)
const runs = Number(process.argv[3] ?? 3)

const holdLock = async dir => {
  const child = spawn('flock', ['-x', '--no-fork', join(dir, 'lock/sendmutex'), 'sh', '-c', 'echo held; exec sleep 1000'], {stdio: ['ignore', 'pipe', 'inherit']})
  await once(child.stdout, 'data')
  return async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}

const rates = {trash: [], 'no-trash': []}
const cpu = {trash: [], 'no-trash': []}
const peers = []

/** The peer takes the messages away, which for a live purge is qmail-send's part. */
const findDelete = dir => {
  const began = performance.now()
  const parts = ['mess', 'info', 'local', 'remote', 'bounce'].map(part => join(dir, part))
  spawnSync('find', [...parts, '-type', 'f', '-delete'], {stdio: 'inherit'})
  return (performance.now() - began) / 1000
}

const {at, kind, dispose} = fileSystem(Math.ceil(count / 30) + 400)
try {
  for (let run = 0; run < runs; run++)
    for (const how of Object.keys(rates)) {
      // What is in todo waits for preprocessing: that is qmail-send's time, not ours.
      const filled = filledQueue(at, count, {shape: {todo: 0}, seed: run + 1})
      const release = await holdLock(filled.dir)
      const queue = openQueue(filled.dir)
      const {snapshot, bytes} = await selectMessages(queue, compileSelection({}, filled.now))
      const keep = how === 'trash'
      const args = {queue: queue.path, layout: queue.layout, token: `${run}${how}`, keep, only: false, offline: false, stop: false, messages: snapshot.length, bytes}
      const {result, seconds, cpuSeconds} = await timed(at, filled, liveChange(args, {summary: 'bench'}), liveHandler({queue, snapshot, flush: false}))
      if (result.marked !== count) throw new Error(`marked ${result.marked} of ${count}`)
      rates[how].push(count / seconds)
      cpu[how].push(count / cpuSeconds)
      await release()
      rmSync(join(filled.dir, '.mailops-trash'), {recursive: true, force: true})
      if (keep) peers.push(count / findDelete(filled.dir))
      rmSync(filled.dir, {recursive: true})
    }
} finally {
  dispose()
}
for (const [how, list] of Object.entries(rates))
  console.log(JSON.stringify({bench: 'qmail live purge', how, messages: count, fileSystem: kind, messagesPerSecond: Math.round(median(list)), messagesPerCpuSecond: Math.round(median(cpu[how])), runs: list.map(Math.round), findDeletePerSecond: Math.round(median(peers))}))
