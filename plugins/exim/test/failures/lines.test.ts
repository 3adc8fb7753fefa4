// Every form of the line of a failed login, and what tries to look like one.
import {expect, test} from 'vitest'

import {LogClock, offsetClock} from '../../src/failures/clock.js'
import {parseFailure} from '../../src/failures/failure-line.js'
import {redact, redactName} from '../../src/failures/redact.js'
import {parseSuccess} from '../../src/failures/success-line.js'

const at = (text: string): number => Date.parse(text) / 1000
const clock = () => new LogClock(offsetClock(0), at('2026-03-03T12:00:00Z'))
const parse = (text: string) => parseFailure(text, clock())

const NINE = at('2026-03-03T09:45:15Z')
const REST = 'authenticator failed for (x) [203.0.113.5]: 535 Incorrect authentication data (set_id=amy)'

const FORMS: [string, Record<string, unknown>][] = [
  ['2026-03-03 09:45:15 login authenticator failed for ([127.0.0.1]) [198.51.100.7]:55379: 535 Incorrect authentication data (set_id=info@example.com)',
    {time: NINE, authenticator: 'login', address: '198.51.100.7', port: 55379, code: 535, account: 'info@example.com', forged: false}],
  ['2026-03-03 10:45:15.345 +0100 [8123] plain authenticator failed for h1.example.net (pc) [192.0.2.8]:4112 I=[192.0.2.10]:465 Ci=30416: 535 Incorrect authentication data',
    {time: NINE, address: '192.0.2.8', port: 4112, local: '192.0.2.10', account: null, syslog: false}],
  ['Mar  3 09:45:15 mx1 exim[901]: fixed_login authenticator failed for h2.example.net [2001:0db8:0000::7]:5432: 535 Incorrect authentication data (set_id=amy)',
    {time: NINE, address: '2001:db8::7', port: 5432, account: 'amy', syslog: true}],
  ['2026-03-03 09:45:15 dovecot_plain authenticator failed for (localhost) [127.0.0.1]: 435 Unable to authenticate at present (set_id=amy): failed to open /x: Permission denied',
    {code: 435, account: 'amy', address: '127.0.0.1'}],
  ['2026-03-03 09:45:15 dovecot_login authenticator failed for H=(x) [203.0.113.5] U=amy: 535 Incorrect authentication data (set_id=amy)',
    {address: '203.0.113.5', account: 'amy'}],
  ['2026-03-03 09:45:15 plain authenticator failed for U=amy: 535 Incorrect authentication data (set_id=amy)', {address: '', account: 'amy'}],
  ['2026-03-03 09:45:15 plain authenticator failed for unknown: 535 Incorrect authentication data', {address: '', account: null}],
  ['2026-03-03 09:45:15 plain authenticator failed for [::1]: 501 Authentication cancelled', {address: '::1', code: 501, account: null}],
  ['2026-03-03 09:45:15 plain authenticator failed for [::ffff:192.0.2.9]: 553 Initial data not expected', {address: '192.0.2.9', code: 553}],
  ['2026-03-03 09:45:15 plain authenticator failed for h [192.0.2.9]:1 I=[192.0.2.1]:25 U=a b: 535 Incorrect authentication data (set_id=q)', {address: '192.0.2.9', account: 'q'}],
  // Framings.
  [`LOG: login ${REST}`, {time: NaN, syslog: false}],
  [`   login ${REST}: 5 Time(s)`, {time: NaN, times: 5, account: 'amy'}],
  [`2026-03-03T09:45:15.123456+00:00 mx1 exim4[901]: login ${REST}`, {time: NINE, syslog: true}],
  [`2026-03-03T10:45:15+01:00 mx1 exim[901]: 2026-03-03 09:45:15 login ${REST}`, {time: NINE}],
  [`Mar  3 09:44:00 mx1 exim[901]: 2026-03-03 10:45:15 +0100 login ${REST}`, {time: NINE, syslog: true}],
  [`mx1 exim[901]: 2026-03-03 09:45:15 login ${REST}`, {time: NINE}],
  [`2026-03-03 09:45:15 mx1 exim[901]: login ${REST}`, {time: NINE, syslog: true}],
  [`<22>Mar  3 09:45:15 mx1 exim[901]: [1/2] login ${REST}`, {time: NINE}],
  [`Mar  3 09:45:15 mx1 exim[901]: [ID 197553 mail.info] login ${REST}`, {time: NINE}],
  [`/var/log/exim_mainlog-20260301.gz:2026-03-03 09:45:15 login ${REST}`, {time: NINE, syslog: false}],
  [`\0\0\0\x002026-03-03 09:45:15 login ${REST}`, {time: NINE}],
  // What containers, journals and quoting put around a line.
  [`<21>1 2026-03-03T09:45:15.346602+00:00 mx1 exim 17614 - [origin@1 a="b c"] [1\\4] 2026-03-03 09:45:15 login ${REST}`, {time: NINE, syslog: true}],
  [`<22>1 2026-03-03T09:45:15Z mx1 exim 17614 - - login ${REST}`, {time: NINE, account: 'amy'}],
  [`2026-03-03T09:45:15.123456789Z stdout F login ${REST}`, {time: NINE, syslog: false}],
  [`mail_1  | 2026-03-03 09:45:15.345 [17] login ${REST}`, {time: NINE}],
  [`[pod/mail-0/exim] 2026-03-03 09:45:15 login ${REST}`, {time: NINE}],
  [`{"log":"2026-03-03 09:45:15 login ${REST}\\n","stream":"stdout","time":"2026-03-03T09:45:15.9Z"}`, {time: NINE, account: 'amy'}],
  [`{"__REALTIME_TIMESTAMP":"${NINE}000000","SYSLOG_IDENTIFIER":"exim","MESSAGE":"login ${REST}"}`, {time: NINE, account: 'amy'}],
  [`MESSAGE=2026-03-03 09:45:15 login ${REST}`, {time: NINE}],
  [`Tue 2026-03-03 09:45:15 UTC mx1 exim[9]: login ${REST}`, {time: NINE, syslog: true}],
  [`Tue 2026-03-03 09:45:15 CET mx1 exim[9]: login ${REST}`, {time: NINE}],
  [`${NINE}.123456 mx1 exim4[9]: login ${REST}`, {time: NINE}],
  [`> 2026-03-03 09:45:15 login ${REST}`, {time: NINE}],
  [`812-2026-03-03 09:45:15 login ${REST}`, {time: NINE}],
  [`9084 login ${REST}`, {time: NaN, account: 'amy'}],
  [`2026-03-03 09:45:15 login ${REST} `, {account: 'amy'}],
  [`2026-03-03 09:45:15 1xUrpX-00000h-2H login ${REST}`, {time: NINE, account: 'amy'}],
  // A year that syslog leaves out: December is the year before.
  [`Dec 31 23:59:59 mx1 exim[901]: login ${REST}`, {time: at('2025-12-31T23:59:59Z')}],
  [`Feb 29 10:00:00 mx1 exim[901]: login ${REST}`, {time: at('2024-02-29T10:00:00Z')}],
  // What an attacker writes into his account stays in the account.
  ['2026-03-03 09:45:15 login authenticator failed for (x) [203.0.113.5]: 535 Incorrect authentication data (set_id=a) : 535 x (set_id=z)',
    {account: 'a) : 535 x (set_id=z', address: '203.0.113.5', forged: false}],
  ['2026-03-03 09:45:15 login authenticator failed for (x) [203.0.113.5]: 535 Incorrect authentication data (set_id=x): 9999 Time(s)', {times: 1, account: 'x'}],
  ['2026-03-03 09:45:15 login authenticator failed for (x) [203.0.113.5]: 535 Incorrect authentication data (set_id=a) [127.0.0.1]: 535 Incorrect authentication data (set_id=b)',
    {address: '203.0.113.5', forged: true}],
  // With helo_accept_junk_hosts anything may stand in a HELO.
  ['2026-03-03 09:45:15 login authenticator failed for (x) [127.0.0.1]: 535 Incorrect authentication data (set_id=__cpanel__service__auth__exim__k) [203.0.113.5]: 535 Incorrect authentication data (set_id=a)',
    {address: '203.0.113.5', forged: true}],
  ['2026-03-03 09:45:15 login authenticator failed for (a (b) c) [203.0.113.5]:77: 535 Incorrect authentication data (set_id=a)', {address: '203.0.113.5', port: 77}],
  ['2026-03-03 09:45:15 login authenticator failed for (x) [203.0.113.5]: 535 Incorrect authentication data (set_id=cut off', {account: 'cut off'}],
]

