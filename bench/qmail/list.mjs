// Listing a whole queue as JSON against find and cat, which read the same files and understand nothing.
// Usage: node bench/qmail/list.mjs [MESSAGES] [ROUNDS]. Whole processes, warm caches, output into a file; the ways take
// turns, so that a busy machine troubles all of them alike. Prints medians of wall and CPU time, ratios, and the peak
// memory of ours. CPU time is what counts where others work too, or drop the caches meanwhile.
import {spawnSync} from 'node:child_process'
import {closeSync, openSync} from 'node:fs'
import {cpus} from 'node:os'
import {join} from 'node:path'

import {filledQueue, fileSystem, median} from './support.mjs'

const [count = '100000', rounds = '5'] = process.argv.slice(2)
const messages = Number(count)
const CLI = join(import.meta.dirname, '../../bin/run.js')
const PEAK = 'data:text/javascript,process.on("exit",()=>process.stderr.write("peak "+process.resourceUsage().maxRSS+"\\n"))'

const {at, kind, dispose} = fileSystem(Math.ceil((messages * 24) / 1024) + 400)
process.on('exit', dispose)
// Channel files are due in the future, so relatime would make every cat write; without it the peer is at its best.
spawnSync('mount', ['-o', 'remount,noatime', at])
const queue = filledQueue(at, messages).dir
const output = join(at, 'output')

const SHELL = '"$@"; status=$?; times >&2; exit $status'

/** User and system seconds of a shell's children, from the second line of its `times`. */
const cpuOf = said => {
  const children = /^\d+m[\d.]+s \d+m[\d.]+s\n(\d+)m([\d.]+)s (\d+)m([\d.]+)s$/m.exec(said).slice(1).map(Number)
  return children[0] * 60 + children[1] + children[2] * 60 + children[3]
}

/** Runs programs one after the other, their output into a file; gives wall and CPU seconds, and what the last one said. */
const timed = commands => {
  const fd = openSync(output, 'w')
  const began = performance.now()
  let said = ''
  let cpu = 0
  for (const command of commands) {
    const {status, stderr, error} = spawnSync('sh', ['-c', SHELL, 'sh', ...command], {stdio: ['ignore', fd, 'pipe'], encoding: 'utf8'})
    if (status !== 0) throw new Error(`${command[0]}: ${error?.message ?? stderr}`)
    said = stderr
    cpu += cpuOf(stderr)
  }
  const seconds = (performance.now() - began) / 1000
  closeSync(fd)
  return {seconds, cpu, said}
}

const list = (...flags) => [[process.execPath, '--import', PEAK, CLI, 'qmail', 'list', '--queue', queue, '--json', '--quiet', ...flags]]
const ways = {
  'find -printf, find -exec cat {} +': [
    ['find', queue, '-type', 'f', '-printf', '%i %s %T@\n'],
    ['find', ...['info', 'local', 'remote'].map(part => join(queue, part)), '-type', 'f', '-exec', 'cat', '{}', '+'],
  ],
  'list --json': list(),
  'list --json --columns subject': list('--columns', 'subject'),
  'list --json --sort sender': list('--sort', 'sender'),
  'node -e 0': [[process.execPath, '-e', '0']],
  'list --json of one id (start-up)': list('--id', '1'),
}

const runs = Object.fromEntries(Object.keys(ways).map(name => [name, []]))
const peaks = {}
for (let round = 0; round <= Number(rounds); round++)
  for (const [name, commands] of Object.entries(ways)) {
    const run = timed(commands)
    // The first round warms the caches.
    if (round > 0) runs[name].push(run)
    const peak = /^peak (\d+)$/m.exec(run.said)
    if (peak) peaks[name] = Math.max(peaks[name] ?? 0, Number(peak[1]))
  }

const of = (name, what) => median(runs[name].map(run => run[what]))
const PEER = Object.keys(ways)[0]
const cells = texts => texts.map((text, index) => (index === 0 ? text.padEnd(36) : text.padStart(9))).join('')
console.log(`${messages} messages on ${kind}, ${rounds} rounds, ${cpus().length} CPUs, Node ${process.version}`)
console.log(cells(['way', 'wall s', 'ratio', 'CPU s', 'ratio', 'peak MB']))
for (const name of Object.keys(ways)) {
  const times = ['seconds', 'cpu'].flatMap(what => [of(name, what), of(name, what) / of(PEER, what)])
  console.log(cells([name, ...times.map(time => time.toFixed(2)), peaks[name] === undefined ? '' : (peaks[name] / 1024).toFixed(0)]))
}
