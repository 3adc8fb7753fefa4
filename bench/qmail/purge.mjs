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
const CLI = join(import.meta.dirname, '../../bin/run.js')
const RECIPE_MOST = 5_000

const base = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'mailops-bench-'))
const mount = join(base, 'mount')
const queue = join(mount, 'queue')
const original = join(base, 'original')
const copy = join(base, 'copy')

const must = (command, args, options = {}) => {
  const {status, stderr, error} = spawnSync(command, args, {encoding: 'utf8', ...options})
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`)
}

const purge = (...flags) => () =>
  must(process.execPath, [CLI, 'qmail', 'purge', '--queue', queue, '--all', '--yes', '--quiet', '--method', 'offline', ...flags], {
    env: {...process.env, MAILOPS_STATE_DIR: join(mount, 'state'), MAILOPS_RUN_DIR: join(base, 'run')},
  })

const ways = {
  'find -delete': () => must('find', [queue, '-delete']),
  'purge --no-trash': purge('--no-trash'),
  'purge (trash)': purge(),
  ...(messages <= RECIPE_MOST && {
    'find -exec rm {} \\;': () =>
      must('find', [...['mess', 'info', 'local', 'intd', 'todo', 'remote'].map(part => join(queue, part)), '-type', 'f', '-exec', 'rm', '{}', ';']),
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

/** Seconds that one way takes on a copy of the tree. */
const measure = work => {
  must('cp', ['--sparse=always', original, copy])
  must('mount', ['-o', 'loop', copy, mount])
  try {
    must('sync', [])
    if (cold) writeFileSync('/proc/sys/vm/drop_caches', '3')
    // Every directory entry and every inode.
    else must('find', [queue, '-printf', '%i %s %T@\n'], {stdio: ['ignore', 'ignore', 'pipe']})
    const began = performance.now()
    work()
    must('sync', ['-f', mount])
    return (performance.now() - began) / 1000
  } finally {
    must('umount', [mount])
    rmSync(copy)
  }
}

const median = numbers => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]

try {
  mkdirSync(mount)
  makeImage()
  const seconds = Object.fromEntries(Object.keys(ways).map(name => [name, []]))
  for (let round = 0; round < Number(rounds); round++)
    for (const [name, work] of Object.entries(ways)) {
      seconds[name].push(measure(work))
      process.stderr.write(`round ${round + 1}: ${name}: ${seconds[name].at(-1).toFixed(2)} s\n`)
    }
  const peer = median(seconds['find -delete'])
  console.log(`${messages} messages, ${cold ? 'cold' : 'warm'} cache, ${rounds} rounds, Node ${process.version}, ${cpus().length} CPUs; medians, sync included`)
  for (const [name, times] of Object.entries(seconds)) {
    const middle = median(times)
    // Of each round by itself, since the rounds differ more than the ways do.
    const ratio = median(times.map((time, round) => time / seconds['find -delete'][round]))
    console.log(`${name.padEnd(22)} ${middle.toFixed(2).padStart(8)} s  ${ratio.toFixed(2)} x find -delete`)
  }
  const recipe = seconds['find -exec rm {} \\;']
  if (recipe !== undefined) console.log(`purge --no-trash is ${(median(recipe) / median(seconds['purge --no-trash'])).toFixed(1)} x as fast as the recipe`)
  if (peer === 0) throw new Error('the clock stood still')
} finally {
  rmSync(base, {recursive: true, force: true})
}
