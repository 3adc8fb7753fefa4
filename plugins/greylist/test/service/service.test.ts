// The service: batches, messages of several recipients, faults of the store, SPF, learning, log and metrics.
import {execFileSync} from 'node:child_process'
import {closeSync, mkdirSync, openSync, readdirSync, statSync, writeFileSync, writeSync} from 'node:fs'
import {dirname, join} from 'node:path'

import Sqlite from 'better-sqlite3'
import {afterEach, beforeEach, expect, onTestFinished, test, vi} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {openService} from '../../src/effects/service/open.js'
import {shortNetwork} from '../../src/effects/sqlite/rows.js'
import {dnsServer} from '../support/dns-server.js'
import {openedService} from '../support/service.js'

// The clock of the decisions stands still but for this: a busy machine must not pass a delay by itself.
beforeEach(() => void vi.useFakeTimers({toFake: ['Date']}))
afterEach(() => void vi.useRealTimers())
const later = (span: number): void => void vi.setSystemTime(Date.now() + span)

const mail = {stage: 'rcpt', sender: 'a@example.com', recipient: 'x@here.example'} as const

test('a first attempt is deferred, a retry after the delay passes with a header, and then the network is known', async () => {
  const {ask, log} = await openedService({delay: 30_000, window: 60_000_000})
  expect(await ask(mail)).toMatchObject({action: 'defer', reason: 'new', network: '192.0.2.0/24', sender: 'a@example.com', tries: 1})
  expect(await ask(mail)).toMatchObject({action: 'defer', reason: 'early', tries: 2})
  later(30_000)
  expect(await ask(mail)).toMatchObject({action: 'pass', reason: 'retried', delayed: 30_000, tries: 3})
  expect(await ask({...mail, sender: 'other@example.net'})).toMatchObject({action: 'pass', reason: 'known'})
  const lines = log.map(line => JSON.parse(line) as {reason: string; client: string; key?: string})
  expect(lines[0]).toMatchObject({action: 'defer', reason: 'new', client: '192.0.2.7', key: '192.0.2.0/24 a@example.com x@here.example', wait: 30})
  expect(lines.at(-1)).toMatchObject({reason: 'known'})
})

test('all recipients of a message share the answer to the first; the header comes once', async () => {
  const {ask} = await openedService()
  const first = await ask({...mail, instance: 'a.1'})
  expect(first).toMatchObject({action: 'defer', tries: 1})
  expect(await ask({...mail, recipient: 'y@here.example', instance: 'a.1'})).toEqual(first)
  later(60_000)
  expect((await ask({...mail, instance: 'b.1'})).header).toMatch(/^X-Greylist: delayed 60 seconds by mailops at /)
  const second = await ask({...mail, recipient: 'y@here.example', instance: 'b.1'})
  expect(second).toMatchObject({action: 'pass', reason: 'retried'})
  expect(second.header).toBeUndefined()
})

test('hundreds at once are answered in the order of each network, in a few transactions', async () => {
  const {ask} = await openedService()
  const decisions = await Promise.all(Array.from({length: 600}, (_, n) => ask({client: `10.0.${n % 200}.1`})))
  expect(decisions.slice(0, 200).every(({reason}) => reason === 'new')).toBe(true)
  expect(decisions.slice(200).every(({reason, tries}) => reason === 'early' && (tries ?? 0) > 1)).toBe(true)
})

test('learning: everything passes, and is counted apart', async () => {
  const {ask, service} = await openedService({learning: true})
  expect(await ask()).toMatchObject({action: 'pass', learning: true, reason: 'new'})
  expect(await service.metrics()).toContain('mailops_greylist_decisions_total{action="learn",reason="new"} 1')
  expect(await service.metrics()).toContain('mailops_greylist_learning 1')
})

test('a look stores, counts and logs nothing', async () => {
  const {service, log, ask} = await openedService()
  expect(await service.look({client: '192.0.2.7', stage: 'connect'})).toMatchObject({known: false, decision: {reason: 'new'}})
  expect(await service.look({client: '192.0.2.7', stage: 'connect'})).toMatchObject({known: false})
  await ask()
  expect(await service.look({client: '192.0.2.7', stage: 'connect'})).toMatchObject({known: true, decision: {reason: 'early'}})
  expect(log).toHaveLength(1)
})

test('a reload takes other lists and times', async () => {
  const {service, settings, ask} = await openedService()
  await service.reload({...settings, rules: [{list: 'allow', kind: 'ip', value: '192.0.2.0/24'}]})
  expect(await ask()).toMatchObject({action: 'pass', reason: 'allow-listed', by: 'allow ip 192.0.2.0/24'})
})

