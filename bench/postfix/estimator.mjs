// The memory model against the heap of real processes: mallinfo2(3) inside postmap, and its Anonymous.
// usage: node bench/postfix/estimator.mjs [TYPE:FILE...]; wants gcc. Files of your own count as well as those made here
import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {anonymousBytes, untilIdle} from '../../plugins/postfix/dist/effects/measure/process-memory.js'
import {estimateTable, parseTable, tableKeys} from '../../plugins/postfix/dist/index.js'
import {residentBytes} from '../../plugins/postfix/dist/estimate/document.js'
import {listNames, mailman3Table} from '../../plugins/postfix/test/support/mailman3.js'

const base = mkdtempSync(join(tmpdir(), 'mailops-estimator-'))
const shim = join(base, 'shim.so')
// On SIGUSR1 the process, which sleeps in read(2), says what malloc(3) has given out. No tcache: what is free is free.
writeFileSync(join(base, 'shim.c'), `
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static void report(int s) { char t[64]; struct mallinfo2 m = mallinfo2(); int n = snprintf(t, sizeof t, "%zu\\n", m.uordblks + m.hblkhd);
  int fd = open(getenv("HEAP_REPORT"), O_WRONLY | O_CREAT | O_TRUNC, 0600); write(fd, t, n); close(fd); }
__attribute__((constructor)) static void begin(void) { struct sigaction a = {.sa_handler = report, .sa_flags = SA_RESTART}; sigaction(SIGUSR1, &a, 0); }
`)
const compiled = spawnSync('gcc', ['-O1', '-w', '-shared', '-fPIC', '-o', shim, join(base, 'shim.c')], {encoding: 'utf8'})
if (compiled.status !== 0) throw new Error(compiled.stderr)
writeFileSync(join(base, 'main.cf'), 'compatibility_level = 3.6\nmyhostname = mx.example.com\nsmtputf8_enable = no\n')

const LIMIT_MS = 120_000
const look = async child => {
  if (!(await untilIdle(child.pid, performance.now() + LIMIT_MS))) throw new Error('postmap ended')
  const anonymous = anonymousBytes(child.pid)
  const report = join(base, 'heap')
  rmSync(report, {force: true})
  child.kill('SIGUSR1')
  for (const end = performance.now() + LIMIT_MS; performance.now() < end; await new Promise(resolve => setTimeout(resolve, 5))) {
    const text = spawnSync('cat', [report], {encoding: 'utf8'}).stdout
    if (text.endsWith('\n')) return {heap: Number(text), anonymous}
  }
  throw new Error('no report')
}

const hold = async (type, source, keys) => {
  const path = join(base, 'table')
  writeFileSync(path, source, 'latin1')
  utimesSync(path, 1e9, 1e9)
  const env = {...process.env, MAIL_CONFIG: base, LC_ALL: 'C', LD_PRELOAD: shim, HEAP_REPORT: join(base, 'heap'), GLIBC_TUNABLES: 'glibc.malloc.tcache_count=0'}
  const child = spawn('postmap', ['-q', '-', `${type}:${path}`], {env, stdio: ['pipe', 'ignore', 'ignore']})
  const ended = once(child, 'exit')
  const feed = list => new Promise(resolve => child.stdin.write(Buffer.from(list.map(key => `${key}\n`).join(''), 'latin1'), resolve))
  await feed(['\x7f'])
  const cold = await look(child)
  await feed(keys)
  const warm = await look(child)
  child.stdin.end()
  await ended
  return {cold, warm}
}

let seed = 7
const random = count => (seed = (seed * 69_069 + 12_345) % 0x1_0000_0000, (seed >>> 12) % count)
const words = count => Array.from({length: count}, () => Array.from({length: 3 + random(9)}, () => 'abcdefghijklmnopqrstuvwxyz0123456789-'[random(37)]).join('').replace(/^-|-$/g, 'x'))
const lines = (count, line) => Array.from({length: count}, (_, at) => line(at)).join('\n') + '\n'
const MADE = {
  'mailing list addresses': lines(1_000, () => `/^${words(1)}-${words(1)}@lists\\.example\\.com$/ mailman:`),
  'Mailman 3, 70 lists': mailman3Table(listNames(70)),
  'domains, unanchored': lines(800, () => `/@(.*\\.)?${words(1)}\\.example$/ OK`),
  'header checks': lines(400, () => `/^(Subject|From): .*${words(1)} +[a-z]{2,8}(${words(4).join('|')})/ REJECT`),
  'body checks': lines(500, () => `/\\b${words(1)}[[:space:]]+(${words(2).join('|')})\\b/ REJECT`),
  'with $1 and $2': lines(400, () => `/^(${words(3).join('|')})-(.*)@${words(1)}\\.example$/ $1+$2@example.com`),
  'guards': `if /\\.example$/\n${lines(300, () => `/^${words(1)}@${words(1)}\\.example$/ OK`)}endif\nif !/^(a|b)+@/\n${lines(200, () => `/${words(1)}/ DUNNO`)}endif\n`,
  'repetitions': lines(200, () => `/^[a-z]{1,${4 + random(30)}}(-${words(1)}){0,${1 + random(5)}}@${words(1)}\\.example$/ OK`),
  'alternations': lines(40, () => `/^(${words(10 + random(60)).join('|')})@${words(1)}\\.example$/ OK`),
  'case-sensitive, newline mode': lines(500, () => `/^${words(1)}.*${words(1)}$/im OK`),
}

const given = process.argv.slice(2).map(argument => {
  const [, type, path] = /^(\w+):(.*)$/.exec(argument)
  return [path, readFileSync(path, 'latin1'), [type]]
})
const tables = [...Object.entries(MADE).map(([name, source]) => [name, source, ['regexp', 'pcre']]), ...given]
const kilobytes = bytes => Math.round(bytes / 1024).toLocaleString('en-US').padStart(9)
const error = (model, real) => `${((model / real - 1) * 100).toFixed(1)} %`.padStart(8)
try {
  console.log('kB above an empty map'.padEnd(38), '  model cold  heap cold    error  model warm  heap warm    error  Anonymous warm, error')
  const worst = {regexp: 0, pcre: 0}
  for (const [name, source, types] of tables)
    for (const type of types) {
      const table = parseTable(source, {engine: type})
      const estimate = estimateTable(table)
      const keys = tableKeys(table, 50_000).filter(key => /^[\x21-\x7e][\x20-\x7e]*$/.test(key) && key !== '-')
      const empty = await hold(type, '', ['x'])
      const {cold, warm} = await hold(type, source, keys)
      const above = (at, of) => (at === 'cold' ? cold : warm)[of] - empty[at][of]
      const label = `${type}: ${name}`.padEnd(38)
      const resident = residentBytes(table, estimate)
      console.log(
        label, kilobytes(estimate.cold), kilobytes(above('cold', 'heap')), error(estimate.cold, above('cold', 'heap')),
        kilobytes(estimate.warm), kilobytes(above('warm', 'heap')), error(estimate.warm, above('warm', 'heap')),
        kilobytes(above('warm', 'anonymous')), error(resident, above('warm', 'anonymous')),
      )
      if (above('cold', 'heap') > 100 * 1024) worst[type] = Math.max(worst[type], Math.abs(estimate.cold / above('cold', 'heap') - 1))
    }
  console.log(`worst, cold, tables over 100 kB: regexp: ${(worst.regexp * 100).toFixed(1)} %, pcre: ${(worst.pcre * 100).toFixed(1)} %`)
} finally {
  rmSync(base, {recursive: true})
}
