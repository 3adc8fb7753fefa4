// Memory that purging and listing a very large queue take. Usage: node bench/qmail/million.mjs [MESSAGES]
// Root: the queue is built on an ext4 image whose inodes hold small files, or a million messages would need 12 GB.
import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'

import {createQueue, fillQueue} from '../../test/support/queue/index.js'

const messages = Number(process.argv[2] ?? 1_000_000)
const CLI = process.env['MAILOPS_BIN'] ?? join(import.meta.dirname, '../../bin/run.js')
const base = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'mailops-million-'))
const mount = join(base, 'mount')
const image = join(base, 'image')
const dir = join(mount, 'queue')

const must = (command, args) => {
  const {status, stderr, error} = spawnSync(command, args, {encoding: 'utf8'})
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`)
}

/** Highest resident size so far, in MB. */
const peakOf = pid => {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) / 1024
  } catch {
    return 0 // it has just ended; the look before it counts
  }
}

const measure = async (what, args) => {
  const began = performance.now()
  const child = spawn(process.execPath, [CLI, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {...process.env, MAILOPS_STATE_DIR: join(mount, 'state'), MAILOPS_RUN_DIR: join(base, 'run'), MAILOPS_QMAIL_QUEUE: dir},
  })
  let peak = 0
  const ended = once(child, 'exit')
  for (let running = true; running; running = await Promise.race([ended.then(() => false), delay(50, true)])) peak = Math.max(peak, peakOf(child.pid))
  const [status] = await ended
  if (status !== 0) throw new Error(`${args.join(' ')}: status ${status}`)
  console.log(`${what.padEnd(24)} ${((performance.now() - began) / 1000).toFixed(1).padStart(7)} s  ${peak.toFixed(0).padStart(5)} MB at most`)
}

try {
  mkdirSync(mount)
  must('truncate', ['-s', String(Math.ceil((messages * 4.5 + 300_000) / 1024) * 2 ** 20), image])
  must('mkfs.ext4', ['-q', '-F', '-m', '0', '-I', '1024', '-N', String(Math.ceil(messages * 3.4) + 20_000), '-O', 'has_journal,inline_data', '-E', 'lazy_itable_init=1', image])
  must('mount', ['-o', 'loop', image, mount])
  try {
    fillQueue(createQueue(dir), messages, {shape: {bodyBytes: 40, many: 0.02}})
    console.log(`${messages} messages, Node ${process.version}`)
    await measure('list --json', ['qmail', 'list', '--json', '--quiet'])
    await measure('purge --all --dry-run', ['qmail', 'purge', '--all', '--dry-run', '--quiet', '--method', 'offline'])
    await measure('purge --all', ['qmail', 'purge', '--all', '--yes', '--quiet', '--method', 'offline'])
    await measure('undo', ['undo', 'last', '--yes', '--quiet'])
    await measure('purge --all --no-trash', ['qmail', 'purge', '--all', '--yes', '--quiet', '--no-trash', '--method', 'offline'])
  } finally {
    must('umount', [mount])
  }
} finally {
  rmSync(base, {recursive: true, force: true})
}