test('a damaged store is moved aside: loud, a fresh one, and everything passes for one window', async () => {
  const directory = temporaryDirectory('greylist')
  const db = join(directory, 'g.db')
  writeFileSync(db, 'SQLite format 3\0'.padEnd(8192, 'x'))
  const {ask, warned} = await openedService({db})
  expect(warned.join()).toMatch(/damaged .*moved to .*corrupt-.*everything passes until/)
  expect(await ask()).toMatchObject({action: 'pass', learning: true, reason: 'new'})
  expect(readdirSync(directory).some(name => name.includes('.corrupt-'))).toBe(true)
})

test('damage deep inside shows in use: the store is replaced without a stop', async () => {
  const db = join(temporaryDirectory('greylist'), 'g.db')
  const before = await openedService({db})
  await Promise.all(Array.from({length: 5000}, (_, n) => before.ask({client: `10.${n >> 8}.${n & 255}.1`})))
  await before.service.close()
  const fd = openSync(db, 'r+')
  // Header, schema and the roots stay whole: opening it finds nothing wrong.
  const {size} = statSync(db)
  for (let at = 16 * 4096; at < size; at += 4096) writeSync(fd, Buffer.alloc(4096, 0x5a), 0, 4096, at)
  closeSync(fd)
  const {ask, warned} = await openedService({db})
  let n = 0
  await vi.waitFor(async () => {
    // Never anything but an answer, whatever the store is in.
    expect((await ask({client: `10.${n >> 8}.${n++ & 255}.1`})).action).toMatch(/pass|defer/)
    expect(warned.join('\n')).toMatch(/moved to .*corrupt-/)
  }, {timeout: 30_000, interval: 1})
  await vi.waitFor(async () => expect(await ask({client: '172.17.0.1'})).toMatchObject({action: 'pass', learning: true}), {timeout: 5000})
})

test('a place that cannot be written keeps nobody from starting: all pass, and the store is taken when it can', async () => {
  const directory = temporaryDirectory('greylist')
  const blocker = join(directory, 'store')
  writeFileSync(blocker, 'a file where the folder should be')
  const {ask, warned, service} = await openedService({db: join(blocker, 'g.db')})
  expect(warned.join()).toMatch(/cannot be opened, everybody passes/)
  expect(await ask()).toEqual({action: 'pass', reason: 'store-fault'})
  expect(await service.metrics()).toContain('mailops_greylist_store_up 0')
})

test.skipIf(process.getuid?.() !== 0)('a full disk: everybody passes and it is said; with room again it goes on', async () => {
  const directory = temporaryDirectory('greylist')
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'mailops-test', directory])
  onTestFinished(() => {
    execFileSync('umount', ['-l', directory])
  })
  const {ask, warned, service} = await openedService({db: join(directory, 'g.db')})
  expect((await ask()).reason).toBe('new')
  let n = 0
  const burst = async () => Promise.all(Array.from({length: 500}, () => ask({client: `10.${(n >> 8) & 255}.${n++ & 255}.1`})))
  await vi.waitFor(async () => expect((await burst()).some(({reason}) => reason === 'disk-full')).toBe(true), {timeout: 20_000, interval: 20})
  // A deferral that is not remembered is one for ever: from the first failure on it is given only once it is on the disk.
  const deferred: string[] = []
  for (let round = 0; round < 10; round++)
    for (const {action, reason, network = ''} of await burst()) {
      if (action === 'defer') deferred.push(network)
      else expect(reason).toBe('disk-full')
    }
  const disk = new Sqlite(join(directory, 'g.db'), {readonly: true})
  const isKept = (network: string): boolean => disk.prepare('SELECT 1 FROM entry WHERE network = ?').get(shortNetwork(network)) !== undefined
  expect(isKept('192.0.2.0/24')).toBe(true)
  expect(deferred.filter(network => !isKept(network))).toEqual([])
  disk.close()
  expect(warned.join('\n')).toMatch(/no room for the store, everybody passes: .*g\.db/)
  expect(await service.control({verb: 'hello'}).next()).toMatchObject({value: {trouble: expect.stringMatching(/^no room for the store: /) as string}})
  // Whoever looks at such a time gets numbers, and for a change a reason.
  const told = async (request: Parameters<typeof service.control>[0]) => (await service.control(request).next()).value as Record<string, unknown>
  expect(await told({verb: 'counts'})).toMatchObject({counts: {'pass disk-full': expect.any(Number)}})
  const entries = Array.from({length: 5000}, (_, k) => ({network: `192.0.${k}.0/24`, sender: 's'.repeat(200), recipient: 'r'.repeat(200), first: 1, last: 1, passed: 0, tries: 1}))
  await expect(told({verb: 'put', entries})).rejects.toMatchObject({code: 'STORE_FULL', oclif: {exit: 73}})
  execFileSync('mount', ['-o', 'remount,size=64m', directory])
  await vi.waitFor(async () => expect((await ask({client: '172.16.0.1'})).action).toBe('defer'), {timeout: 10_000, interval: 20})
  expect(warned.join('\n'), 'a disk may be full again at once').not.toMatch(/the store works again/)
  later(60_000)
  await ask({client: '172.16.0.2'})
  expect(warned.join('\n')).toMatch(/the store works again/)
  expect(await service.metrics()).toContain('action="pass",reason="disk-full"')
})

