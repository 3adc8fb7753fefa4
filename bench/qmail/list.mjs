// Listing a whole queue as JSON against find and cat, which read the same files and understand nothing.
// Usage: node bench/qmail/list.mjs [MESSAGES] [ROUNDS]. Whole processes, warm caches, output into a file; the ways take
// turns, so that a busy machine troubles all of them alike. Prints medians, ratios and the peak memory of ours.
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

/** Runs programs one after the other, their output into a file; gives seconds and what the last said on stderr. */
const timed = commands => {
  const fd = openSync(output, 'w')
  const began = performance.now()
  let said = ''
  for (const [command, ...args] of commands) {
    const {status, stderr, error} = spawnSync(command, args, {stdio: ['ignore', fd, 'pipe'], encoding: 'utf8'})
    if (status !== 0) throw new Error(`${command}: ${error?.message ?? stderr}`)
    said = stderr
  }
  const seconds = (performance.now() - began) / 1000
  closeSync(fd)
  return {seconds, said}
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

const seconds = Object.fromEntries(Object.keys(ways).map(name => [name, []]))
const peaks = {}
for (let round = 0; round <= Number(rounds); round++)
  for (const [name, commands] of Object.entries(ways)) {
    const run = timed(commands)
    // The first round warms the caches.
    if (round > 0) seconds[name].push(run.seconds)
    const peak = /^peak (\d+)$/m.exec(run.said)
    if (peak) peaks[name] = Math.max(peaks[name] ?? 0, Number(peak[1]))
  }

const peer = median(seconds['find -printf, find -exec cat {} +'])
console.log(`${messages} messages on ${kind}, ${rounds} rounds, ${cpus().length} CPUs, Node ${process.version}`)
console.log(`${'way'.padEnd(36)}${'seconds'.padStart(8)}${'ratio'.padStart(7)}${'peak MB'.padStart(9)}`)
for (const [name, all] of Object.entries(seconds)) {
  const peak = peaks[name] === undefined ? '' : (peaks[name] / 1024).toFixed(0)
  console.log(`${name.padEnd(36)}${median(all).toFixed(2).padStart(8)}${(median(all) / peer).toFixed(2).padStart(7)}${peak.padStart(9)}`)
}
