// The filter, both forms: what it asks, what it does with the answer, and that nothing stops the mail.
import {readFileSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'

import {describe, expect, test} from 'vitest'

import {parseFilterLine} from '../../src/protocol/filter-line.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {filterForms} from '../support/forms.js'
import {runFilter} from '../support/run-filter.js'
import {standIn} from '../support/stand-in.js'

const forms = filterForms()
const SMTP = 'EHLO mx.example.org\r\nMAIL FROM:<a@example.org> SIZE=100\r\nRCPT TO:<b@example.net>\r\nRCPT TO:<c@example.net>\r\nDATA\r\nQUIT\r\n'

const until = async (done: () => boolean): Promise<void> => {
  while (!done()) await new Promise(resolve => setTimeout(resolve, 5))
}

test('a form to test is here', () => {
  expect(forms.length).toBeGreaterThan(0)
})

describe.each(forms)('$form', ({form, path}) => {
  test('says which form it is', async () => {
    expect((await runFilter(path, {args: ['--version']})).stdout).toBe(`mailops-greylist 0.1.0 (${form})\n`)
    expect((await runFilter(path, {args: ['--help']})).stdout).toContain('usage: mailops-greylist')
  })

  test('pass: becomes the program, whose input is whole', async () => {
    const {path: socket, lines} = await standIn('pass\n')
    const run = await runFilter(path, {args: ['--socket', socket], input: 'EHLO early talker\r\n', env: {TCPREMOTEHOST: 'mx.example.org', GREYLIST_DELAY: '5m', GREYLIST_KEEP: '9d'}})
    expect(run).toMatchObject({stdout: 'child\nEHLO early talker\r\n', stderr: '', status: 0})
    expect(lines).toEqual(['connect ip=192.0.2.1 host=mx.example.org delay=5m keep=9d'])
  })

  test('the exec is an exec: same process, no signal ignored, no descriptor left', async () => {
    const {path: socket} = await standIn('pass\n')
    const program = ['sh', '-c', 'grep -E "^Sig(Ign|Blk)" /proc/self/status; ls /proc/self/fd | wc -l']
    const [here, there] = await Promise.all([runFilter('/usr/bin/env', {program}), runFilter(path, {args: ['--socket', socket], program})])
    expect(there.stdout).toBe(here.stdout)
  })

  test('grey: a dialog that tells the sender and its recipient, and reports them', async () => {
    const {path: socket, lines} = await standIn('grey 60 come back later\n')
    const run = await runFilter(path, {args: [`--socket=${socket}`, '--name', 'mx.test'], input: SMTP})
    expect(run.stdout.split('\r\n')).toEqual([
      '220 mx.test ESMTP', '250-mx.test', '250-PIPELINING', '250 8BITMIME', '250 2.1.0 ok',
      '450 4.2.0 come back later', '450 4.2.0 come back later', '450 4.2.0 come back later', '221 2.0.0 bye', '',
    ])
    expect(run).toMatchObject({status: 0, stderr: ''})
    await until(() => lines.length === 2)
    expect(parseFilterLine(lines[1] ?? '')).toEqual({
      verb: 'envelope', ip: '192.0.2.1', host: '', helo: 'mx.example.org', from: 'a@example.org', to: 'b@example.net', recipients: 2, end: 'quit',
    })
  })

  test('only TCP6REMOTEIP: what was asked with is reported; a name with a line end makes no line of its own', async () => {
    const {path: socket, lines} = await standIn('grey 60 later\n')
    const run = await runFilter(path, {args: ['--socket', socket], input: SMTP, env: {TCPREMOTEIP: '', TCP6REMOTEIP: '2001:db8::7', TCPLOCALHOST: 'mx\r\n250 x\u00e9'}})
    expect(run.stdout.split('\r\n').slice(0, 3)).toEqual(['220 mx??250?x?? ESMTP', '250-mx??250?x??', '250-PIPELINING'])
    await until(() => lines.length === 2)
    expect(lines.map(line => parseFilterLine(line)?.ip)).toEqual(['2001:db8::7', '2001:db8::7'])
  })

  test('the null sender has its answer at RCPT and is deferred at DATA', async () => {
    const {path: socket} = await standIn('grey 60 later\n')
    const run = await runFilter(path, {args: ['--socket', socket, '--name', 'x'], input: 'HELO h\nMAIL FROM:<>\nRCPT TO:<b@example.net>\nDATA\nQUIT\n'})
    expect(run.stdout.split('\r\n').slice(1, -1)).toEqual(['250 x', '250 2.1.0 ok', '250 2.1.5 ok', '450 4.2.0 later', '221 2.0.0 bye'])
  })

  test('deny: refused for good', async () => {
    const {path: socket} = await standIn('deny no spam here\n')
    const run = await runFilter(path, {args: ['--socket', socket], input: SMTP})
    expect(run.stdout).toContain('\r\n553 5.7.1 no spam here\r\n')
  })

  test('the order of commands is held to', async () => {
    const {path: socket} = await standIn('grey 60\n')
    const input = 'RCPT TO:<x@y>\r\nDATA\r\nMAIL\r\nMAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\nRSET\r\nRCPT TO:<x@y>\r\nNOOP\r\nVRFY x\r\nSTARTTLS\r\nquit\r\n'
    const run = await runFilter(path, {args: ['--socket', socket, '--text', 'own text'], input})
    expect(run.stdout.split('\r\n').slice(1, -1).map(line => line.slice(0, 3))).toEqual(['503', '503', '501', '250', '503', '250', '503', '250', '252', '502', '221'])
  })

  test('--text goes before the text of the daemon, GREYLIST_TEXT before both', async () => {
    const {path: socket} = await standIn('grey 60 of the daemon\n')
    const args = ['--socket', socket, '--text', 'of the option']
    expect((await runFilter(path, {args, input: SMTP})).stdout).toContain('450 4.2.0 of the option\r\n')
    expect((await runFilter(path, {args, input: SMTP, env: {GREYLIST_TEXT: 'of the cdb'}})).stdout).toContain('450 4.2.0 of the cdb\r\n')
  })

  test.each([
    ['RELAYCLIENT', {RELAYCLIENT: ''}],
    ['GREYLIST empty', {GREYLIST: ''}],
  ])('%s passes unasked', async (_, env) => {
    const {path: socket, lines} = await standIn('grey 60\n')
    const run = await runFilter(path, {args: ['--socket', socket], env: env as Record<string, string>})
    expect(run.stdout).toBe('child\n')
    expect(lines).toEqual([])
  })

  test('GREYLIST with a text refuses unasked; RELAYCLIENT goes before it', async () => {
    const {path: socket, lines} = await standIn('pass\n')
    const run = await runFilter(path, {args: ['--socket', socket], env: {GREYLIST: 'not you'}, input: SMTP})
    expect(run.stdout).toContain('553 5.7.1 not you\r\n')
    await until(() => lines.length === 1)
    expect(lines[0]).toMatch(/^envelope /)
    expect((await runFilter(path, {args: ['--socket', socket], env: {GREYLIST: 'not you', RELAYCLIENT: ''}})).stdout).toBe('child\n')
  })

  test.each([
    ['192.0.2.9', {TCPREMOTEIP: '192.0.2.9', TCP6REMOTEIP: '::ffff:192.0.2.9'}],
    ['::ffff:192.0.2.9', {TCPREMOTEIP: '', TCP6REMOTEIP: '::ffff:192.0.2.9'}],
    ['2001:db8::1', {TCPREMOTEIP: '2001:db8::1', PROTO: 'TCP6'}],
    ['fe80::1%25eth0', {TCPREMOTEIP: 'fe80::1%eth0'}],
  ])('asks about %s', async (ip, env) => {
    const {path: socket, lines} = await standIn('pass\n')
    await runFilter(path, {args: ['--socket', socket], env: env as Record<string, string>})
    expect(lines).toEqual([`connect ip=${ip}`])
  })

  describe('trouble', () => {
    const fallsOpen = async (args: readonly string[], why: RegExp, options = {}) => {
      const run = await runFilter(path, {args, input: 'x', ...options})
      expect(run.stdout).toBe('child\nx')
      expect(run.stderr.split('\n')).toHaveLength(2)
      expect(run.stderr).toMatch(why)
      return run
    }

    test('no daemon', async () => {
      await fallsOpen(['--socket', '/nonexistent/s.sock'], /^mailops-greylist: 192\.0\.2\.1 pid \d+: unchecked, passes: cannot connect \/nonexistent\/s\.sock: No such file or directory\n$/)
    })

    test('no address', async () => {
      await fallsOpen(['--socket', '/nonexistent'], /neither TCPREMOTEIP nor TCP6REMOTEIP is set/, {env: {TCPREMOTEIP: ''}})
    })

    test('a path that is too long for a socket is not cut', async () => {
      await fallsOpen(['--socket', `/${'x'.repeat(120)}`], /File name too long/)
    })

    test.each([
      ['closes at once', (socket: {destroy: () => void}) => socket.destroy(), /cannot (read from|write to)/],
      ['answers nonsense', 'HTTP/1.1 400 Bad Request\n', /not understood: HTTP\/1\.1 400 Bad Request/],
      ['answers a word too much', 'passed\n', /not understood: passed/],
      ['answers without an end', 'pass', /cannot read from/],
      ['answers without end', `grey 60 ${'x'.repeat(5000)}`, /cannot read from/],
      ['answers control characters', '\u001b[31mred\u0007\n', /not understood: \?\[31mred\?/],
      ['says that it failed', 'fail store out of order\n', /daemon says: store out of order/],
    ])('a daemon that %s', async (_, reply, why) => {
      const {path: socket} = await standIn(reply as string)
      for (let i = 0; i < 20; i++) await fallsOpen(['--socket', socket], why)
    })

    test('a daemon that hangs, and one that drips, are given up at one deadline', async () => {
      const hanging = await standIn(() => {})
      const dripping = await standIn(socket => {
        const timer = setInterval(() => socket.write('g'), 100)
        socket.once('close', () => clearInterval(timer))
      })
      for (const {path: socket} of [hanging, dripping]) {
        const {ms} = await fallsOpen(['--socket', socket, '--timeout', '400'], /timed out/)
        expect(ms).toBeGreaterThan(390)
        expect(ms).toBeLessThan(2000)
      }
    })

    test('a daemon that reads slowly, and not all', async () => {
      const {path: socket} = await standIn(connection => connection.pause())
      await fallsOpen(['--socket', socket, '--timeout', '300'], /timed out/, {env: {TCPREMOTEHOST: 'x'.repeat(3000)}})
    })

    test('--fail closed defers instead, and so does GREYLIST_FAIL', async () => {
      for (const [args, env] of [[['--fail', 'closed'], {}], [[], {GREYLIST_FAIL: 'closed'}]] as const) {
        const run = await runFilter(path, {args: ['--socket', '/nonexistent', ...args], env, input: SMTP})
        expect(run.stdout).toContain('450 4.2.0 ')
        expect(run.stderr).toMatch(/unchecked, deferred: cannot connect/)
      }
    })

    test('each unchecked connection leaves a letter, and the line says how many there are', async () => {
      const {path: socket} = await standIn('nonsense\n')
      const tally = join(dirname(socket), 'g', 'unchecked')
      writeFileSync(tally, '')
      await runFilter(path, {args: ['--socket', socket]})
      const {stderr} = await runFilter(path, {args: ['--socket', socket]})
      expect(readFileSync(tally, 'latin1')).toBe('pp')
      expect(stderr).toContain('(2 so far)')
    })

    test('a program that is not there: 451 and 111', async () => {
      const run = await runFilter(path, {env: {RELAYCLIENT: ''}, program: ['/nonexistent/qmail-smtpd']})
      expect(run).toMatchObject({status: 111, stdout: '451 4.3.0 mail server temporarily unable to serve\r\n'})
      expect(run.stderr).toContain('cannot run /nonexistent/qmail-smtpd: No such file or directory')
    })

    test('an option that is none: 451 and 100; a value that is none: told, and the default holds', async () => {
      expect(await runFilter(path, {args: ['--frobnicate', '1']})).toMatchObject({status: 100, stdout: expect.stringMatching(/^451 /)})
      expect(await runFilter(path, {program: []})).toMatchObject({status: 100})
      const {path: socket} = await standIn('pass\n')
      const run = await runFilter(path, {args: ['--socket', socket, '--timeout', 'soon', '--fail', 'maybe']})
      expect(run.stdout).toBe('child\n')
      expect(run.stderr.match(/setting ignored/g)).toHaveLength(2)
    })

    test('16 MB of memory are enough', async () => {
      const {path: socket} = await standIn('grey 60\n')
      const run = await runFilter(path, {before: 'ulimit -v 15625', args: ['--socket', socket], input: SMTP})
      expect(run.stdout).toContain('450 4.2.0')
    })
  })

  describe('clients that misbehave', () => {
    const talk = async (input: string | Buffer, options: {args?: string[]; hold?: boolean} = {}) => {
      const {path: socket, lines} = await standIn('grey 60 later\n')
      const run = await runFilter(path, {args: ['--socket', socket, '--name', 'x', ...(options.args ?? [])], input, hold: options.hold ?? false})
      await until(() => lines.length === 2)
      return {...run, report: parseFilterLine(lines[1] ?? '')}
    }

    test('NUL and control bytes reach nobody as they are', async () => {
      const {stdout, report} = await talk(Buffer.from('EHLO a\0b\u001b\r\nMAIL FROM:<x\0%y@z>\r\nQUIT\r\n', 'latin1'))
      expect(stdout).toContain('221 2.0.0 bye')
      expect(report).toMatchObject({helo: 'a?b\u001b', from: 'x?%y@z', end: 'quit'})
    })

    test('a line of 2,000 bytes is refused, the next is understood', async () => {
      const {stdout} = await talk(`${'x'.repeat(2000)}\r\nNOOP\r\nQUIT\r\n`)
      expect(stdout.split('\r\n').slice(1, -1)).toEqual(['500 5.5.2 line too long', '250 2.0.0 ok', '221 2.0.0 bye'])
    })

    test('a line of 1 MB ends the session', async () => {
      const {stdout, report, status} = await talk('x'.repeat(1_000_000))
      expect(stdout.split('\r\n')[1]).toBe('421 4.7.0 too much')
      expect(report).toMatchObject({end: 'limit'})
      expect(status).toBe(0)
    })

    test('a hundred commands are enough', async () => {
      const {stdout} = await talk('NOOP\r\n'.repeat(500))
      expect(stdout.split('\r\n').filter(line => line === '250 2.0.0 ok')).toHaveLength(100)
      expect(stdout).toMatch(/421 4\.7\.0 too much\r\n$/)
    })

    test('one that says nothing is sent away', async () => {
      const {stdout, report, ms} = await talk('EHLO me\r\n', {args: ['--idle', '300'], hold: true})
      expect(stdout).toMatch(/421 4\.4\.2 timeout\r\n$/)
      expect(report).toMatchObject({end: 'idle', helo: 'me', from: null})
      expect(ms).toBeLessThan(5000)
    })

    test('one that keeps talking is sent away when the session is over', async () => {
      const {stdout, ms} = await talk('NOOP\r\n'.repeat(20), {args: ['--session', '600', '--reply-delay', '100'], hold: true})
      expect(stdout).toMatch(/421 4\.4\.2 timeout\r\n$|250 2\.0\.0 ok\r\n$/)
      expect(ms).toBeLessThan(6000)
    })

    test('one that hangs up', async () => {
      const {report, stdout} = await talk('EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT')
      expect(report).toMatchObject({end: 'eof', from: 'a@b', to: null, recipients: 0})
      expect(stdout).toMatch(/250 2\.1\.0 ok\r\n$/)
    })

    test('--reply-delay holds each reply back', async () => {
      const {ms} = await talk('EHLO me\r\nQUIT\r\n', {args: ['--reply-delay', '200']})
      expect(ms).toBeGreaterThan(600)
    })

    test('the longest line that can be is still one request', async () => {
      const long = '%'.repeat(900)
      const {report} = await talk(`EHLO ${long}\r\nMAIL FROM:<${long}@x>\r\nRCPT TO:<${long}@y>\r\nQUIT\r\n`)
      expect(report).toMatchObject({verb: 'envelope', recipients: 1, end: 'quit'})
    })
  })

  test('--dialog rblsmtpd: RBLSMTPD is set, the program comes along', async () => {
    const folder = temporaryDirectory('rbl')
    writeFileSync(join(folder, 'rblsmtpd'), '#!/bin/sh\necho "$RBLSMTPD|$*"\n', {mode: 0o755})
    const env = {PATH: `${folder}:${process.env['PATH']}`}
    for (const [reply, said] of [['grey 60 later', '4.2.0 later'], ['deny never', '-5.7.1 never']]) {
      const {path: socket} = await standIn(`${reply}\n`)
      const run = await runFilter(path, {args: ['--socket', socket, '--dialog', 'rblsmtpd'], env, program: ['qmail-smtpd', 'arg']})
      expect(run.stdout).toBe(`${said}|-t60 qmail-smtpd arg\n`)
    }
  })

  test('--dialog rblsmtpd without rblsmtpd: its own dialog', async () => {
    const {path: socket} = await standIn('grey 60 later\n')
    const run = await runFilter(path, {args: ['--socket', socket, '--dialog', 'rblsmtpd'], before: 'PATH=/nonexistent', input: SMTP})
    expect(run.stdout).toContain('\r\n450 4.2.0 later\r\n')
    expect(run.stderr).toMatch(/cannot run rblsmtpd, own dialog instead: No such file/)
  })
})
