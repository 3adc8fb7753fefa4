// A real Exim asks the daemon by readsocket, with the ACLs of share/exim as they are shipped.
import {chmodSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import {temporaryDirectory} from '../../support/temporary.js'
import {createExim, dialogue, whyNoExim} from '../../support/exim/index.js'
import {startDaemon, until} from './support/daemon.js'
import {plainClient} from './support/client.js'

const why = whyNoExim()
const SHIPPED = readFileSync(join(import.meta.dirname, '../../../share/exim/greylist-acl.conf'), 'utf8')

const start = async (flags: readonly string[] = []) => {
  const directory = temporaryDirectory('exim')
  chmodSync(directory, 0o755)
  const socket = join(directory, 'g.sock')
  const daemon = await startDaemon(['--exim', `unix:${socket},mode=0660,group=Debian-exim`, ...flags])
  const exim = createExim(directory, {
    main: 'acl_smtp_data = acl_data',
    // The one change to what is shipped: where the socket of this test is.
    acl: `${SHIPPED.replaceAll('/run/mailops/exim.sock', socket)}\nacl_rcpt:\n  require acl = acl_greylist_rcpt\n  accept\nacl_data:\n  require acl = acl_greylist_data\n  accept\n`,
  })
  return {daemon, exim, socket}
}

const MAIL = ['EHLO mx.example.org', 'MAIL FROM:<sender@example.org>', 'RCPT TO:<user@local.example>']
const last = (stdout: string) => stdout.trim().split('\r\n').slice(-2)[0]

describe.skipIf(why !== '')(`Exim ${why}`, () => {
  test('deferred, then accepted after the delay: IPv4 and IPv6', async () => {
    const {daemon, exim} = await start(['--delay', '1s'])
    for (const [peer, net] of [['192.0.2.7', '192.0.2.0/24'], ['2001:db8::7', '2001:db8::/64']] as const) {
      expect(last(exim.session(peer, MAIL).stdout)).toMatch(/^451 4\.2\.0 Greylisted|^451-?.*Greylisted/)
      await until('the retry that passes', () => last(exim.session(peer, MAIL).stdout)?.startsWith('250') === true)
      expect(daemon.decisions().find(({network}) => network === net)).toMatchObject({reason: 'new', sender: 'sender@example.org', recipient: 'user@local.example'})
    }
  })

  test('a daemon of Exim over TCP', async () => {
    const {exim} = await start(['--delay', '0s'])
    const running = await exim.daemon()
    try {
      const codes = async () => (await dialogue(running.port, [...MAIL, 'QUIT'])).map(reply => reply.slice(0, 3))
      expect(await codes()).toEqual(['220', '250', '250', '451', '221'])
      expect(await codes()).toEqual(['220', '250', '250', '250', '221'])
    } finally {
      await running.stop()
    }
  })

  test('the null sender is answered at RCPT, deferred at DATA', async () => {
    const {daemon, exim} = await start(['--delay', '1h'])
    const {stdout} = exim.session('192.0.2.7', ['EHLO x', 'MAIL FROM:<>', 'RCPT TO:<user@local.example>', 'DATA', 'Subject: bounce', '', '.'])
    const codes = stdout.split('\r\n').map(line => line.slice(0, 4)).filter(code => /^\d{3} $/.test(code)).map(Number)
    expect(codes.slice(-5)).toEqual([250, 250, 354, 451, 221])
    await until('its log', () => daemon.decisions().length === 1)
    expect(daemon.decisions()[0]).toMatchObject({reason: 'new', recipient: 'user@local.example'})
  })

  test('the daemon is away: mail goes through', async () => {
    const {daemon, exim} = await start(['--delay', '1h'])
    await daemon.stop()
    expect(last(exim.session('192.0.2.7', MAIL).stdout)).toMatch(/^250/)
  })

  test('the readsocket of Debian: half-closed, and left open', async () => {
    const {exim, socket} = await start(['--delay', '1h'])
    const expand = (text: string) => exim.run(['-be', text]).stdout.trim()
    expect(expand(`\${readsocket{${socket}}{--grey 192.0.2.1 a@example.org b@example.net}{5s}{}{false}}`)).toBe('true')
    expect(expand(`\${readsocket{${socket}}{192.0.2.1 a@example.org b@example.net}{5s:shutdown=no}{}{failed}}`)).toBe('grey')
    expect(expand(`\${readsocket{${socket}}{check --white 192.0.2.1 a@example.org b@example.net}{5s}{}{failed}}`)).toBe('false')
    expect(expand(`\${readsocket{${socket}}{status 192.0.2.200 a@example.org b@example.net}{5s}{}{failed}}`)).toBe('grey')
    expect(expand(`\${readsocket{${socket}}{status 198.51.100.1 x@example.org y@example.net}{5s}{}{failed}}`)).toBe('unseen')
    expect(expand(`\${readsocket{${socket}}{add --white 192.0.2.1}{5s}{}{failed}}`)).toMatch(/^error: /)
    expect(expand(`\${readsocket{${socket}}{reload}{5s}{}{failed}}`)).not.toMatch(/error/)
  })

  test("greylistd's own client: neither line end nor end of file", async () => {
    const {socket} = await start(['--delay', '1h'])
    const client = plainClient({path: socket})
    client.socket.write('--grey 192.0.2.1 a@example.org b@example.net')
    expect(await client.expect(/true|false/)).toBe('true')
  })
})