test('counters and entries outlive the process', async () => {
  const directory = temporaryDirectory('greylist')
  const db = join(directory, 'g.db')
  const once = await openedService({db})
  await once.ask()
  await once.service.close()
  const again = await openedService({db})
  expect(await again.ask()).toMatchObject({reason: 'early', tries: 2})
  expect(await again.service.metrics()).toMatch(/action="defer",reason="new"} 1[\s\S]*/)
})

test('a retry from another address that the SPF record names passes after the delay; one that it does not name waits', async () => {
  const {at, asked} = await dnsServer({'example.com': {txt: ['v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 -all']}})
  const {ask, service} = await openedService({spf: true, resolver: at})
  expect(await ask(mail)).toMatchObject({action: 'defer', reason: 'new'})
  const other = {...mail, client: '198.51.100.9'}
  later(59_000)
  await vi.waitFor(() => expect(asked).toContain('TXT example.com'))
  later(1000)
  // A look leaves no trace: only the background's end changes what it says.
  await vi.waitFor(async () => expect((await service.look(other)).decision.reason).toBe('spf'))
  expect(await ask(other)).toMatchObject({action: 'pass', reason: 'spf', by: 'example.com'})
  expect(await ask({...mail, client: '203.0.113.9'})).toMatchObject({action: 'defer', reason: 'new'})
  expect(await ask({client: '198.51.100.200', stage: 'connect'}), 'its network is known now').toMatchObject({reason: 'known'})
})

test('a stranger who names a domain gains nothing from its record', async () => {
  const {at, asked} = await dnsServer({'example.com': {txt: ['v=spf1 ip4:192.0.2.0/24 -all']}, 'other.example': {txt: ['v=spf1 ip4:198.51.100.0/24 -all']}})
  const {ask, service} = await openedService({spf: true, resolver: at})
  await ask({...mail, client: '203.0.113.9'})
  await vi.waitFor(() => expect(asked).toContain('TXT example.com'))
  await ask({...mail, client: '198.51.100.9', sender: 'a@other.example'})
  later(60_000)
  // The later look-up has ended, so the earlier one has.
  await vi.waitFor(async () => expect((await service.look({...mail, client: '198.51.100.9', sender: 'b@other.example', recipient: 'new@here.example'})).decision.reason).toBe('spf'))
  expect((await ask({...mail, client: '203.0.113.9'})).reason).toBe('retried')
  expect(await ask({...mail, client: '192.0.2.9'})).toMatchObject({action: 'defer', reason: 'new'})
})

test('what a fake dialog saw counts for clients whose sender is not known yet', async () => {
  const {at} = await dnsServer({'example.com': {txt: ['v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 -all']}})
  const {ask, service} = await openedService({spf: true, resolver: at})
  expect((await ask()).reason).toBe('new')
  service.report({client: '192.0.2.7', sender: 'a@example.com', recipients: ['x@here.example']})
  later(60_000)
  await vi.waitFor(async () => expect((await service.look({client: '198.51.100.9', stage: 'connect'})).decision.reason).toBe('spf'))
  expect(await ask({client: '198.51.100.9'})).toMatchObject({action: 'pass', reason: 'spf', by: 'example.com'})
})

test('a missing module is an error of its own', async () => {
  vi.doMock('better-sqlite3', () => {
    throw new Error('Cannot find module')
  })
  vi.resetModules()
  onTestFinished(() => {
    vi.doUnmock('better-sqlite3')
    vi.resetModules()
  })
  const {openService: fresh} = (await import('../../src/effects/service/open.js')) as {openService: typeof openService}
  const directory = temporaryDirectory('greylist')
  mkdirSync(join(directory, 'store'))
  const {defaultSettings} = await import('../../src/settings/settings.js')
  const settings = defaultSettings({socket: join(directory, 's.sock'), db: join(directory, 'store', 'g.db')})
  await expect(fresh(settings, {log: () => undefined, warn: () => undefined})).rejects.toMatchObject({code: 'SQLITE_MISSING', oclif: {exit: 69}})
  expect(dirname(settings.db)).toContain(directory)
})
