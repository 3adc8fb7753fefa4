// What former programs have kept, read as they wrote it.
import {execFileSync} from 'node:child_process'
import {mkdirSync, utimesSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import Sqlite from 'better-sqlite3'
import {expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {gather} from '../../src/effects/exchange/gather.js'
import {FORMER_DELAY, readSource, type Source} from '../../src/effects/exchange/read.js'
import {csvCells} from '../../src/exchange/lines.js'

const NOW = 1_790_000_000_000
const DAY = 86_400
const s = NOW / 1000
const base = {now: NOW, window: DAY * 1000, keep: 36 * DAY * 1000, ipv4: 24, ipv6: 64, passNetwork: true}

const read = async (source: Source, path: string, more = {}) => {
  const warned: string[] = []
  const {entries: all, rules, skipped} = await gather(readSource(source, path, {target: {...base, formerDelay: FORMER_DELAY[source], ...more}, warn: text => warned.push(text)}), () => undefined)
  const entries = [...all]
  const short = entries.map(({network, sender, recipient, passed}) => `${network} ${sender} ${recipient} ${passed > 0 ? 'passed' : 'pending'}`.replace(/ +/g, ' ')).toSorted()
  return {entries, short, rules: rules.map(({list, kind, value}) => `${list} ${kind} ${value}`).toSorted(), skipped: Object.fromEntries(skipped), warned}
}

const file = (directory: string, name: string, {atime, mtime}: {atime: number; mtime: number}): void => {
  writeFileSync(join(directory, name), '')
  utimesSync(join(directory, name), atime, mtime)
}

test('qgreylist: mtime first seen, atime last pass, equal seen once; its whitelist beside it', async () => {
  const root = temporaryDirectory('qgreylist')
  for (const name of ['greylist', 'whitelist']) mkdirSync(join(root, name))
  const state = join(root, 'greylist')
  file(state, '192.0.2.', {atime: s - 100, mtime: s - 5000})
  file(state, '198.51.100.', {atime: s - 600, mtime: s - 600})
  file(state, '203.0.113.9', {atime: s - 10, mtime: s - 500})
  file(state, '10.0.', {atime: s - 10, mtime: s - 500})
  file(state, '10.1.1.', {atime: s - 2 * DAY, mtime: s - 2 * DAY})
  file(state, '10.1.2.', {atime: s - 40 * DAY, mtime: s - 50 * DAY})
  file(state, '.lastcleanup', {atime: s, mtime: s})
  file(state, 'README', {atime: s, mtime: s})
  for (const name of ['192.168.', '172.16.5.', '172.16.6.7']) file(join(root, 'whitelist'), name, {atime: s, mtime: s})
  const result = await read('qgreylist', state)
  expect(result.short).toEqual(['192.0.2.0/24 passed', '198.51.100.0/24 pending', '203.0.113.0/24 passed'].map(text => text.replace(' ', ' ').replace(/ (passed|pending)/, ' $1')))
  expect(result.entries.find(({network}) => network === '192.0.2.0/24')).toMatchObject({first: (s - 5000) * 1000, last: (s - 100) * 1000})
  expect(result.skipped).toEqual({'a range wider than the networks here': 1, expired: 2, 'a name that is no address': 1})
  expect(result.rules).toEqual(['allow ip 172.16.5.0/24', 'allow ip 172.16.6.7', 'allow ip 192.168.0.0/16'])
  expect((await read('qgreylist', root)).short).toEqual(result.short)
})

test('qgreylist: a copy that has lost its access times is warned of', async () => {
  const state = temporaryDirectory('qgreylist')
  for (let n = 0; n < 30; n++) file(state, `10.0.${n}.`, {atime: s, mtime: s - 1000 - n})
  expect((await read('qgreylist', state)).warned.join()).toMatch(/cp -p/)
})

test('jgreylist: early retries set the access time, so only the hold time tells who passed', async () => {
  const root = temporaryDirectory('jgreylist')
  mkdirSync(join(root, '192/000/002'), {recursive: true})
  mkdirSync(join(root, '198/051'), {recursive: true})
  file(root, '192/000/002/007', {atime: s - 100, mtime: s - 5000})
  file(root, '198/051/100', {atime: s - 1000, mtime: s - 1060})
  file(root, '198/051/999', {atime: s, mtime: s})
  const result = await read('jgreylist', root)
  expect(result.short).toEqual(['192.0.2.0/24 passed', '198.51.100.0/24 pending'])
  expect(result.skipped).toEqual({'a name that is no address': 1})
})

const DUMP = `VERSION=3
format=print
type=btree
HEADER=END
 192.0.2.0/a@example.com/x@here.example
 ${s - 4000},${s - 3000}
 198.51.100.0/b@example.com/x@here.example
 ${s - 200},${s - 100}
 2001:db8:1:2::/c\\5cd@example.com/y@here.example
 ${s - 200},${s - 200}
 203.0.113.0//z@here.example
 ${s - 50},${s - 50}
 da39a3ee5e6b4b0d3255bfef95601890afd80709
 ${s - 50},${s - 50}
DATA=END
`

test('postgrey: db_dump -p of triplets and of clients', async () => {
  const directory = temporaryDirectory('postgrey')
  const path = join(directory, 'dump')
  writeFileSync(path, DUMP)
  const result = await read('postgrey', path)
  expect(result.short).toEqual([
    '192.0.2.0/24 passed',
    '198.51.100.0/24 b@example.com x@here.example pending',
    '2001:db8:1:2::/64 c\\d@example.com y@here.example pending',
    '203.0.113.0/24 <> z@here.example pending',
  ])
  expect(result.skipped).toEqual({'a key that --privacy has hashed': 1})
  expect((await read('postgrey', path, {passNetwork: false})).short[0]).toBe('192.0.2.0/24 a@example.com x@here.example passed')
  writeFileSync(path, `HEADER=END\n 198.51.100.7\n 5,${s - 10}\nDATA=END\n`)
  expect((await read('postgrey', path)).short).toEqual(['198.51.100.0/24 passed'])
})

const dump = (rows: readonly (readonly [string, string])[], end = 'DATA=END\n', form = 'print'): string =>
  `VERSION=3\nformat=${form}\ntype=btree\nHEADER=END\n${rows.map(([key, value]) => ` ${key}\n ${value}\n`).join('')}${end}`

test('postgrey: addresses of any bytes, slashes in both, whole hosts, either form of the dump', async () => {
  const path = join(temporaryDirectory('postgrey'), 'dump')
  const rows = [
    ['192.0.2.0/m\\c3\\bcller@utf8.example/r@here.example', `${s - 50},${s - 50}`],
    ['192.0.2.0/m\\fcller@latin1.example/r@here.example', `${s - 50},${s - 50}`],
    ['192.0.2.0/a/b@slash.example/x/y@here.example', `${s - 50},${s - 50}`],
    ['192.0.2.0//x/y@here.example', `${s - 50},${s - 50}`],
    ['192.0.2.0/daemon/y@here.example', `${s - 50},${s - 50}`],
    ['198.51.100.7/32/a@example.com/y@here.example', `${s - 50},${s - 50}`],
    ['2001:DB8:0:1:0:0:0:1/128/a@example.com/y@here.example', `${s - 50},${s - 50}`],
  ] as const
  writeFileSync(path, dump(rows))
  const {short} = await read('postgrey', path)
  expect(short).toEqual([
    '192.0.2.0/24 <> x/y@here.example pending',
    '192.0.2.0/24 a/b@slash.example x/y@here.example pending',
    '192.0.2.0/24 daemon y@here.example pending',
    '192.0.2.0/24 müller@latin1.example r@here.example pending',
    '192.0.2.0/24 müller@utf8.example r@here.example pending',
    '198.51.100.0/24 a@example.com y@here.example pending',
    '2001:db8:0:1::/64 a@example.com y@here.example pending',
  ])
  const hex = (text: string): string => Buffer.from(text.replace(/\\([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))), 'latin1').toString('hex')
  writeFileSync(path, dump(rows.map(([key, value]) => [hex(key), hex(value)] as const), 'DATA=END\n', 'bytevalue'))
  expect((await read('postgrey', path)).short).toEqual(short)
})

test('postgrey: half a dump is told, what is none is refused, a client passes for all only as often as postgrey wants it', async () => {
  const path = join(temporaryDirectory('postgrey'), 'dump')
  writeFileSync(path, dump([['192.0.2.0/a@b.example/r@here.example', `${s - 50},${s - 50}`]], ' 192.0.2.0/c@d.exam'))
  const half = await read('postgrey', path)
  expect(half.short).toHaveLength(1)
  expect(half.warned.join()).toMatch(/cut off/)
  writeFileSync(path, dump([]))
  expect((await read('postgrey', path)).warned.join()).toMatch(/still running/)
  for (const bytes of ['network,first\n', 'SQLite format 3\0rest', '\u001f\u008b\u0008\0', 'a\0b']) {
    writeFileSync(path, Buffer.from(bytes, 'latin1'))
    await expect(read('postgrey', path)).rejects.toMatchObject({code: 'WRONG_FORM'})
  }
  writeFileSync(path, dump([['198.51.100.7', `2,${s - 10}`], ['203.0.113.7', `5,${s - 10}`]]))
  expect((await read('postgrey', path)).short).toHaveLength(2)
  expect((await read('postgrey', path, {passNetwork: false})).short).toEqual(['203.0.113.0/24 passed'])
})

test('postgrey: a real BerkeleyDB goes through the real db5.3_dump, and is named when it did not', async () => {
  const directory = temporaryDirectory('postgrey')
  const db = join(directory, 'postgrey.db')
  const tools = ['db5.3_load', 'db_load'].filter(name => {
    try {
      execFileSync('which', [name], {stdio: 'ignore'})
      return true
    } catch {
      return false // under its other name, perhaps
    }
  })
  const [load] = tools
  expect(load, 'db5.3-util is installed by test/packages.sh').toBeDefined()
  execFileSync(load ?? '', ['-T', '-t', 'btree', db], {input: `192.0.2.0/a@example.com/x@here.example\n${s - 4000},${s - 3000}\n`})
  await expect(read('postgrey', db)).rejects.toMatchObject({code: 'BERKELEY_DB', hint: expect.stringContaining('db5.3_dump -p') as string})
  writeFileSync(join(directory, 'dump'), execFileSync((load ?? '').replace('load', 'dump'), ['-p', db]))
  expect((await read('postgrey', join(directory, 'dump'))).short).toEqual(['192.0.2.0/24 passed'])
})

test('sqlgrey: its tables', async () => {
  const path = join(temporaryDirectory('sqlgrey'), 'sqlgrey.db')
  const db = new Sqlite(path)
  db.exec(`
    CREATE TABLE connect (sender_name varchar(64), sender_domain varchar(255), src varchar(39), rcpt varchar(255), first_seen timestamp);
    CREATE TABLE from_awl (sender_name varchar(64), sender_domain varchar(255), src varchar(39), first_seen timestamp, last_seen timestamp);
    CREATE TABLE domain_awl (sender_domain varchar(255), src varchar(39), first_seen timestamp, last_seen timestamp);
    CREATE TABLE optout_domain (domain varchar(255)); CREATE TABLE optin_email (email varchar(255));
    INSERT INTO connect VALUES ('a', 'example.com', '192.0.2', 'x@here.example', ${s - 100}), ('-undef-', '-undef-', '192.0.2.9', 'y@here.example', ${s - 100}),
      ('root', '-undef-', '192.0.2.9', 'y@here.example', ${s - 100}), (CAST(x'6dfc' AS TEXT), 'latin1.example', '192.0.2', 'z@here.example', ${s - 100});
    INSERT INTO from_awl VALUES ('b', 'example.com', '198.51.100.7', ${s - 5000}, ${s - 100}), ('old', 'example.com', '203.0.113', ${s - 90 * DAY}, ${s - 80 * DAY});
    INSERT INTO domain_awl VALUES ('example.net', '2001:db8::1', ${s - 5000}, ${s - 50});
    INSERT INTO optout_domain VALUES ('there.example'); INSERT INTO optin_email VALUES ('me@here.example');`)
  db.close()
  const result = await read('sqlgrey', path)
  expect(result.short).toEqual(['192.0.2.0/24 <> y@here.example pending', '192.0.2.0/24 a@example.com x@here.example pending', '192.0.2.0/24 mü@latin1.example z@here.example pending', '192.0.2.0/24 root y@here.example pending', '198.51.100.0/24 passed', '2001:db8::/64 passed'])
  expect(result.rules).toEqual(['opt-in recipient me@here.example', 'opt-out recipient there.example'])
  expect(result.skipped).toEqual({expired: 1})
  writeFileSync(path, 'no database')
  await expect(read('sqlgrey', path)).rejects.toMatchObject({code: 'NOT_SQLGREY'})
})

test('greylistd: keys of 64 bits join both files', async () => {
  const directory = temporaryDirectory('greylistd')
  writeFileSync(join(directory, 'states'), `[white]\n9007199254740993 = ${s - 10} ${s - 5000} 7\n\n[grey]\n-9007199254740995 = ${s - 60} ${s - 60} 1\n77 = ${s} ${s} 1\n[black]\n5 = ${s} ${s} 1\n`)
  writeFileSync(join(directory, 'triplets'), '9007199254740993 = 192.0.2.7 a@example.com x@here.example\n9007199254740992 = 10.0.0.1 no no\n-9007199254740995 = 198.51.100.7 <> y@here.example\n5 = 203.0.113.9\n')
  const result = await read('greylistd', directory)
  expect(result.short).toEqual(['192.0.2.0/24 passed', '198.51.100.0/24 <> y@here.example pending'])
  expect(result.rules).toEqual(['block ip 203.0.113.9'])
  expect(result.skipped).toEqual({'a key without its triplet': 1})
})

test('greylistd: the empty word of the null sender is not kept', async () => {
  const directory = temporaryDirectory('greylistd')
  writeFileSync(join(directory, 'states'), `[grey]\n1 = ${s - 60} ${s - 60} 1\n2 = ${s - 60} ${s - 60} 1\n3 = ${s - 60} ${s - 60} 1\n`)
  writeFileSync(join(directory, 'triplets'), '1 = 192.0.2.7 x@here.example\n2 = 192.0.2.7 y@here.example\n')
  expect((await read('greylistd', directory)).short, 'no triplets: pairs of another kind').toContain('192.0.2.0/24 x@here.example pending')
  writeFileSync(join(directory, 'triplets'), '1 = 192.0.2.7 x@here.example\n2 = 192.0.2.0/24 y@here.example, x@here.example\n3 = 192.0.2.7 a@b.example x@here.example\n')
  expect((await read('greylistd', directory)).short).toEqual(['192.0.2.0/24 <> x@here.example pending', '192.0.2.0/24 <> y@here.example pending', '192.0.2.0/24 a@b.example x@here.example pending'])
})

test('CSV and JSON lines; rubbish is counted, never thrown', async () => {
  const path = join(temporaryDirectory('lines'), 'x')
  writeFileSync(path, `ip,first,passed,sender,recipient\r\n192.0.2.7,${s - 100},${s - 10},,\r\n"198.51.100.7",2026-09-21T14:00:00Z,,"a@example.com",x@here.example\r\nfoo,1,,,\r\n`)
  expect(await read('csv', path)).toMatchObject({short: ['192.0.2.0/24 passed', '198.51.100.0/24 a@example.com x@here.example pending'], skipped: {'no address': 1}})
  writeFileSync(path, `{"network":"192.0.2.0/24","first":"2026-09-21T14:00:00Z","tries":2}\n\nnonsense\n{"list":"allow","kind":"ip","value":"10.0.0.0/8"}\n{"list":"allow","kind":"ip","value":"x"}\n[1]\n{"network":"10.0.0.0/24"}\n`)
  expect(await read('json', path)).toMatchObject({short: ['192.0.2.0/24 pending'], rules: ['allow ip 10.0.0.0/8'], skipped: {'not JSON': 1, 'no list entry': 1, 'no address': 1, 'no time': 1}})
  writeFileSync(path, '192.0.2.7,5,6\n')
  await expect(read('csv', path)).rejects.toMatchObject({code: 'WRONG_FORM'})
  writeFileSync(path, Buffer.from(`{"network":"192.0.2.0/24","sender":"m\xfc@x","recipient":"r@y","first":${s - 5}}\n`, 'latin1'))
  expect((await read('json', path)).short).toEqual(['192.0.2.0/24 mü@x r@y pending'])
  expect(csvCells('a,"b ""c"", d",,e')).toEqual(['a', 'b "c", d', '', 'e'])
})
