// Purging a whole queue offline against `find -delete` and, for a small one, the recipe `find ... -exec rm {} \;`.
// Usage: node bench/qmail/purge.mjs [MESSAGES] [ROUNDS] [--cold]. Root: each measurement gets its own copy of one ext4 image.
// Whole processes, the final sync included; the ways take turns, so that a busy machine troubles all of them alike.
import {spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {cpus, tmpdir} from 'node:os'
import {join} from 'node:path'
import {parseArgs} from 'node:util'

import {createQueue, fillQueue} from '../../test/support/queue/index.js'

const {values: {cold}, positionals: [count = '100000', rounds = '3']} = parseArgs({allowPositionals: true, options: {cold: {type: 'boolean'}}})
const messages = Number(count)
// An installed mailops starts faster than a checkout, which has no oclif.manifest.json: name its bin/run.js.
const CLI = process.env['MAILOPS_BIN'] ?? join(import.meta.dirname, '../../bin/run.js')
const RECIPE_MOST = 5_000

const base = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'mailops-bench-'))
const mount = join(base, 'mount')
const queue = join(mount, 'queue')
const original = join(base, 'original')
const copy = join(base, 'copy')

const must = (command, args, options = {}) => {
  const {status, stderr, error} = spawnSync(command, args, {encoding: 'utf8', ...options})
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`)
  return stderr
}

/** Runs a program and gives the CPU seconds that it and its children took, in user and kernel mode. */
const cpuOf = (command, args, options) => {
  const stderr = must('bash', ['-c', 'TIMEFORMAT="%U %S"; time "$@"', 'time', command, ...args], options)
  return stderr.trim().split('\n').at(-1).split(' ').reduce((sum, part) => sum + Number(part), 0)
}

const purge = (...flags) => () =>
  cpuOf(process.execPath, [CLI, 'qmail', 'purge', '--queue', queue, '--all', '--yes', '--quiet', '--method', 'offline', ...flags], {
    env: {...process.env, MAILOPS_STATE_DIR: join(mount, 'state'), MAILOPS_RUN_DIR: join(base, 'run')},
  })

const ways = {
  'find -delete': () => cpuOf('find', [queue, '-delete']),
  'purge --no-trash': purge('--no-trash'),
  'purge (trash)': purge(),
  ...(messages <= RECIPE_MOST && {
    'find -exec rm {} \\;': () =>
      cpuOf('find', [...['mess', 'info', 'local', 'intd', 'todo', 'remote'].map(part => join(queue, part)), '-type', 'f', '-exec', 'rm', '{}', ';']),
  }),
}

const makeImage = () => {
  // A message needs up to five inodes, and its trash no more than directories.
  const bytes = Math.ceil((messages * 24 + 400_000) / 1024) * 2 ** 20
  must('truncate', ['-s', String(bytes), original])
  must('mkfs.ext4', ['-q', '-F', '-m', '0', '-N', String(messages * 5 + 20_000), '-O', 'has_journal', '-E', 'lazy_itable_init=0,lazy_journal_init=0', original])
  must('mount', ['-o', 'loop', original, mount])
  try {
    fillQueue(createQueue(queue), messages)
  } finally {
    must('umount', [mount])
  }
}

/** Seconds that one way takes on a copy of the tree, and of these seconds of CPU. */
const measure = work => {
  must('cp', ['--sparse=always', original, copy])
  must('mount', ['-o', 'loop', copy, mount])
  try {
    must('sync', [])
    if (cold) writeFileSync('/proc/sys/vm/drop_caches', '3')
    // Every directory entry and every inode.
    else must('find', [queue, '-printf', '%i %s %T@\n'], {stdio: ['ignore', 'ignore', 'pipe']})
    const began = performance.now()
    const cpu = work()
    must('sync', ['-f', mount])
    return {wall: (performance.now() - began) / 1000, cpu}
  } finally {
    must('umount', [mount])
    rmSync(copy)
  }
}

const median = numbers => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]
const PEER = 'find -delete'

try {
  mkdirSync(mount)
  makeImage()
  const taken = Object.fromEntries(Object.keys(ways).map(name => [name, []]))
  for (let round = 0; round < Number(rounds); round++)
    for (const [name, work] of Object.entries(ways)) {
      const {wall, cpu} = measure(work)
      taken[name].push({wall, cpu})
      process.stderr.write(`round ${round + 1}: ${name}: ${wall.toFixed(2)} s, ${cpu.toFixed(2)} s of CPU\n`)
    }
  console.log(`${messages} messages, ${cold ? 'cold' : 'warm'} cache, ${rounds} rounds, Node ${process.version}, ${cpus().length} CPUs; medians, sync included`)
  for (const [name, times] of Object.entries(taken)) {
    // Of each round by itself, since on a busy machine the rounds differ more than the ways do.
    const ratio = what => median(times.map((time, round) => time[what] / taken[PEER][round][what])).toFixed(2)
    const seconds = what => median(times.map(time => time[what])).toFixed(2).padStart(8)
    console.log(`${name.padEnd(22)} ${seconds('wall')} s = ${ratio('wall')} x ${PEER}; ${seconds('cpu')} s of CPU = ${ratio('cpu')} x`)
  }
  const recipe = taken['find -exec rm {} \\;']
  const faster = way => median(recipe.map(({wall}, round) => wall / taken[way][round].wall)).toFixed(1)
  if (recipe !== undefined) console.log(`the recipe takes ${faster('purge --no-trash')} times as long as purge --no-trash, ${faster('purge (trash)')} times as long as purge`)
} finally {
  rmSync(base, {recursive: true, force: true})
}
