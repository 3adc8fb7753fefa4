// Which cause a failure is put down to, and what is advised.
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {offsetClock} from '../../src/failures/clock.js'
import {diagnose} from '../../src/effects/failures/diagnose.js'
import {ChkservdReader} from '../../src/failures/chkservd.js'
import {accepted, causesOf, failed, logsIn, reportOf, times} from './support.js'

const KEY = '__cpanel__service__auth__exim__AbCdEfGh12345678'

test('the monitor from loopback is told apart from who guesses at its keys from outside', async () => {
  const report = await reportOf([
    ...times(4, n => failed(300 * n, KEY, '127.0.0.1')),
    failed(10, '__cpanel__service__auth__icontact__AbCdEfGh12345678', '::1'),
    failed(20, '__cpanel__service__auth__exim__root', '203.0.113.9'),
  ])
  expect(causesOf(report)).toEqual({'monitor exim': 4, 'monitor icontact': 1, 'monitor-guess exim': 1})
  const [monitor] = report.classes
  expect(monitor).toMatchObject({service: 'exim', accounts: 1, addresses: 1, first: '2026-03-03T09:00:00Z', last: '2026-03-03T09:15:00Z'})
  expect(monitor?.advice).toContain('reset-serviceauth exim')
  expect(monitor?.advice).toContain('every 5m')
  const guess = report.classes.find(({cause}) => cause === 'monitor-guess')
  expect(guess?.ban).toEqual(['203.0.113.9'])
  expect(guess?.advice).toContain('do not reset')
  expect(JSON.stringify(report)).not.toContain('AbCdEfGh')
})

test('a peer that is the interface of the same line is this machine, and one that was forged is not', async () => {
  const own = failed(0, KEY, '192.0.2.10').replace(']:1000:', ']:1000 I=[192.0.2.10]:25:')
  const forged = `2026-03-03 09:00:01 login authenticator failed for (x) [127.0.0.1]: 535 Incorrect authentication data (set_id=${KEY}) [203.0.113.5]: 535 Incorrect authentication data (set_id=a)`
  const report = await reportOf([own, forged])
  expect(causesOf(report)).toEqual({'monitor exim': 1, 'monitor-guess exim': 1})
  expect(report.classes.find(({cause}) => cause === 'monitor-guess')?.ban).toEqual(['203.0.113.5'])
})

test('435 is the backend, whoever asks', async () => {
  const detail = {code: 435, text: 'Unable to authenticate at present', detail: ': failed to open /var/cpanel/x: Permission denied'}
  const report = await reportOf([failed(0, 'amy', '203.0.113.1', detail), failed(1, KEY, '127.0.0.1', detail)])
  expect(causesOf(report)).toEqual({backend: 2})
  expect(report.classes[0]?.advice).toContain('do not reset')
})

test('one account that gets in elsewhere has a stale password', async () => {
  const report = await reportOf([
    accepted(0, 'amy@a.example', '198.51.100.1'),
    ...times(30, n => failed(60 + 60 * n, 'Amy@a.example', '198.51.100.2')),
  ])
  expect(causesOf(report)).toEqual({'stale-password': 30})
  expect(report.classes[0]?.advice).toContain('amy@a.example')
})

test('many accounts from one address, and one account from many, are attacks', async () => {
  const report = await reportOf([
    ...times(8, n => failed(n, `user${n}@a.example`, '203.0.113.1')),
    ...times(8, n => failed(100 + 60 * n, 'info@a.example', `203.0.113.${50 + n}`)),
    ...times(25, n => failed(1000 + n, 'fast@a.example', '203.0.113.99')),
    failed(5000, 'once@a.example', '203.0.113.200'),
  ])
  expect(causesOf(report)).toEqual({'brute-force': 41, unexplained: 1})
  expect(report.classes[0]?.ban).toContain('203.0.113.1')
  expect(report.classes[0]).toMatchObject({accounts: 10, addresses: 10})
})

test('the thresholds are what they are told to be', async () => {
  const lines = times(4, n => failed(60 * n, `user${n}@a.example`, '203.0.113.1'))
  const thresholds = {accountsPerAddress: 5, addressesPerAccount: 5, failuresPerPair: 20, outageUsers: 5}
  expect(causesOf(await reportOf(lines, {thresholds}))).toEqual({unexplained: 4})
  expect(causesOf(await reportOf(lines, {thresholds: {...thresholds, accountsPerAddress: 4}}))).toEqual({'brute-force': 4})
})

test('a password that was found is said', async () => {
  const report = await reportOf([
    ...times(9, n => failed(n, `user${n}@a.example`, '203.0.113.1')),
    accepted(20, 'user3@a.example', '203.0.113.1'),
  ])
  expect(report.classes[0]?.succeeded).toEqual([{account: 'user3@a.example', address: '203.0.113.1'}])
  expect(report.classes[0]?.advice).toContain('change that password')
})

