// The commands while a daemon runs: it is asked, it takes changes at once, and what it knows is shown.
import {spawn, spawnSync, type ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, rmSync, writeFileSync} from 'node:fs'
import {connect, createServer} from 'node:net'
import {join} from 'node:path'

import {runCommand} from '@oclif/test'
import {expect, onTestFinished, test, vi} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'

const ROOT = join(import.meta.dirname, '..', '..', '..', '..')

const place = (): string => {
  const state = temporaryDirectory('greylist')
  for (const [name, path] of [['STATE', state], ['RUN', join(state, 'run')], ['CONFIG', join(state, 'etc')]] as const) process.env[`MAILOPS_${name}_DIR`] = path
  return state
}

const started = async (state: string, ...flags: string[]): Promise<ChildProcess> => {
  const child = spawn(process.execPath, [join(ROOT, 'bin', 'run.js'), 'greylist', 'serve', '--no-spf', '--policy', `unix:${state}/policy.sock`, ...flags], {stdio: ['ignore', 'ignore', 'pipe'], env: process.env})
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  })
  await vi.waitFor(async () => void (await policy(state, '127.0.0.99')), {timeout: 20_000, interval: 50})
  return child
}

/** One request of Postfix; gives the action. */
const policy = async (state: string, client: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(join(state, 'policy.sock'))
    socket.on('error', reject).setEncoding('utf8')
    socket.once('data', text => {
      socket.destroy()
      resolve(String(text).trim())
    })
    socket.write(`request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=${client}\nsender=a@b.example\nrecipient=c@d.example\n\n`)
  })

const json = async <T>(...args: string[]): Promise<T> => {
  const {stdout, error} = await runCommand([...args, '--json'], {root: ROOT})
  process.exitCode = 0
  if (stdout === '') throw error ?? new Error('nothing was printed')
  return JSON.parse(stdout) as T
}

test('the daemon is asked, and takes changes and undo at once', async () => {
  const state = place()
  await started(state, '--delay', '1h')
  expect(await policy(state, '192.0.2.7')).toMatch(/action=.*450|DEFER/i)
  expect(await json('greylist', 'check', '192.0.2.7', 'a@b.example', 'c@d.example')).toMatchObject({known: true, decision: {action: 'defer', reason: 'early'}})
  const {journalId} = await json<{journalId: string}>('greylist', 'allow', '192.0.2.0/24')
  expect(await policy(state, '192.0.2.7')).toMatch(/action=DUNNO/i)
  await json('undo', journalId, '--yes')
  expect(await policy(state, '192.0.2.7')).toMatch(/action=.*450|DEFER/i)
  expect(await json('greylist', 'stats')).toMatchObject({daemon: true, pending: 2, top: [{pending: 1}, {pending: 1}]})
  expect(await json('greylist', 'forget', '192.0.2.7', '--yes')).toMatchObject({entries: 1})
  expect(await json('greylist', 'check', '192.0.2.7', 'a@b.example', 'c@d.example')).toMatchObject({known: false})
  expect(await json('greylist', 'expire')).toMatchObject({removed: 0})
})

test('killed under load: nothing is damaged, and what is older than the last second is still known', async () => {
  const state = place()
  const child = await started(state, '--delay', '1h')
  await Promise.all(Array.from({length: 200}, (_, n) => policy(state, `10.0.${n}.1`)))
  // The daemon commits ten times a second; one that it has answered after that is on the disk.
  await vi.waitFor(async () => expect((await json<{pending: number}>('greylist', 'stats')).pending).toBe(201))
  const load = Promise.allSettled(Array.from({length: 200}, (_, n) => policy(state, `10.1.${n}.1`)))
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  await load
  const begun = performance.now()
  expect(await json('greylist', 'check', '10.0.5.1', 'a@b.example', 'c@d.example')).toMatchObject({known: true})
  expect(performance.now() - begun, 'opened again').toBeLessThan(5000)
  await started(state, '--delay', '1h')
  expect(await json('greylist', 'check', '10.0.77.1', 'a@b.example', 'c@d.example')).toMatchObject({known: true, decision: {reason: 'early'}})
})

test('a store that cannot be made keeps the daemon from nothing: everybody passes, doctor says why, and it is taken when it can', async () => {
  const state = place()
  const folder = join(state, 'in-the-way')
  writeFileSync(folder, '')
  await started(state, '--delay', '1h', '--db', join(folder, 'store', 'g.db'))
  expect(await policy(state, '192.0.2.7')).toMatch(/action=DUNNO/)
  const findings = async (): Promise<string> => JSON.stringify(await json('doctor'))
  expect(await findings()).toMatch(/GREYLIST_STORE.*everybody passes: the store cannot be opened/)
  rmSync(folder)
  await vi.waitFor(async () => expect(await policy(state, '192.0.2.8')).toMatch(/DEFER/), {timeout: 30_000, interval: 200})
  expect(await findings()).not.toMatch(/GREYLIST_STORE"/)
}, 60_000)

test('what cannot start ends, and leaves no socket on which clients would wait', async () => {
  const state = place()
  const taken = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void taken.close())
  await once(taken, 'listening')
  const {port} = taken.address() as {port: number}
  const serve = (...flags: string[]) =>
    spawnSync(process.execPath, [join(ROOT, 'bin', 'run.js'), 'greylist', 'serve', '--no-spf', ...flags], {env: process.env, encoding: 'utf8', timeout: 30_000})
  for (const [flags, status, code] of [
    [['--metrics', `127.0.0.1:${port}`], 75, 'IN_USE'],
    [['--policy', `inet:127.0.0.1:${port}`], 75, 'IN_USE'],
    [['--policy', 'inet:192.0.2.1:10023'], 73, 'NO_ADDRESS'],
  ] as const) {
    expect(serve(...flags)).toMatchObject({status, stderr: expect.stringContaining(`[${code}]`)})
    expect(existsSync(join(state, 'run', 'greylist.sock'))).toBe(false)
  }
}, 60_000)
