// Patching a domainList.xml of 50,000 domains (50 MB) against xml2js's own way, parse and build, which loses comments.
// Usage: node bench/smartermail/patch.mjs [DOMAINS] [ROUNDS]. Whole processes: start-up, reading and writing included; peak memory each.
import {spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {cpus, tmpdir} from 'node:os'
import {join} from 'node:path'

const [count = '50000', rounds = '3'] = process.argv.slice(2)
const CLI = process.env['MAILOPS_BIN'] ?? join(import.meta.dirname, '../../bin/run.js')
const ROOT = join(import.meta.dirname, '../..')
const base = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'mailops-bench-'))
const service = join(base, 'Service')
const list = join(service, 'domainList.xml')

const domain = n => {
  let text = `  <Domain name="domain${n}.example" enabled="True">\r\n    <!-- domain ${n} -->\r\n    <Path>C:\\SmarterMail\\Domains\\domain${n}.example</Path>\r\n    <IP>192.0.2.${n % 250}</IP>\r\n`
  for (let k = 0; text.length < 980; k++) text += `    <Setting${k}>value ${k} of it &amp; more</Setting${k}>\r\n`
  return `${text}  </Domain>\r\n`
}

const makeFile = () => {
  mkdirSync(service)
  const domains = Array.from({length: Number(count)}, (_, n) => domain(n)).join('')
  writeFileSync(list, `\ufeff<?xml version="1.0" encoding="utf-8"?>\r\n<DomainList>\r\n${domains}</DomainList>\r\n`)
}

const module = name => JSON.stringify(join(ROOT, 'plugins/smartermail/dist', name))
const PEER = `
  import {readFileSync, writeFileSync} from 'node:fs'
  import {Builder, Parser} from 'xml2js'
  const tree = await new Parser().parseStringPromise(readFileSync(${JSON.stringify(list)}, 'utf8'))
  for (const one of tree.DomainList.Domain) one.Path[0] = one.Path[0].replace('C:\\\\SmarterMail', 'D:\\\\Mail')
  writeFileSync(${JSON.stringify(join(base, 'peer.xml'))}, new Builder().buildObject(tree))`
const PATCH = `
  import {readFileSync, writeFileSync} from 'node:fs'
  import {openDocument, walk} from ${module('document/document.js')}
  import {patch} from ${module('document/patch.js')}
  import {valueFinder} from ${module('inventory/find-values.js')}
  import {planEdits} from ${module('migrate/plan-edits.js')}
  import {parseWishes} from ${module('migrate/wishes.js')}
  const document = openDocument('domainList.xml', readFileSync(${JSON.stringify(list)}), 'xml')
  const found = []
  walk(document, [valueFinder(document, found)])
  const {edits} = planEdits([document], found, parseWishes({map: ['C:\\\\SmarterMail=D:\\\\Mail']}))
  if (edits.length !== ${count}) throw new Error('edits: ' + edits.length)
  writeFileSync(${JSON.stringify(join(base, 'patched.xml'))}, patch(document, edits))`

const node = code => ['--input-type=module', '-e', code]
let run = 0
const whole = () => {
  const target = join(base, `target${run++}`)
  mkdirSync(target)
  return [CLI, 'smartermail', 'migrate', service, target, '--map', 'C:\\SmarterMail=D:\\Mail', '--config-only', '--yes', '--quiet']
}
const ways = {'xml2js parse + build': () => node(PEER), 'patch step': () => node(PATCH), 'migrate, whole command': whole}

/** Seconds and peak megabytes of one process. */
const measure = args => {
  const began = performance.now()
  const script = `'use strict';process.on('exit',()=>require('fs').writeSync(3,String(process.resourceUsage().maxRSS)))`
  const hook = join(base, 'peak.cjs')
  writeFileSync(hook, script)
  const peak = join(base, 'peak')
  writeFileSync(peak, '')
  const {status, stderr} = spawnSync('bash', ['-c', 'exec 3>"$0"; exec "$@"', peak, process.execPath, '--require', hook, ...args], {
    encoding: 'utf8', cwd: ROOT, env: {...process.env, MAILOPS_STATE_DIR: join(base, 'state'), MAILOPS_RUN_DIR: join(base, 'run')},
  })
  if (status !== 0) throw new Error(`${args.join(' ').slice(0, 100)}: ${stderr}`)
  return {seconds: (performance.now() - began) / 1000, megabytes: Number(readFileSync(peak, 'utf8')) / 1024}
}

const median = numbers => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]

try {
  makeFile()
  const taken = Object.fromEntries(Object.keys(ways).map(name => [name, []]))
  for (let round = 0; round < Number(rounds); round++)
    for (const [name, way] of Object.entries(ways)) {
      const one = measure(way())
      taken[name].push(one)
      process.stderr.write(`round ${round + 1}: ${name}: ${one.seconds.toFixed(2)} s, ${one.megabytes.toFixed(0)} MB\n`)
    }
  console.log(`${count} domains, ${(statSync(list).size / 1e6).toFixed(1)} MB, ${rounds} rounds, Node ${process.version}, ${cpus().length} CPUs; medians of whole processes`)
  const peer = taken['xml2js parse + build']
  for (const [name, all] of Object.entries(taken)) {
    const ratio = median(all.map(({seconds}, n) => seconds / peer[n].seconds))
    console.log(`${name.padEnd(24)} ${median(all.map(({seconds}) => seconds)).toFixed(2).padStart(7)} s = ${ratio.toFixed(2)} x; peak ${Math.max(...all.map(({megabytes}) => megabytes)).toFixed(0)} MB`)
  }
} finally {
  rmSync(base, {recursive: true, force: true})
}
