// Lines of a real Exim: pretended sessions with every option that changes the line, and a daemon that writes both logs.
import {readdirSync, rmSync} from 'node:fs'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {ACCOUNT, authLogin, authPlain, base64, createExim, dialogue, whyNoExim} from '../../../../test/support/exim/index.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {diagnose} from '../../src/effects/failures/diagnose.js'
import {LogClock, localClock} from '../../src/failures/clock.js'
import {parseFailure} from '../../src/failures/failure-line.js'
import {causesOf} from './support.js'

const why = whyNoExim()
const parse = (line: string) => parseFailure(line, new LogClock(localClock, Date.now() / 1000))
const KEY = '__cpanel__service__auth__exim__AbCdEfGh12345678'

test.skipIf(why !== '').each([
  ['203.0.113.77', ['EHLO x', ...authLogin('info@example.com', 'bad')], {code: 535, address: '203.0.113.77', account: 'info@example.com', authenticator: 'dovecot_login'}],
  ['203.0.113.77.5555', ['EHLO [127.0.0.1]', ...authPlain('amy', 'bad')], {address: '203.0.113.77', account: 'amy', authenticator: 'dovecot_plain'}],
  ['2001:db8::7', ['EHLO localhost', ...authLogin('amy', 'bad')], {address: '2001:db8::7', account: 'amy'}],
  ['203.0.113.77', ['EHLO x', ...authLogin('defer', 'x')], {code: 435, account: 'defer'}],
  ['203.0.113.77', ['EHLO x', 'AUTH LOGIN', '*'], {code: 501, account: null}],
  ['203.0.113.77', ['EHLO x', 'AUTH LOGIN', '!!not base64!!'], {code: 501, account: null}],
  // What is tried to be written into the log.
  ['203.0.113.77', ['EHLO x', ...authLogin('a) [127.0.0.1]: 535 Incorrect authentication data (set_id=b', 'bad')], {address: '203.0.113.77', forged: true}],
  ['203.0.113.77', ['EHLO x', ...authLogin('a) : 535 x (set_id=z', 'bad')], {address: '203.0.113.77', account: 'a) : 535 x (set_id=z', forged: false}],
  ['203.0.113.77', ['EHLO x', ...authLogin('new\nline\u0001', 'bad')], {account: String.raw`new\nline\001`}],
  ['127.0.0.1', ['EHLO x', ...authPlain(KEY, 'bad')], {address: '127.0.0.1', account: KEY}],
] as const)(`from %s, %j ${why}`, (peer, lines, expected) => {
  for (const [main, args] of [
    ['', []],
    ['log_selector = +incoming_port +incoming_interface +pid +millisec', ['-oMi', '192.0.2.10.25']],
    ['log_timezone = yes', []],
    ['helo_accept_junk_hosts = *', []],
  ] as const) {
    const logged = createExim(temporaryDirectory('exim'), {main}).session(peer, lines, args).stderr.split('\n')
    const failures = logged.filter(line => line.includes('authenticator failed'))
    expect(failures, logged.join('\n')).toHaveLength(1)
    expect(parse(failures[0]!), failures[0]).toMatchObject({kind: 'failure', ...expected})
  }
})

test.skipIf(why !== '')(`a daemon: both logs, one count; a success, a stale password, an attack ${why}`, async () => {
  const exim = createExim(temporaryDirectory('exim'), {main: 'log_selector = +incoming_port +incoming_interface +pid +millisec\nlog_timezone = yes'})
  const daemon = await exim.daemon()
  try {
    const mail = ['MAIL FROM:<alice@local.example>', 'RCPT TO:<alice@local.example>', 'DATA', 'Subject: x\r\n\r\nx\r\n.']
    const sent = await dialogue(daemon.port, ['EHLO pc', ...authPlain(ACCOUNT.user, ACCOUNT.password), ...mail, 'QUIT'])
    expect(sent.join('\n')).toMatch(/250 OK id=/)
    for (const lines of [authLogin(ACCOUNT.user, 'old'), authPlain(KEY, 'old'), authLogin('defer', 'x'), ['AUTH PLAIN', '*'], ['AUTH LOGIN', base64('only')]])
      await dialogue(daemon.port, ['EHLO pc', ...lines, 'QUIT'])
  } finally {
    await daemon.stop()
  }
  const report = await diagnose({logs: [exim.mainlog, exim.rejectlog]})
  expect(causesOf(report), exim.log('main')).toEqual({'monitor exim': 1, backend: 1, 'stale-password': 1, aborted: 1, unexplained: 1})
  expect(report).toMatchObject({unparsed: 0, successes: 1, failures: 5})
  expect(report.repeated).toBeGreaterThan(0)
  expect(Math.abs(Date.parse(report.last!) - Date.now())).toBeLessThan(60_000)
  expect(JSON.stringify(report)).not.toContain('AbCdEfGh')
  // A rejectlog alone tells the same but for the success.
  expect(await diagnose({logs: [exim.rejectlog]})).toMatchObject({failures: report.failures, successes: 0, repeated: 0})
  rmSync(exim.rejectlog)
  expect(readdirSync(join(exim.directory, 'log'))).toContain('mainlog')
})
