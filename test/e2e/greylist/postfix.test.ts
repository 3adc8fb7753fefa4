// A real Postfix asks the daemon by check_policy_service, with the lines of share/postfix as they are shipped.
import {readFileSync} from 'node:fs'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import {temporaryDirectory} from '../../support/temporary.js'
import {dialogue} from '../../support/exim/index.js'
import {entriesIn, startDaemon, until} from './support/daemon.js'
import {startPostfix, whyNoPostfix} from './support/postfix.js'

const why = whyNoPostfix()
const SHIPPED = readFileSync(join(import.meta.dirname, '../../../share/postfix/greylist.cf'), 'utf8')

const start = async (flags: readonly string[] = []) => {
  const directory = temporaryDirectory('postfix')
  const postfix = await startPostfix(SHIPPED, directory)
  const daemon = await startDaemon(['--policy', `unix:${postfix.spool}/mailops/policy.sock,mode=0660,group=postfix`, ...flags])
  /** The replies to one session of a client with this address. */
  const session = async (address: string, ...lines: string[]) =>
    (await dialogue(postfix.port, ['EHLO proxy', `XCLIENT ADDR=${address} NAME=mx.example.org`, 'EHLO mx.example.org', ...lines, 'QUIT'])).slice(4, -1)
  return {postfix, daemon, session}
}

const MAIL = ['MAIL FROM:<sender@example.org>', 'RCPT TO:<user@example.net>', 'DATA', 'Subject: test\r\n\r\nHello\r\n.']
const codes = (replies: readonly string[]) => replies.map(reply => reply.slice(0, 3))

describe.skipIf(why !== '')(`Postfix ${why}`, () => {
  test('deferred, then accepted with one X-Greylist for all recipients; then the network passes', async () => {
    const {postfix, daemon, session} = await start(['--delay', '1s'])
    const deferred = await session('192.0.2.77', 'MAIL FROM:<sender@example.org>', 'RCPT TO:<user@example.net>')
    expect(deferred[1]).toMatch(/^450 4\.2\.0 <user@example\.net>: Recipient address rejected: Greylisted/)
    const [first, ...rest] = MAIL
    await until('the retry that passes', async () => codes(await session('192.0.2.77', ...MAIL.slice(0, 2)))[1] === '250')
    await until('the next that is known', async () => codes(await session('192.0.2.78', first ?? '', 'RCPT TO:<other@example.net>', ...rest)).join() === '250,250,250,354,250')
    await until('the message', () => postfix.delivered().length === 1)
    const reasons = daemon.decisions().map(({reason}) => reason)
    expect(reasons[0]).toBe('new')
    expect(reasons).toContain('retried')
    expect(reasons.at(-1)).toBe('known')
  })

  test('X-Greylist: once a message', async () => {
    const {postfix, session} = await start(['--delay', '0s'])
    expect(codes(await session('192.0.2.77', ...MAIL.slice(0, 2)))[1]).toBe('450')
    expect(codes(await session('192.0.2.77', MAIL[0] ?? '', MAIL[1] ?? '', 'RCPT TO:<second@example.net>', ...MAIL.slice(2)))).toEqual(['250', '250', '250', '354', '250'])
    await until('the message', () => postfix.delivered().length === 1)
    expect(postfix.delivered()[0]?.match(/^X-Greylist: delayed \d+ seconds by /gm)).toHaveLength(1)
  })

  test('the null sender is answered at RCPT, deferred at DATA', async () => {
    const {session} = await start(['--delay', '1h'])
    expect(codes(await session('192.0.2.77', 'MAIL FROM:<>', 'RCPT TO:<user@example.net>', 'DATA'))).toEqual(['250', '250', '450'])
  })

  test('two recipients of one message: each has its answer', async () => {
    const {daemon, session} = await start(['--delay', '1h'])
    expect(codes(await session('2001:db8::7'.replace(/^/, 'IPV6:'), 'MAIL FROM:<a@example.org>', 'RCPT TO:<user@example.net>', 'RCPT TO:<second@example.net>'))).toEqual(['250', '450', '450'])
    expect((await daemon.decided(1))[0]).toMatchObject({client: '2001:db8::7', network: '2001:db8::/64'})
  })

  test('the daemon is away, or stopped: mail goes through', async () => {
    const {daemon, session, postfix} = await start(['--delay', '1h'])
    await daemon.stop()
    expect(codes(await session('192.0.2.77', ...MAIL))).toEqual(['250', '250', '354', '250'])
    await daemon.start()
    expect(codes(await session('192.0.2.77', ...MAIL.slice(0, 2)))[1]).toBe('450')
    daemon.child.kill('SIGSTOP')
    const began = performance.now()
    expect(codes(await session('192.0.2.77', ...MAIL))).toEqual(['250', '250', '354', '250'])
    expect(performance.now() - began).toBeLessThan(15_000)
    expect(postfix.log()).toMatch(/policy\.sock/)
  })

  test('kill -9 between two recipients: the client still has its answers', async () => {
    const {daemon, session} = await start(['--delay', '1h'])
    expect(codes(await session('192.0.2.77', ...MAIL.slice(0, 2)))[1]).toBe('450')
    await until('the entry on disk', () => entriesIn(daemon.db) === 1)
    await daemon.stop('SIGKILL')
    expect(codes(await session('192.0.2.77', ...MAIL.slice(0, 2)))[1]).toBe('250')
    await daemon.start()
    expect(codes(await session('192.0.2.77', ...MAIL.slice(0, 2)))[1]).toBe('450')
    await until(`its log: ${daemon.log()}`, () => daemon.decisions().at(-1)?.['reason'] === 'early')
    expect(daemon.decisions().at(-1)).toMatchObject({tries: 2})
  })
})