test.each(FORMS)('%s', (line, expected) => {
  expect(parse(line)).toMatchObject({kind: 'failure', ...expected})
})

test.each([
  ['2026-03-03 09:45:15 1xUrpX-00000h-2H login authenticator failed H=smarthost.example [192.0.2.1] 535 5.7.8 bad', 'outgoing'],
  ['2026-03-03 09:45:15 10HmaX-000000005vi-0000 plain authenticator failed H=smarthost.example [192.0.2.1] 535 bad', 'outgoing'],
  // A callout has no message id.
  ['2026-03-03 09:45:15 plain authenticator failed H=smarthost.example [192.0.2.1] 535 5.7.8 bad', 'outgoing'],
  ['2026-03-03 09:45:15 rejected EHLO from [192.0.2.1]: syntactically invalid argument(s): y authenticator failed H=h [192.0.2.1] 535 bad', 'unparsed'],
  ['2026-03-03 09:45:15 rejected EHLO from [192.0.2.1]: syntactically invalid argument(s): a | 2026-03-03 09:45:15 login authenticator failed for (x) [203.0.113.5]: 535 x', 'unparsed'],
  ['{"log":"rejected EHLO: a login authenticator failed for (x) [203.0.113.5]: 535 Incorrect"}', 'unparsed'],
  ['{"log":7," authenticator failed for ":1}', 'unparsed'],
  ['2026-03-03 09:45:15 rejected EHLO from [192.0.2.1]: syntactically invalid argument(s): y authenticator failed for (z) [127.0.0.1]: 535 Incorrect', 'unparsed'],
  ['2026-03-03 09:45:15 login authenticator failed for somebody', 'unparsed'],
  ['2026-03-03 09:45:15 login authenticator failed for (x) [999.1.1.1]: 535 Incorrect authentication data', 'unparsed'],
])('%s is %s', (line, expected) => {
  expect(parse(line)).toBe(expected)
})

