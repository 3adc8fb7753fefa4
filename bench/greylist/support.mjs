// What the greylist benchmarks share: the daemon, a tcpserver, processor time of a process and its children.
import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, openSync, readFileSync, rmSync} from 'node:fs'
import {connect} from 'node:net'
import {join} from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')
/** On a real disk: BENCH_DIR, /var/tmp unless set. */
export const folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? '/var/tmp', 'mailops-greylist-bench-'))
const children = new Set()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, {recursive: true, force: true})
})
process.on('SIGINT', () => process.exit(130))
process.on('SIGTERM', () => process.exit(143))

/** Starts a program that ends with this process. */
export const start = (argv, options = {}) => {
  const child = spawn(argv[0], argv.slice(1), {stdio: ['ignore', 'ignore', 'inherit'], ...options})
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

export const stop = async (child, signal = 'SIGTERM') => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

export const until = async (done, what) => {
  const deadline = Date.now() + 60_000
  while (!(await done())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

export const answers = async to =>
  new Promise(resolve => {
    const socket = connect(to)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

/** The daemon, in a folder of its own; gives the child and its sockets once it serves. */
export const startDaemon = async (name, flags, more = {}) => {
  const at = join(folder, name)
  const env = {...process.env, ...more, MAILOPS_STATE_DIR: join(at, 'state'), MAILOPS_RUN_DIR: join(at, 'run'), MAILOPS_CONFIG_DIR: join(at, 'config')}
  const child = start([process.execPath, join(ROOT, 'bin/run.js'), 'greylist', 'serve', '--no-spf', ...flags], {env, stdio: ['ignore', 'ignore', openSync(join(folder, `${name}.log`), 'w')]})
  const socket = join(at, 'run/greylist.sock')
  await until(() => answers({path: socket}), 'the daemon')
  return {child, socket, db: join(at, 'state/greylist/greylist.db'), at, env}
}

/** Seconds of processor time: of a process, and of the children that it has waited for. */
export const cpuOf = pid => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /, '').split(' ')
  const [own, waited] = [Number(fields[11]) + Number(fields[12]), Number(fields[13]) + Number(fields[14])]
  return {own: own / 100, waited: waited / 100, all: (own + waited) / 100}
}

export const megabytes = (pid, member = 'VmRSS') => Number(new RegExp(`^${member}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024

export const median = values => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
export const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))]

/** A tcpserver on loopback; gives the child and its port. */
export const startTcpserver = async (argv, env = {}) => {
  const child = start(['tcpserver', '-1', '-HR', '-l', 'mx.test', '-c', '600', '-b', '511', '127.0.0.1', '0', ...argv], {env: {...process.env, ...env}, stdio: ['ignore', 'pipe', 'ignore']})
  const [text] = await once(child.stdout, 'data')
  return {child, port: Number(String(text).trim())}
}

/** Builds a C program into the folder. */
export const compile = (source, name, flags = []) => {
  const target = join(folder, name)
  const {status, stderr} = spawnSync('cc', ['-O2', ...flags, '-o', target, source], {encoding: 'utf8'})
  if (status !== 0) throw new Error(stderr)
  return target
}

export const line = (...cells) => console.log(cells.map((cell, n) => (n === 0 ? String(cell).padEnd(34) : String(cell).padStart(12))).join(''))

/**
 * The disk: with FSYNC_MS=N one whose fsync and fdatasync take at least N ms, for all servers alike (`env` goes to each of
 * them). `ms` is the median time of 200 fdatasync of 4 kB that were appended, as a server has them.
 */
export const measureDisk = () => {
  const least = process.env['FSYNC_MS']
  const env = least === undefined ? {} : {FSYNC_MS: least, LD_PRELOAD: compile(join(import.meta.dirname, 'slow-sync.c'), 'slow-sync.so', ['-shared', '-fPIC'])}
  const probe = `
    const fs = require('node:fs')
    const fd = fs.openSync(process.argv[1], 'a')
    const times = Array.from({length: 200}, () => {
      fs.writeSync(fd, Buffer.alloc(4096, 1))
      const at = performance.now()
      fs.fdatasyncSync(fd)
      return performance.now() - at
    })
    console.log(times.sort((a, b) => a - b)[100])`
  const {stdout, stderr} = spawnSync(process.execPath, ['-e', probe, join(folder, 'probe')], {encoding: 'utf8', env: {...process.env, ...env}})
  if (stdout === '') throw new Error(stderr)
  return {env, ms: Number(stdout), text: `disk of ${folder}: fdatasync of 4 kB takes ${Number(stdout).toFixed(2)} ms (median of 200)${least === undefined ? '' : `, at least ${least} by FSYNC_MS for all servers`}`}
}
