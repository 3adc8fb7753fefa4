// End to end: a real SMTP client, a real tcpserver, both forms of the filter, the daemon, a real mail server behind.
import {execFile} from 'node:child_process'
import {join} from 'node:path'
import {promisify} from 'node:util'

import {describe, expect, test} from 'vitest'

import {filterForms} from '../../../plugins/greylist/test/support/forms.js'
import {deliver, plainClient} from './support/client.js'
import {startDaemon, until} from './support/daemon.js'
import {startTcpserver, whyNoTcp6, whyNoTcpserver} from './support/tcpserver.js'

const run = promisify(execFile)
const RUN = join(import.meta.dirname, '../../../bin/run.js')

const why = whyNoTcpserver()
const why6 = whyNoTcp6()

describe.skipIf(why !== '').each(filterForms())(`tcpserver, $form filter ${why}`, ({path}) => {
  test('deferred, then accepted after the delay; the next is not delayed', async () => {
    const daemon = await startDaemon(['--delay', '1s'])
    const server = await startTcpserver({filter: [path, '--socket', daemon.socket]})
    expect(await deliver(server.port)).toMatchObject({code: 450, text: expect.stringMatching(/^450 4\.2\.0 /)})
    const early = await deliver(server.port)
    await until('the retry that passes', async () => (await deliver(server.port)).code === 250)
    expect((await deliver(server.port)).code).toBe(250)
    expect(server.accepted()).toHaveLength(2)
    expect(server.accepted()[0]?.message).toContain('Subject: test')
    await until('the last decision in the log', () => daemon.decisions().at(-1)?.['reason'] === 'known')
    const reasons = daemon.decisions().map(({reason}) => reason)
    expect(reasons.at(0)).toBe('new')
    if (early.code === 450) expect(reasons).toContain('early')
    expect(reasons.slice(-2)).toEqual(['retried', 'known'])
    expect(server.log()).not.toContain('mailops-greylist:')
  })

  test.skipIf(why6 !== '')(`the same over IPv6, whose /64 is one client ${why6}`, async () => {
    const daemon = await startDaemon(['--delay', '1s'])
    const server = await startTcpserver({filter: [path, '--socket', daemon.socket], ipv6: true})
    const over6 = {host: '::1', localAddress: '::1'}
    expect((await deliver(server.port, over6)).code).toBe(450)
    await until('the retry that passes', async () => (await deliver(server.port, over6)).code === 250)
    expect(daemon.decisions().at(0)).toMatchObject({client: '::1', network: '::/64'})
  })

  test('whom a deferred client wrote to is logged, and explained by mail address', async () => {
    const daemon = await startDaemon(['--delay', '1h'])
    const server = await startTcpserver({filter: [path, '--socket', daemon.socket]})
    expect((await deliver(server.port)).code).toBe(450)
    await until('the envelope', () => daemon.log().includes('"event":"envelope"'))
    expect(JSON.parse(daemon.log().split('\n').find(line => line.includes('envelope')) ?? '')).toMatchObject({client: '127.0.0.1', sender: 'sender@example.org', recipient: 'user@example.net'})
    const explained = async (what: string) => (await run(process.execPath, [RUN, 'greylist', 'explain', what], {env: daemon.env})).stdout
    for (const what of ['sender@example.org', 'USER@example.net', '127.0.0.1']) {
      const text = await explained(what)
      expect(text).toMatch(/^127\.0\.0\.1 is deferred: /m)
      expect(text).toMatch(/^127\.0\.0\.1 was turned away \d+s ago with mail from sender@example\.org to user@example\.net$/m)
      expect(text).toContain('mailops greylist allow 127.0.0.0/24')
    }
    expect(await explained('nobody@example.net')).toMatch(/no triplet of nobody/)
  })

  test('another network is another client; the cdb says who is left alone, and how long others wait', async () => {
    const daemon = await startDaemon(['--delay', '1h'])
    const rules = ['127.0.1.:allow,RELAYCLIENT=""', '127.0.2.:allow,GREYLIST=""', '127.0.3.:allow,GREYLIST="go away"', '127.0.4.:allow,GREYLIST_DELAY="0"', ':allow']
    const server = await startTcpserver({filter: [path, '--socket', daemon.socket], rules})
    const from = async (localAddress: string) => (await deliver(server.port, {localAddress})).code
    expect(await from('127.0.1.1')).toBe(250)
    expect(await from('127.0.2.1')).toBe(250)
    expect(await from('127.0.3.1')).toBe(553)
    expect(await from('127.0.5.1')).toBe(450)
    expect(await from('127.0.4.1')).toBe(450)
    expect(await from('127.0.4.2')).toBe(250)
    expect((await daemon.decided(3)).map(({network}) => network)).toEqual(['127.0.5.0/24', '127.0.4.0/24', '127.0.4.0/24'])
  })

  test('under softlimit -m 16000000', async () => {
    const daemon = await startDaemon(['--delay', '1h'])
    const server = await startTcpserver({filter: [path, '--socket', daemon.socket], before: ['softlimit', '-m', '16000000'], rules: ['127.0.2.:allow,GREYLIST=""', ':allow']})
    expect((await deliver(server.port)).code).toBe(450)
    expect((await deliver(server.port, {localAddress: '127.0.2.1'})).code).toBe(250)
    expect(server.log()).not.toContain('mailops-greylist:')
  })

  test('five hundred at once', async () => {
    const daemon = await startDaemon(['--delay', '1h'])
    const server = await startTcpserver({filter: [path, '--socket', daemon.socket, '--timeout', '60000'], limit: 500})
    const clients = Array.from({length: 500}, (_, n) => plainClient({port: server.port, localAddress: `127.1.${n % 250}.${Math.floor(n / 250) + 1}`}))
    await Promise.all(clients.map(async client => client.expect(/^220 .*\r\n/)))
    for (const {socket} of clients) socket.write('EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<user@example.net>\r\nQUIT\r\n')
    const texts = await Promise.all(clients.map(async client => client.expect(/\r\n221 /)))
    expect(texts.every(text => text.includes('\r\n450 4.2.0 '))).toBe(true)
    await Promise.all(clients.map(async ({closed}) => closed))
    await until('their envelopes', () => daemon.decisions().length >= 500)
    expect(server.log()).not.toContain('unchecked')
  }, 180_000)

  test('an early talker that passes loses nothing of what it said', async () => {
    const daemon = await startDaemon(['--delay', '0s'])
    const server = await startTcpserver({filter: [path, '--socket', daemon.socket], program: ['cat']})
    const first = plainClient({port: server.port})
    first.socket.write('QUIT\r\n')
    await first.closed
    const second = plainClient({port: server.port})
    second.socket.end('said before the greeting\r\n')
    expect(await second.expect(/greeting/)).toBe('said before the greeting\r\n')
  })

  test('no daemon: mail goes through; it comes: mail is checked; it stops: mail goes through', async () => {
    const daemon = await startDaemon(['--delay', '1h'])
    const server = await startTcpserver({filter: [path, '--socket', daemon.socket]})
    expect((await deliver(server.port)).code).toBe(450)
    expect(await daemon.stop()).toBe(0)
    expect((await deliver(server.port)).code).toBe(250)
    expect(server.log()).toMatch(/unchecked, passes: cannot connect .*: (No such file|Connection refused)/)
    await daemon.start()
    expect((await deliver(server.port)).code).toBe(450)
    await until('the count of those unchecked', () => daemon.log().includes('1 connections passed unchecked (daemon not reached: 1)'))
  })

  test('SIGSTOP of the daemon: clients pass after the time limit', async () => {
    const daemon = await startDaemon(['--delay', '1h'])
    const server = await startTcpserver({filter: [path, '--socket', daemon.socket]})
    daemon.child.kill('SIGSTOP')
    const began = performance.now()
    expect((await deliver(server.port)).code).toBe(250)
    const ms = performance.now() - began
    expect(ms).toBeGreaterThan(1900)
    expect(ms).toBeLessThan(8000)
    expect(server.log()).toMatch(/unchecked, passes: cannot read from .*: Connection timed out/)
    daemon.child.kill('SIGCONT')
    await until('the daemon', async () => (await deliver(server.port)).code === 450)
  })
})