test('loopback, the machine itself, webmail and addresses with users are never to be banned', async () => {
  const lines = ['127.0.0.1', '192.0.2.25', '198.51.100.80', '10.1.1.1', '203.0.113.1'].flatMap((address, at) =>
    times(9, n => failed(100 * at + n, `user${n}@a.example`, address)))
  const report = await reportOf([...times(4, n => accepted(n, `good${n}@a.example`, '203.0.113.77')),
    ...times(9, n => failed(700 + n, `bad${n}@a.example`, '203.0.113.77')), ...lines], {own: ['192.0.2.25'], webmail: ['198.51.100.0/24']})
  const [attack] = report.classes
  expect(attack?.cause).toBe('brute-force')
  expect(attack?.ban).toEqual(['203.0.113.1'])
  for (const text of ['127.0.0.1', 'webmail', 'your own network', 'users behind']) expect(attack?.advice).toContain(text)
})

test('no account named: aborted', async () => {
  const report = await reportOf([
    failed(0, null, '203.0.113.1'),
    failed(1, null, '203.0.113.1', {code: 501, text: 'Authentication cancelled'}),
    failed(2, null, '203.0.113.2', {code: 553, text: 'Initial data not expected'}),
  ])
  expect(causesOf(report)).toEqual({aborted: 3})
  expect(report.classes[0]).toMatchObject({accounts: 0, addresses: 2})
})

test('users who get in fail one after another and nobody gets in: an outage, and only while it lasts', async () => {
  const report = await reportOf([
    ...times(12, n => accepted(n, `user${n}@a.example`, `198.51.100.${n}`)),
    failed(30, 'user1@a.example', '198.51.100.1'),
    accepted(40, 'user1@a.example', '198.51.100.1'),
    ...times(24, n => failed(600 + 5 * n, `user${n % 12}@a.example`, `198.51.100.${n % 12}`)),
    failed(610, 'admin@a.example', '203.0.113.1'),
    ...times(12, n => accepted(1000 + n, `user${n}@a.example`, `198.51.100.${n}`)),
    failed(2000, 'user5@a.example', '198.51.100.5'),
  ].toSorted())
  expect(causesOf(report)).toEqual({outage: 24, 'stale-password': 2, unexplained: 1})
  expect(report.classes[0]).toMatchObject({cause: 'outage', accounts: 12, first: '2026-03-03T09:10:00Z', last: '2026-03-03T09:11:55Z'})
})

test('stale passwords at night, when nobody logs in, are no outage', async () => {
  const report = await reportOf([
    ...times(9, n => accepted(n, `user${n}@a.example`, `198.51.100.${n}`)),
    ...times(9, n => [failed(100 + 10 * n, `user${n}@a.example`, `198.51.100.${n}`), accepted(101 + 10 * n, 'user0@a.example', '198.51.100.0')]).flat(),
    ...times(90, n => failed(2000 + 60 * n, `user${1 + (n % 8)}@a.example`, `198.51.100.${1 + (n % 8)}`)),
  ])
  expect(causesOf(report)).toEqual({'stale-password': 99})
})

test('in a log without successes, a crowd at once is an outage', async () => {
  const crowd = times(30, n => failed(3000 + n, `user${n}@a.example`, `198.51.100.${n}`))
  expect(causesOf(await reportOf([failed(0, 'x', '203.0.113.1'), ...crowd]))).toEqual({outage: 30, unexplained: 1})
})

const CHKSERVD = (last: string): string[] => [
  '[2026-03-03 09:05:12 +0000] Service check ....',
  'exim [[socket_service_auth:1]TCP Transaction Log: ',
  '<< 220-server1.host.example ESMTP Exim 4.96 #2',
  '>> AUTH PLAIN AF9fY3BhbmVsX19zZXJ2aWNlX19hdXRoX19leGltX19BYkNkRWZHaABzM2NyZXQ=',
  '<< 535 Incorrect authentication data',
  'exim: ** [535 Incorrect authentication data != 2]',
  ': Died at ChkServd.pm line 689.',
  '[check command:+][socket connect:-][socket failure threshold:1/3]]...Done',
  '[2026-03-03 09:40:12 +0000] Service check ....',
  `exim [[check command:+][socket connect:${last}]]...Done`,
]

test.each([['-', false, 'confirms it'], ['+', true, 'it is mended']])('chkservd.log beside the log (last check %s)', async (last, mended, text) => {
  const {directory, path} = logsIn({mainlog: [failed(310, KEY, '127.0.0.1')]})
  writeFileSync(join(directory, 'chkservd.log'), CHKSERVD(last).join('\n'))
  const report = await diagnose({logs: [path('mainlog')], wall: offsetClock(0)})
  expect(report.classes[0]?.mended ?? false).toBe(mended)
  expect(report.classes[0]?.advice).toContain(text)
  expect(report.classes[0]?.proof.at(-1)).toBe('chkservd.log: exim: ** [535 Incorrect authentication data != 2]')
  expect(report.logs).toHaveLength(2)
})

