// How logs are read: copies counted once, rotated and packed files, damage, junk, long lines, growth and rotation meanwhile.
import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {appendFileSync, mkdirSync, renameSync, symlinkSync, truncateSync, utimesSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import {gzipSync} from 'node:zlib'

import {expect, test} from 'vitest'

import {diagnose} from '../../src/effects/failures/diagnose.js'
import {AddressSet} from '../../src/failures/address.js'
import {DEFAULT_THRESHOLDS} from '../../src/failures/causes.js'
import {offsetClock, parseZone} from '../../src/failures/clock.js'
import type {Failure} from '../../src/failures/event.js'
import {Histogram} from '../../src/failures/histogram.js'
import {Source} from '../../src/failures/once.js'
import {bySeries} from '../../src/failures/rotation.js'
import {sumsOf} from '../../src/failures/settle.js'
import {Tally} from '../../src/failures/tally.js'
import {accepted, causesOf, failed, logsIn, reportOf, stamp, times} from './support.js'

const wall = offsetClock(0)
const RUN = join(import.meta.dirname, '../../../../bin/run.js')
const other = (n: number): string => `${stamp(n)} 1xAAAA-000000-2H Completed`

test('an event in mainlog and rejectlog counts once, equal ones in one log each', async () => {
  const events = times(3000, n => failed(n >> 1, `user${n % 700}`, `203.0.113.${n % 9}`))
  const {path} = logsIn({mainlog: events.flatMap((line, n) => [line, other(n >> 1)]), rejectlog: events})
  const report = await diagnose({logs: [path('mainlog'), path('rejectlog')], wall})
  expect(report).toMatchObject({lines: 9000, failures: 3000, repeated: 3000, unparsed: 0})
  const twice = failed(5, 'amy', '203.0.113.1')
  expect(await reportOf([twice, twice])).toMatchObject({failures: 2, repeated: 0})
})

test('syslog has each event twice', async () => {
  const line = 'Mar  3 09:00:05 mx exim[12]: login authenticator failed for (x) [203.0.113.1]: 535 Incorrect authentication data (set_id=amy)'
  expect(await reportOf([line, line, line, line])).toMatchObject({failures: 2, repeated: 2})
})

test('rotated files, packed or not, are one log in the order of their writing', async () => {
  expect([...bySeries(['a/mainlog', 'a/mainlog.1', 'a/mainlog.10.gz', 'a/mainlog.2.gz', 'a/rejectlog.1']).values()]).toEqual([
    ['a/mainlog.10.gz', 'a/mainlog.2.gz', 'a/mainlog.1', 'a/mainlog'], ['a/rejectlog.1']])
  expect([...bySeries(['exim_mainlog', 'exim_mainlog-20260301.gz', 'exim_mainlog-20251201.gz']).values()]).toEqual([
    ['exim_mainlog-20251201.gz', 'exim_mainlog-20260301.gz', 'exim_mainlog']])
  const {path} = logsIn({
    'mainlog': [failed(7200, 'c', '203.0.113.3')],
    'mainlog.1': [failed(3600, 'b', '203.0.113.2')],
    // As `cat` makes them: two members.
    'mainlog.2.gz': Buffer.concat([gzipSync(`${failed(0, 'a', '203.0.113.1')}\n`), gzipSync(`${failed(1, 'a', '203.0.113.1')}\n`)]),
  })
  const report = await diagnose({logs: ['mainlog', 'mainlog.1', 'mainlog.2.gz'].map(path), wall})
  expect(report).toMatchObject({failures: 4, first: '2026-03-03T09:00:00Z', last: '2026-03-03T11:00:00Z', warnings: []})
})

test.each(['bzip2', 'xz'])('%s', async program => {
  const {status, stdout} = spawnSync(program, ['-c'], {input: `${failed(0, 'a', '203.0.113.1')}\n`})
  if (status !== 0) return expect(process.env['CI']).not.toBe('true')
  const {path} = logsIn({packed: stdout})
  expect(await diagnose({logs: [path('packed')], wall})).toMatchObject({failures: 1, warnings: []})
})

test('of a gzip that was cut off, what is whole is read, and it is said', async () => {
  const lines = times(20_000, n => failed(n, `user${n * 7919}`, `203.0.${n % 200}.1`))
  const packed = gzipSync(lines.map(line => `${line}\n`).join(''))
  const {path} = logsIn({'mainlog.1.gz': packed.subarray(0, packed.length >> 1), mainlog: [failed(30_000, 'z', '203.0.113.1')]})
  const report = await diagnose({logs: [path('mainlog.1.gz'), path('mainlog')], wall})
  expect(report.failures).toBeGreaterThan(8000)
  expect(report.failures).toBeLessThan(19_000)
  expect(report.warnings[0]).toMatch(/mainlog\.1\.gz is damaged or cut off/)
  expect(report.last).toBe('2026-03-03T17:20:00Z')
})

test('garbage behind a gzip, junk, NULs, CRLF, a line of 10 MB, no newline at the end', async () => {
  const junk = Buffer.from(times(300_000, n => (n * 2_654_435_761) & 255))
  const long = Buffer.alloc(10 << 20, 'x')
  long.write(' authenticator failed for ', 5 << 20)
  const {path} = logsIn({
    'a.gz': Buffer.concat([gzipSync(`${failed(0, 'a', '203.0.113.1')}\r\n`), Buffer.from('garbage behind it')]),
    'b': Buffer.concat([junk, Buffer.from(`\n${failed(1, 'b', '203.0.113.2')}\n`), long, Buffer.from(`\n\0\0\0${failed(2, 'c', '203.0.113.3')}\n`)]),
    'c': Buffer.from(failed(3, 'd', '203.0.113.4')),
    'd': Buffer.alloc(0),
    'e.gz': Buffer.from([0x1f, 0x8b, 8, 0, 1, 2]),
  })
  const report = await diagnose({logs: ['a.gz', 'b', 'c', 'd', 'e.gz'].map(path), wall})
  expect(report).toMatchObject({failures: 4, unparsed: 1})
  expect(report.unparsedSamples).toHaveLength(1)
})

test('what is not understood is counted and sampled', async () => {
  const odd = times(9, n => `${stamp(n)} x y authenticator failed for ${n}`)
  const report = await reportOf([...odd, `${stamp(9)} 1xUrpX-00000h-2H login authenticator failed H=smart.example [192.0.2.1] 535 no`])
  expect(report).toMatchObject({failures: 0, unparsed: 9, outgoing: 1, classes: []})
  expect(report.unparsedSamples).toHaveLength(5)
})

test('a time asked for, and zones', async () => {
  const lines = times(10, n => failed(600 * n, 'amy', '203.0.113.1'))
  const at = (text: string): number => Date.parse(text) / 1000
  const window = {since: at('2026-03-03T09:10:00Z'), until: at('2026-03-03T09:30:00Z')}
  expect(await reportOf(lines, {window})).toMatchObject({failures: 3, outside: 7})
  expect(await reportOf(lines, {wall: parseZone('America/Sao_Paulo')!})).toMatchObject({first: '2026-03-03T12:00:00Z'})
  expect(await reportOf(lines, {wall: parseZone('-0300')!})).toMatchObject({first: '2026-03-03T12:00:00Z'})
  // Not read at all: last written before.
  const {path} = logsIn({mainlog: lines})
  utimesSync(path('mainlog'), 1000, 1000)
  expect(await diagnose({logs: [path('mainlog')], wall, window})).toMatchObject({lines: 0})
})

test('memory is bounded: with room for a hundred pairs every failure is still counted, and attackers are still known', () => {
  const tally = new Tally(new AddressSet(), DEFAULT_THRESHOLDS, {pairs: 100, names: 80})
  const source = new Source()
  const event = (time: number, account: string, address: string) => ({
    kind: 'failure', time, times: 1, authenticator: 'login', address, port: 1, local: '', code: 535, account, forged: false, syslog: false,
  }) as const
  for (let n = 0; n < 20_000; n++) tally.fail(event(1e9 + n, `user${n}`, `203.0.113.${n % 10}`), source, () => `line ${n}`)
  for (let n = 0; n < 5000; n++) tally.fail(event(1.1e9 + n, `u${n}`, `10.${n >> 8}.${n & 255}.1`), source, () => `line ${n}`)
  tally.end()
  const sums = Object.fromEntries(sumsOf(tally).list().map(({cause, count}) => [cause, count]))
  expect(sums['brute-force']! + (sums['unexplained'] ?? 0) + (sums['outage'] ?? 0)).toBe(25_000)
  expect(sums['brute-force']).toBeGreaterThan(19_900)
  expect(tally.pairs.size).toBeLessThanOrEqual(101)
  expect(tally.accounts.list.length).toBeLessThanOrEqual(81)
})

test('the histogram holds every failure, however long the log', () => {
  const histogram = new Histogram()
  for (let n = 0; n < 50_000; n++) for (let twice = 0; twice < 2; twice++) histogram.add(1e9 + 61 * n, 1)
  const {bins, width} = histogram.rows(24)
  expect(bins.reduce((sum, [, count]) => sum + count, 0)).toBe(100_000)
  expect(bins.length).toBeLessThanOrEqual(25)
  expect(width).toBe(172_800)
})

test('a log that is not there, a directory, a closed one', async () => {
  const {directory, path} = logsIn({})
  mkdirSync(path('sub'))
  await expect(diagnose({logs: [join(directory, 'none')]})).rejects.toMatchObject({code: 'ENOENT', oclif: {exit: 66}})
  await expect(diagnose({logs: [path('sub')]})).rejects.toMatchObject({code: 'EISDIR', oclif: {exit: 66}})
})

test('--follow shows the report, then each failure, through a rename and a truncation', async () => {
  const {path} = logsIn({mainlog: [accepted(0, 'amy', '198.51.100.1'), failed(1, 'amy', '198.51.100.1')]})
  const log = path('mainlog')
  const child = spawn(process.execPath, [RUN, 'exim', 'auth-failures', log, '--follow', '--json', '--timezone', 'UTC'], {stdio: ['ignore', 'pipe', 'inherit']})
  try {
    const rows = createInterface({input: child.stdout})[Symbol.asyncIterator]()
    const next = async () => JSON.parse((await rows.next()).value as string) as Record<string, unknown>
    expect(await next()).toMatchObject({failures: 1})
    appendFileSync(log, `${failed(10, '__cpanel__service__auth__imap__Secret1234567890', '127.0.0.1')}\n`)
    expect(await next()).toMatchObject({time: '2026-03-03T09:00:10Z', cause: 'monitor', service: 'imap', account: '__cpanel__service__auth__imap__[redacted]'})
    renameSync(log, `${log}.1`)
    appendFileSync(`${log}.1`, `${failed(20, 'late', '203.0.113.1')}\n`)
    writeFileSync(log, `${failed(30, 'amy', '198.51.100.1')}\n`)
    expect([await next(), await next()].map(({account}) => String(account)).sort((a, b) => (a < b ? -1 : 1))).toEqual(['amy', 'late'])
    truncateSync(log, 0)
    appendFileSync(log, `${failed(40, 'b', '203.0.113.2')}\n`)
    expect(await next()).toMatchObject({account: 'b', cause: 'unexplained'})
    child.kill('SIGINT')
    expect((await once(child, 'exit'))[0]).toBe(0)
  } finally {
    child.kill('SIGKILL')
  }
})

test('a log that is rotated away while others are read is read all the same', async () => {
  const {path} = logsIn({mainlog: times(5000, n => failed(n, `u${n}`, '203.0.113.1')), 'mainlog.1': times(50, n => failed(n, 'early', '203.0.113.2'))})
  let moved = false
  const report = await diagnose({
    logs: [path('mainlog.1'), path('mainlog')], wall,
    progress: () => {
      if (moved) return
      moved = true
      renameSync(path('mainlog.1'), path('mainlog.2'))
      renameSync(path('mainlog'), path('mainlog.1'))
      writeFileSync(path('mainlog'), '')
    },
  })
  expect(report.failures).toBe(5050)
})

test('the report goes to a terminal safely', () => {
  const {path} = logsIn({mainlog: [failed(0, 'a\u001b[31mb', '203.0.113.1')]})
  const {stdout, status} = spawnSync(process.execPath, [RUN, 'exim', 'auth-failures', path('mainlog')], {encoding: 'latin1'})
  expect(status).toBe(0)
  expect(stdout).toContain(String.raw`a\x1b[31mb`)
  expect(stdout).not.toContain('\u001b')
  expect(stdout.split('\n').filter(line => !line.startsWith('  | ')).every(line => line.length <= 80)).toBe(true)
  expect(causesOf(JSON.parse(spawnSync(process.execPath, [RUN, 'exim', 'auth-failures', path('mainlog'), '--json'], {encoding: 'utf8'}).stdout))).toEqual({unexplained: 1})
})

test('an event is known again wherever it stands: behind a step back in time, in a second log that begins late', () => {
  const tally = new Tally(new AddressSet(), DEFAULT_THRESHOLDS)
  const first = new Source()
  const at = (time: number, port = 1): Failure => ({
    kind: 'failure', time, times: 1, authenticator: 'login', address: '203.0.113.9', port, local: '', code: 535, account: 'amy', forged: false, syslog: false,
  })
  for (let n = 0; n < 1000; n++) tally.fail(at(1e9 + n), first, () => '')
  // Equal lines in one second are two events.
  tally.fail(at(1e9 + 999), first, () => '')
  expect([tally.failures, tally.repeated]).toEqual([1001, 0])
  tally.fail(at(1e9 + 400), first, () => '')
  tally.fail(at(1e9 + 400, 2), first, () => '')
  expect([tally.failures, tally.repeated]).toEqual([1002, 1])
  const second = new Source()
  for (let n = 990; n < 1010; n++) tally.fail(at(1e9 + n), second, () => '')
  expect([tally.failures, tally.repeated]).toEqual([1012, 11])
  // What the second told of first is not new from the first.
  for (let n = 1000; n < 1011; n++) tally.fail(at(1e9 + n), first, () => '')
  expect([tally.failures, tally.repeated]).toEqual([1013, 21])
})

const command = (...args: string[]) => spawnSync(process.execPath, [RUN, 'exim', 'auth-failures', '--timezone', 'UTC', ...args], {encoding: 'utf8'})

test('a log that was cut off: the report stands, on stdout, and the status says that it is not all', () => {
  const packed = gzipSync(times(20_000, n => `${failed(n, `user${n * 7919}`, `203.0.${n % 200}.1`)}\n`).join(''))
  const {path} = logsIn({'mainlog.1.gz': packed.subarray(0, packed.length >> 1)})
  const {status, stdout, stderr} = command(path('mainlog.1.gz'), '--json')
  expect(status).toBe(65)
  expect((JSON.parse(stdout) as {failures: number}).failures).toBeGreaterThan(8000)
  expect(stderr).toMatch(/mainlog\.1\.gz is damaged or cut off .*; what came before was read/)
})

test('a time asked for in which nothing can be is a usage error', () => {
  const {path} = logsIn({mainlog: [failed(0, 'amy', '203.0.113.1')]})
  const {status, stderr} = command(path('mainlog'), '--since', '2h', '--until', '3d')
  expect(status).toBe(64)
  expect(stderr).toContain('--since 2h is later than --until 3d')
  expect(command(path('mainlog'), '--since', '3d', '--until', '2h').status).toBe(0)
})

test('while Dovecot did not reach cpdoveauthd a 535 says nothing about keys or passwords', async () => {
  const key = '__cpanel__service__auth__exim__AbCdEfGh12345678'
  const lines = [failed(0, 'amy', '198.51.100.1'), ...times(6, n => failed(3000 + n, `user${n}`, '198.51.100.2')), failed(3010, key, '127.0.0.1'), failed(7000, 'bob', '198.51.100.3')]
  const {path} = logsIn({
    exim_mainlog: lines,
    maillog: [
      'Mar  3 09:00:00 mx1 dovecot: imap-login: Login: user=<amy>, rip=198.51.100.1',
      'Mar  3 09:50:02 mx1 dovecot[7]: auth-worker(amy,198.51.100.2)<1><a>: conn unix:x: socket error: Failed to connect to /usr/local/cpanel/var/cpdoveauthd.sock: connection refused',
      // A client's words are no evidence.
      'Mar  3 10:56:40 mx1 dovecot[7]: imap-login: Login aborted: user=<Failed to connect>, rip=198.51.100.9',
      'Mar  3 10:56:40 mx1 other[7]: Failed to connect to /usr/local/cpanel/var/cpdoveauthd.sock: connection refused',
    ],
  })
  for (const question of [{logs: [path('exim_mainlog')]}, {logs: [path('exim_mainlog')], side: {maillog: path('maillog')}}]) {
    const report = await diagnose({...question, wall})
    expect(causesOf(report)).toEqual({backend: 7, unexplained: 2})
    expect(report.classes[0]).toMatchObject({cause: 'backend', proof: expect.arrayContaining([expect.stringMatching(/^maillog: .*cpdoveauthd\.sock/)])})
    expect(report.logs).toContain(path('maillog'))
    expect(JSON.stringify(report)).not.toContain('AbCdEfGh')
  }
})

test('a pipe or an endless device that somebody put beside a log neither holds the command nor is read', async () => {
  const {path} = logsIn({mainlog: [failed(0, 'amy', '203.0.113.1')]})
  expect(spawnSync('mkfifo', [path('maillog')]).status).toBe(0)
  symlinkSync('/dev/zero', path('chkservd.log'))
  const report = await diagnose({logs: [path('mainlog')], wall})
  expect(report).toMatchObject({failures: 1})
  for (const name of ['maillog', 'chkservd.log']) expect(report.warnings.join('\n')).toContain(`${name}: it is not a plain file`)
})
