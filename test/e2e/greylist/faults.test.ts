// The daemon is killed, stopped, flooded and lied to: mail goes through, nothing is corrupted, it is back at once.
import {chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync} from 'node:fs'
import {createConnection} from 'node:net'
import {join} from 'node:path'

import Database from 'better-sqlite3'
import {describe, expect, test} from 'vitest'

import {temporaryDirectory} from '../../support/temporary.js'
import {ask, deliver, plainClient} from './support/client.js'
import {answersOn, entriesIn, startDaemon, until, type Daemon} from './support/daemon.js'
import {startTcpserver, whyNoTcpserver} from './support/tcpserver.js'
import {filterForms} from '../../../plugins/greylist/test/support/forms.js'

const [form] = filterForms()
const FILTER = form?.path ?? ''
const why = whyNoTcpserver()

const question = (sender: string, recipient = 'user@example.net', address = '192.0.2.1') =>
  `request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=${address}\nsender=${sender}\nrecipient=${recipient}\n\n`

describe('the sockets', () => {
  test('a filter that half-closes, one that drips its line, one that says too much', async () => {
    const {socket} = await startDaemon(['--delay', '1h'])
    expect(await ask(socket, 'connect ip=192.0.2.1\n')).toMatch(/^grey 3600 /)
    const slow = plainClient({path: socket})
    for (const letter of 'connect ip=192.0.2.1\nconnect ip=192.0.2.2\n') slow.socket.write(letter)
    await slow.closed
    expect(slow.text().match(/grey/g)).toHaveLength(1)
    for (const bad of ['\n', 'GET / HTTP/1.0\r\n\r\n', 'connect\n', 'connect ip=\n', 'connect ip=192.0.2.1\0\n', 'x'.repeat(1_000_000), 'connect ip=192.0.2.1'])
      expect(await ask(socket, bad)).toMatch(/^(fail request not understood\n)?$/)
    expect(await ask(socket, 'connect ip=192.0.2.1\n')).toMatch(/^grey /)
  })

  test('a thousand connections that say nothing keep nobody waiting', async () => {
    const {socket} = await startDaemon(['--delay', '1h'])
    const silent = Array.from({length: 1000}, () => createConnection(socket).on('error', () => {}))
    const began = performance.now()
    expect(await ask(socket, 'connect ip=192.0.2.1\n')).toMatch(/^grey /)
    expect(performance.now() - began).toBeLessThan(2000)
    for (const one of silent) one.destroy()
  })

  test('Postfix: pipelined, split at every byte, and one that reads late', async () => {
    const path = join(temporaryDirectory('policy'), 'p.sock')
    await startDaemon(['--policy', `unix:${path}`, '--delay', '1h'])
    const pipelined = plainClient({path})
    pipelined.socket.write(Array.from({length: 1000}, (_, n) => question(n % 2 === 0 ? 'a@example.org' : '', 'user@example.net', `10.0.${n % 200}.1`)).join(''))
    await until('all answers', () => pipelined.text().split('\n\n').length === 1001)
    expect(pipelined.text().split('\n\n').slice(0, 1000).map(answer => answer.slice(0, 12))).toEqual(
      Array.from({length: 1000}, (_, n) => (n % 2 === 0 ? 'action=DEFER' : 'action=DUNNO')),
    )
    const split = plainClient({path})
    for (const letter of question('b@example.org')) split.socket.write(letter)
    expect(await split.expect(/\n\n/)).toMatch(/^action=DEFER_IF_PERMIT 4\.2\.0 /)
    // 4 MB of answers for one that does not read: what waits is bounded, and others are served.
    const late = plainClient({path})
    late.socket.pause()
    const block = Array.from({length: 200}, () => question('c@example.org')).join('')
    for (let i = 0; i < 200; i++) late.socket.write(block)
    split.socket.write(question('b@example.org'))
    await split.expect(/\n\n[^]*\n\n/)
    late.socket.resume()
    await until('the late answers', () => late.text().split('\n\n').length === 40_001)
    for (const {socket: one} of [pipelined, split, late]) one.destroy()
  }, 120_000)

  test('what is not Postfix gets no answer but those before it', async () => {
    const path = join(temporaryDirectory('policy'), 'p.sock')
    await startDaemon(['--policy', `unix:${path}`, '--delay', '1h'])
    for (const bad of ['GET / HTTP/1.0\r\n\r\n', '\n', 'request=smtpd_access_policy\nno equals sign\n\n', 'request=junk\n\n', `sender=${'x'.repeat(1_000_000)}`, 'a=\0\n\n']) {
      const client = plainClient({path})
      client.socket.write(question('a@example.org') + bad)
      await client.closed
      expect(client.text()).toMatch(/^action=DEFER[^\n]*\n\n$/)
    }
  })

  test('a second daemon does not take the socket of the first; a stale one is taken over', async () => {
    const daemon = await startDaemon()
    await expect(startDaemon([], {directory: daemon.directory})).rejects.toThrow(/another process answers on .*greylist\.sock \[DAEMON_RUNNING\]/)
    expect(await answersOn(daemon.socket)).toBe(true)
    await daemon.stop('SIGKILL')
    expect(existsSync(daemon.socket)).toBe(true)
    await daemon.start()
    expect(await daemon.stop('SIGINT')).toBe(0)
    expect(existsSync(daemon.socket)).toBe(false)
  })
})