test('cPHulk is named where it refuses the account', async () => {
  const {directory, path} = logsIn({mainlog: [accepted(0, 'amy@a.example', '198.51.100.1'), failed(60, 'amy@a.example', '198.51.100.1')]})
  writeFileSync(join(directory, 'cphulkd.log'), '2026-03-03 09:00:30 Login Blocked: [Service]=[mail] [Remote IP Address]=[198.51.100.1] [Username]=[amy@a.example]\n')
  const report = await diagnose({logs: [path('mainlog'), path('cphulkd.log')], wall: offsetClock(0)})
  expect(report.classes[0]?.advice).toContain('cPHulk refuses amy@a.example, 198.51.100.1')
})

test('groups by account, address and service', async () => {
  const lines = [...times(3, n => failed(n, 'amy', '203.0.113.1')), failed(9, 'bob', '203.0.113.1'), failed(10, KEY, '127.0.0.1')]
  expect((await reportOf(lines, {by: 'account'})).groups?.map(({name, count}) => [name, count])).toEqual([
    ['amy', 3], ['__cpanel__service__auth__exim__[redacted]', 1], ['bob', 1]])
  expect((await reportOf(lines, {by: 'ip', top: 1})).groups).toEqual([
    {name: '203.0.113.1', count: 4, first: '2026-03-03T09:00:00Z', last: '2026-03-03T09:00:09Z', causes: {unexplained: 4}}])
  expect((await reportOf(lines, {by: 'service'})).groups?.map(({name, count}) => [name, count])).toEqual([['(no service)', 4], ['exim', 1]])
})

test('chkservd.log with a cycle a line: each service by its own tokens', () => {
  const reader = new ChkservdReader()
  reader.line('[2026-03-03 09:40:00 +0000] Service check ....queueprocd [[check command:+][socket connect:N/A]]...named [[check command:+][socket connect:N/A]]...imap [[socket_service_auth:1][check command:+][socket connect:+]]...exim [[socket_service_auth:1]TCP Transaction Log: ')
  reader.line('<< 535 Incorrect authentication data')
  reader.line('exim: ** [535 Incorrect authentication data != 2]')
  reader.line(': Died at ChkServd.pm line 689.')
  reader.line('[check command:+][socket connect:-][socket failure threshold:1/3]]...ftpd [[check command:+][socket connect:+]]...Done')
  const at = (text: string): number => Date.parse(text) / 1000
  expect(reader.services.get('exim')).toMatchObject({refused: 1, last: at('2026-03-03T09:40:00Z'), passed: 0})
  expect(reader.services.get('imap')).toMatchObject({refused: 0, passed: at('2026-03-03T09:40:00Z')})
  expect(reader.services.get('ftpd')).toMatchObject({passed: at('2026-03-03T09:40:00Z')})
  expect(reader.services.has('named')).toBe(false)
  reader.line('[2026-03-03 09:45:00 +0000] Service check ....imap [[check command:+][socket connect:-]]...exim [[socket_service_auth:1][check command:+][socket connect:+]]...Done')
  expect(reader.services.get('exim')).toMatchObject({refused: 1, passed: at('2026-03-03T09:45:00Z')})
  expect(reader.services.get('imap')?.passed).toBe(at('2026-03-03T09:40:00Z'))
})

test('a crowd without an end that never comes back is many machines, not an outage', async () => {
  const once = times(1200, n => failed(3 * n, `user${n}@example.com`, `203.0.${n >> 8}.${n & 255}`))
  expect(causesOf(await reportOf(once))).toEqual({unexplained: 1200})
  // Users' programs come back.
  const again = times(1200, n => failed(3 * n, `user${n % 300}@example.com`, `203.0.${(n % 300) >> 8}.${(n % 300) & 255}`))
  expect(causesOf(await reportOf(again))).toEqual({outage: 1200})
})

test('an authenticator without server_set_id names nobody, and a burst is an attack all the same', async () => {
  const report = await reportOf([...times(40, n => failed(2 * n, null, '203.0.113.9')), failed(5, null, '203.0.113.10'), ...times(30, n => failed(400 * n, null, '203.0.113.11'))])
  expect(causesOf(report)).toEqual({'brute-force': 40, 'aborted': 31})
  expect(report.classes.find(({cause}) => cause === 'brute-force')).toMatchObject({accounts: 0, addresses: 1, ban: ['203.0.113.9'], advice: expect.stringContaining('server_set_id')})
})
