// How long auth-failures takes for a log of 1 GB, against two runs of grep -cF, and of zgrep -cF for the packed log.
// node bench/exim/auth-failures.mjs [LINES]: 8,000,000 lines unless told, every fourth a failed login; needs 2 GB in TMPDIR.
import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, statSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {generateLog} from './generate.mjs'

const RUN = join(import.meta.dirname, '../../bin/run.js')
const NEEDLE = 'authenticator failed for'
const MEASURE = 'data:text/javascript,process.on("exit",()=>process.stderr.write("maxrss "+process.resourceUsage().maxRSS+"\\n"))'
const RUNS = 3

const timed = (command, args) => {
  const began = performance.now()
  const {status, stdout, stderr} = spawnSync(command, args, {encoding: 'utf8', env: {...process.env, LC_ALL: 'C'}, maxBuffer: 1 << 26, stdio: ['ignore', 'pipe', 'pipe']})
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
  return {seconds: (performance.now() - began) / 1000, stdout, stderr}
}

/** Both in turn, so that a machine that others use slows them alike; the median of each. */
const compare = (name, path, grep) => {
  const rows = Array.from({length: RUNS}, () => {
    const peer = timed(grep, ['-cF', NEEDLE, path]).seconds + timed(grep, ['-cF', NEEDLE, path]).seconds
    const ours = timed(process.execPath, ['--import', MEASURE, RUN, 'exim', 'auth-failures', path, '--json', '-q'])
    const {lines, failures} = JSON.parse(ours.stdout)
    return {peer, ours: ours.seconds, megabytes: Number(/maxrss (\d+)/.exec(ours.stderr)?.[1]) / 1024, lines, failures}
  }).sort((a, b) => a.ours / a.peer - b.ours / b.peer)
  const {peer, ours, megabytes, lines, failures} = rows[RUNS >> 1]
  process.stdout.write(
    `${name}: two runs of ${grep} ${peer.toFixed(2)} s, auth-failures ${ours.toFixed(2)} s = ${(ours / peer).toFixed(2)} x, ` +
      `${Math.max(...rows.map(row => row.megabytes), megabytes).toFixed(0)} MB at most, ${lines} lines, ${failures} failures; ` +
      `all ratios ${rows.map(row => (row.ours / row.peer).toFixed(2)).join(' ')}\n`,
  )
}

const directory = mkdtempSync(join(tmpdir(), 'mailops-bench-exim-'))
try {
  const path = join(directory, 'exim_mainlog')
  const {lines, failures} = generateLog(path, {lines: Number(process.argv[2] ?? 8_000_000)})
  process.stdout.write(`${lines} lines, ${failures} failures, ${(statSync(path).size / 1e9).toFixed(2)} GB\n`)
  compare('plain', path, 'grep')
  timed('gzip', ['-k', path])
  compare('gzip', `${path}.gz`, 'zgrep')
} finally {
  rmSync(directory, {recursive: true})
}