const ok = (text: string) => parseSuccess(text, clock())

test('a message from somebody who logged in, by either length of id', () => {
  const rest = '<= alice@local.example H=(User) [198.51.100.9]:4711 I=[192.0.2.1]:587 P=esmtpsa X=TLS1.3 CV=no A=dovecot_login:alice@local.example S=812 T="x" for b@x.example'
  const expected = {kind: 'success', time: NINE, address: '198.51.100.9', account: 'alice@local.example'}
  expect(ok(`2026-03-03 09:45:15 1xUrpX-00000h-2H ${rest}`)).toEqual(expected)
  expect(ok(`2026-03-03 09:45:15 10HmaX-000000005vi-0000 ${rest}`)).toEqual(expected)
  expect(ok(`Mar  3 09:45:15 mx1 exim[3]: 1xUrpX-00000h-2H ${rest}`)).toEqual(expected)
})

test('a message in what a container or a journal writes', () => {
  const line = '2026-03-03 09:45:15 1xUrpX-00000h-2H <= a@b.example H=(User) [198.51.100.9]:4711 P=esmtpsa A=login:amy S=812'
  const expected = {kind: 'success', time: NINE, address: '198.51.100.9', account: 'amy'}
  expect(ok(`exim-1  | ${line}`)).toEqual(expected)
  expect(ok(JSON.stringify({log: `${line}\n`, stream: 'stdout', time: '2026-03-03T09:45:15Z'}))).toEqual(expected)
  expect(ok(`2026-03-03T09:45:15.1Z stdout F ${line}`)).toEqual(expected)
})

test('what only looks like a success is none', () => {
  const start = '2026-03-03 09:45:15 1xUrpX-00000h-2H <='
  expect(ok(`${start} a@b.example H=(x) [192.0.2.1] P=esmtp S=1 T="y A=login:root"`)).toBeNull()
  expect(ok(`${start} a@b.example H=(x) [192.0.2.1] P=esmtp S=1 T="P=esmtp A=login:root S=1"`)).toBeNull()
  expect(ok(`${start} "a A=login:root"@b.example H=(x) [192.0.2.1] P=esmtp S=1`)).toBeNull()
  expect(ok('2026-03-03 09:45:15 1xUrpX-00000h-2H => a@b.example H=x [192.0.2.1] A=login:root')).toBeNull()
})

test('a password typed where the name belongs is not shown, names are', () => {
  const plain = Buffer.from('\0amy\0s3cret').toString('base64')
  for (const secret of ['Summer2024', 'P@ssw0rd', 'geheim!1', plain, String.raw`\000amy\000s3cret`, 'AB$de*f']) {
    expect(redactName(secret)).toBe('[redacted]')
    const line = `2026-03-03 09:45:15 login authenticator failed for (x) [203.0.113.5]: 535 Incorrect authentication data (set_id=${secret})`
    expect(redact(line)).toBe(line.replace(secret, '[redacted]'))
    expect(redact(`${line.replace('535 Incorrect authentication data', '435 Unable to authenticate at present')}: x (y)`)).not.toContain(secret)
  }
  for (const name of ['amy', 'info@example.com', 'Info.2024@Example.com', 'webmaster', 'user1', 'CORP\\\\jsmith1', String.raw`corp\\000x`, 'John.Doe1', 'amy%example.com', 'amy+list', 'test_User1', 'a) : 535 x (set_id=z', 'postmaster1234'])
    expect(redactName(name)).toBe(name)
  expect(redactName('__cpanel__service__auth__exim__AbCdEfGh12345678')).toBe('__cpanel__service__auth__exim__[redacted]')
})
