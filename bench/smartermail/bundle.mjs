// Bundling a mail store against tar -c | gzip -1, which makes no digests and checks nothing.
// Usage: node bench/smartermail/bundle.mjs [MEGABYTES] [ROUNDS]. Whole processes, warm caches; the ways take turns, so that
// a busy machine troubles all of them alike. Prints medians of wall and CPU time, speed as a multiple of the peer's, peak
// memory. Wanted: 1.1 times with digests, 0.85 times with the bundle read again, under 300 MB.
import {spawnSync} from 'node:child_process'
import {mkdtempSync, readdirSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {cpus, loadavg, tmpdir} from 'node:os'
import {join} from 'node:path'

import {mailStore} from './mail-store.mjs'

const [megabytes = '5120', rounds = '3'] = process.argv.slice(2)
const CLI = join(import.meta.dirname, '../../bin/run.js')
const PEAK = 'data:text/javascript,process.on("exit",()=>process.stderr.write("peak "+process.resourceUsage().maxRSS+"\\n"))'
const at = mkdtempSync(join(tmpdir(), 'mailops-bench-'))
process.on('exit', () => rmSync(at, {recursive: true, force: true}))
const store = join(at, 'store')
const {files, bytes} = mailStore(store, Number(megabytes))
const passphrase = join(at, 'passphrase')
writeFileSync(passphrase, 'only for this measurement\n', {mode: 0o600})
const out = join(at, 'out')

const median = numbers => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]

const SHELL = '"$@"; status=$?; times >&2; exit $status'
const cpuOf = said => {
  const children = /^\d+m[\d.]+s \d+m[\d.]+s\n(\d+)m([\d.]+)s (\d+)m([\d.]+)s$/m.exec(said).slice(1).map(Number)
  return children[0] * 60 + children[1] + children[2] * 60 + children[3]
}

const timed = command => {
  for (const name of readdirSync(at)) if (name.startsWith('out')) rmSync(join(at, name))
  spawnSync('sync')
  const began = performance.now()
  const {status, stderr, error} = spawnSync('sh', ['-c', SHELL, 'sh', ...command], {encoding: 'utf8'})
  if (status !== 0) throw new Error(`${command.join(' ')}: ${error?.message ?? stderr}`)
  const seconds = (performance.now() - began) / 1000
  return {seconds, cpu: cpuOf(stderr), peak: Number(/^peak (\d+)$/m.exec(stderr)?.[1] ?? 0) / 1024, size: statSync(out).size}
}

const bundle = (...flags) => [process.execPath, '--import', PEAK, CLI, 'smartermail', 'bundle', join(store, 'Service'), '--domains', join(store, 'Domains'), '-o', out, '--quiet', ...flags]
const ways = {
  'tar -c | gzip -1': ['sh', '-c', 'tar -c -C "$1" Service Domains | gzip -1 >"$2"', 'sh', store, out],
  'bundle --no-verify': bundle('--no-verify'),
  bundle: bundle(),
  'bundle --encrypt': bundle('--encrypt', '--passphrase-file', passphrase),
}

const runs = Object.fromEntries(Object.keys(ways).map(name => [name, []]))
// Reading everything once warms the cache for all.
spawnSync('sh', ['-c', 'tar -c -C "$1" . | cat >/dev/null', 'sh', store])
for (let round = 1; round <= Number(rounds); round++)
  for (const [name, command] of Object.entries(ways)) {
    const run = timed(command)
    runs[name].push(run)
    process.stderr.write(`round ${round}: ${name}: ${run.seconds.toFixed(1)} s, CPU ${run.cpu.toFixed(1)} s, load ${loadavg()[0].toFixed(1)}\n`)
  }

const of = (name, what) => median(runs[name].map(run => run[what]))
const PEER = Object.keys(ways)[0]
const cells = texts => texts.map((text, index) => (index === 0 ? text.padEnd(22) : text.padStart(10))).join('')
console.log(`${(bytes / 2 ** 20).toFixed(0)} MB in ${files} files, ${rounds} rounds, ${cpus().length} CPUs, Node ${process.version}, load ${loadavg()[0].toFixed(1)}`)
console.log(cells(['way', 'wall s', 'speed x', 'CPU s', 'CPU ratio', 'packed MB', 'peak MB']))
for (const name of Object.keys(ways))
  console.log(cells([name, of(name, 'seconds').toFixed(1), (of(PEER, 'seconds') / of(name, 'seconds')).toFixed(2), of(name, 'cpu').toFixed(1), (of(name, 'cpu') / of(PEER, 'cpu')).toFixed(2), (of(name, 'size') / 2 ** 20).toFixed(0), of(name, 'peak') ? of(name, 'peak').toFixed(0) : '']))
