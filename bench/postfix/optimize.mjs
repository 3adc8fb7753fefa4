// The figures of optimize-regexp: time and peak memory of the command, then heap and speed of both maps in a real postmap(1).
// Usage: node bench/postfix/optimize.mjs [CASE...]   (lists-regexp lists-pcre mailman big body-regexp body-pcre header-regexp header-pcre)
import {spawnSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {measureTables} from '../../plugins/postfix/dist/effects/measure/measure.js'
import {addresses, addressMap, bodyChecks, headerChecks, listNames, mailmanMap, textLines} from './cases.mjs'

const CLI = join(import.meta.dirname, '../../bin/run.js')
const PEAK = 'data:text/javascript,process.on("exit",()=>process.stderr.write("peak "+process.resourceUsage().maxRSS+"\\n"))'
const base = mkdtempSync(join(tmpdir(), 'mailops-bench-postfix-'))
process.on('exit', () => rmSync(base, {recursive: true, force: true}))
writeFileSync(join(base, 'main.cf'), 'compatibility_level = 3.6\nmyhostname = mx.example.com\nsmtputf8_enable = no\n')

const lists = listNames(70)
const thousand = listNames(1000)
const CASES = {
  'lists-regexp': {type: 'regexp', table: () => addressMap(lists, 21), keys: n => addresses(lists, n), hits: n => addresses(lists, n, 'hit'), count: 10_000},
  'lists-pcre': {type: 'pcre', table: () => addressMap(lists, 21), keys: n => addresses(lists, n), hits: n => addresses(lists, n, 'hit'), count: 20_000},
  mailman: {type: 'regexp', table: () => mailmanMap(lists), keys: n => addresses(lists, n), hits: n => addresses(lists, n, 'hit'), count: 20_000},
  big: {type: 'regexp', table: () => addressMap(thousand, 20), keys: n => addresses(thousand, n), count: 300},
  'body-regexp': {type: 'regexp', table: () => bodyChecks(630), keys: n => textLines(n, 'body'), count: 5_000},
  'body-pcre': {type: 'pcre', table: () => bodyChecks(630), keys: n => textLines(n, 'body'), count: 5_000},
  'header-regexp': {type: 'regexp', table: () => headerChecks(200), keys: n => textLines(n, 'header'), count: 5_000},
  'header-pcre': {type: 'pcre', table: () => headerChecks(200), keys: n => textLines(n, 'header'), count: 5_000},
}

const SHELL = '"$@" > /dev/null; times >&2'

/** User seconds of one postmap over the keys. */
const cpu = (type, path, input) => {
  const {stderr} = spawnSync('bash', ['-c', SHELL, 'sh', 'postmap', '-q', '-', `${type}:${path}`], {
    input, encoding: 'latin1', env: {...process.env, MAIL_CONFIG: base, LC_ALL: 'C'},
  })
  const [, minutes, seconds] = /(\d+)m([\d.]+)s/.exec(stderr.trim().split('\n').at(-1))
  return Number(minutes) * 60 + Number(seconds)
}

const median = list => list.toSorted((a, b) => a - b)[list.length >> 1]
const ROUNDS = 7
/** bash tells milliseconds, and the kernel's accounting is not much finer: below this a run says nothing. */
const LEAST_SECONDS = 0.6

/**
 * How much faster lookups in `after` are than in `path`: user seconds, load time taken off, runs of both in turns so that
 * whatever the machine does meets both, the median of the ratios. With it the quarter and the three quarters point.
 */
const ratioOf = (type, {path, after}, keys) => {
  const runOf = (file, times) => {
    const input = keys.map(key => `${key}\n`).join('').repeat(times)
    const load = median(Array.from({length: ROUNDS}, () => cpu(type, file, 'x\n')))
    return () => Math.max(1e-3, cpu(type, file, input) - load) / times
  }
  // Each map gets as many keys as make its run long enough.
  const timesFor = file => {
    for (let times = 1; ; times *= 3) if (runOf(file, times)() * times > LEAST_SECONDS || times * keys.length > 3_000_000) return times
  }
  const [old, now] = [path, after].map(file => runOf(file, timesFor(file)))
  const ratios = Array.from({length: ROUNDS}, (_, round) => {
    if (round % 2 === 0) return old() / now()
    const seconds = now()
    return old() / seconds
  }).toSorted((a, b) => a - b)
  const [low, middle, high] = [ratios[ROUNDS >> 2], ratios[ROUNDS >> 1], ratios[ROUNDS - 1 - (ROUNDS >> 2)]]
  return `${middle.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`
}

const kB = bytes => `${Math.round(bytes / 1024)} kB`

const runCase = async (name, {type, table, keys, hits, count}) => {
  const path = join(base, `map.${type}`)
  const source = table()
  writeFileSync(path, source, 'latin1')
  utimesSync(path, 1e9, 1e9)
  const began = performance.now()
  const ended = spawnSync(process.execPath, ['--import', PEAK, CLI, 'postfix', 'optimize-regexp', `${type}:${path}`, '--json'], {env: {...process.env, MAIL_CONFIG: join(base, 'none')}, encoding: 'utf8', maxBuffer: 1 << 28})
  const seconds = (performance.now() - began) / 1000
  if (ended.status !== 0) throw new Error(ended.stdout + ended.stderr)
  const {rules, proof, output, memory} = JSON.parse(ended.stdout)
  const after = join(base, `after.${type}`)
  writeFileSync(after, output.text, 'latin1')
  utimesSync(after, 1e9, 1e9)
  const wanted = keys(count)
  const [old, now] = await measureTables([source, readFileSync(after, 'latin1')], {engine: type, keys: wanted, timeoutMs: 600_000})
  const ratio = list => ratioOf(type, {path, after}, list)
  console.log(`${name}: ${rules.before} -> ${rules.after} rules; ${seconds.toFixed(1)} s in all, peak ${kB(Number(/peak (\d+)/.exec(ended.stderr)[1]) * 1024)}`)
  console.log(`  ${proof.verdict} (${proof.method}, ${proof.states} states), postmap ${proof.postmap?.keys} keys, ${proof.postmap?.differences} differences`)
  console.log(`  measured above an empty map: cold ${kB(old.cold)} -> ${kB(now.cold)}, warm (${count} keys) ${kB(old.warm)} -> ${kB(now.warm)}`)
  console.log(`  model: cold ${kB(memory.model.coldBefore)} -> ${kB(memory.model.coldAfter)}, warm ${kB(memory.model.warmBefore)} -> ${kB(memory.model.warmAfter)}`)
  console.log(`  lookups: x${ratio(wanted)}${hits === undefined ? '' : `, hits alone x${ratio(hits(count))}`}`)
}

const named = process.argv.slice(2)
for (const name of named.length === 0 ? Object.keys(CASES) : named) await runCase(name, CASES[name])