describe('the store', () => {
  const spoil = async (daemon: Daemon, how: (db: string) => void) => {
    expect(await ask(daemon.socket, 'connect ip=192.0.2.1\n')).toMatch(/^grey/)
    await daemon.stop()
    for (const suffix of ['-wal', '-shm']) rmSync(`${daemon.db}${suffix}`, {force: true})
    how(daemon.db)
    await daemon.start()
  }

  test.each([
    ['truncated', (db: string) => truncateSync(db, statSync(db).size - 4096)],
    ['of another program', (db: string) => writeFileSync(db, 'not a database at all, but long enough to be looked at\n'.repeat(100))],
  ])('%s: moved aside, told, everybody passes', async (_, how) => {
    const daemon = await startDaemon(['--delay', '1h'])
    await spoil(daemon, how)
    expect(await ask(daemon.socket, 'connect ip=192.0.2.1\n')).toBe('pass\n')
    expect(daemon.log()).toMatch(/moved|aside/)
    expect(entriesIn(daemon.db)).toBeGreaterThanOrEqual(0)
  })
})

describe.skipIf(why !== '')(`under load ${why}`, () => {
  test('kill -9: no accepted mail is lost, the store is whole, clients pass meanwhile, it is back at once', async () => {
    const daemon = await startDaemon(['--delay', '0s'])
    const server = await startTcpserver({filter: [FILTER, '--socket', daemon.socket]})
    let accepted = 0
    let sent = 0
    let stop = false
    const sender = async (n: number): Promise<void> => {
      while (!stop) {
        sent++
        const {code} = await deliver(server.port, {localAddress: `127.2.${n}.1`})
        expect([250, 450]).toContain(code)
        if (code === 250) accepted++
      }
    }
    const senders = Promise.all(Array.from({length: 8}, async (_, n) => sender(n)))
    const ready: number[] = []
    for (let i = 0; i < 5; i++) {
      const before = sent
      await until('some mail', () => sent > before + 20)
      await daemon.stop('SIGKILL')
      const between = sent
      await until('mail without a daemon', () => sent > between + 5)
      const began = performance.now()
      await daemon.start()
      ready.push(performance.now() - began)
    }
    stop = true
    await senders
    expect(server.accepted()).toHaveLength(accepted)
    expect(server.log()).toContain('unchecked, passes')
    await daemon.stop()
    const database = new Database(daemon.db, {readonly: true})
    expect(database.pragma('integrity_check', {simple: true})).toBe('ok')
    database.close()
    // On a machine that does nothing else it takes a quarter of a second; here mail keeps both processors busy.
    expect(Math.min(...ready)).toBeLessThan(3000)
  }, 180_000)
})

test('settings that are wrong after SIGHUP change nothing; right ones do', async () => {
  const daemon = await startDaemon()
  const config = join(daemon.directory, 'config')
  mkdirSync(config, {recursive: true})
  const file = join(config, 'greylist.json')
  writeFileSync(file, '{"delay": "soon"}')
  daemon.child.kill('SIGHUP')
  await until('the complaint', () => daemon.log().includes('SIGHUP: the settings stay as they were'))
  expect(daemon.log()).toMatch(/greylist\.json: "delay"/)
  writeFileSync(file, '{"delay": "2h"}')
  daemon.child.kill('SIGHUP')
  await until('the reload', () => daemon.log().includes('SIGHUP: settings and lists read again'))
  expect(await ask(daemon.socket, 'connect ip=192.0.2.1\n')).toMatch(/^grey 7200 /)
})

test.skipIf(process.getuid?.() !== 0)('started as root it becomes its user, and each socket has its mode and group', async () => {
  const directory = temporaryDirectory('user')
  chmodSync(directory, 0o755)
  const policy = join(directory, 'p/policy.sock')
  const daemon = await startDaemon(['--user', 'nobody', '--socket', `${join(directory, 'f.sock')},mode=0660,group=mail`, '--policy', `unix:${policy},mode=0600`, '--db', join(directory, 'state2/greylist/greylist.db')])
  const uids = /^Uid:\t(\d+)\t(\d+)\t(\d+)/m.exec(readFileSync(`/proc/${daemon.child.pid}/status`, 'utf8'))
  expect(new Set(uids?.slice(1)).size).toBe(1)
  expect(uids?.[1]).not.toBe('0')
  expect(readFileSync(`/proc/${daemon.child.pid}/status`, 'utf8')).toMatch(/^CapEff:\t0+$/m)
  expect(statSync(join(directory, 'f.sock')).mode & 0o777).toBe(0o660)
  expect(statSync(policy).mode & 0o777).toBe(0o600)
  expect(statSync(join(directory, 'f/control.sock')).mode & 0o777).toBe(0o600)
  expect(statSync(join(directory, 'f/unchecked')).mode & 0o777).toBe(0o620)
  expect(statSync(join(directory, 'state2/greylist')).mode & 0o777).toBe(0o700)
  expect(await ask(join(directory, 'f.sock'), 'connect ip=192.0.2.1\n')).toMatch(/^grey /)
})
