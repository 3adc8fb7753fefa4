// The command as a process: statuses, text, JSON, a qmail-send that runs, undo, and what doctor says.
import {spawn, spawnSync} from 'node:child_process'
import {chmodSync, existsSync, readdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {describe, expect, onTestFinished, test} from 'vitest'

import {haveDaemontools, startFakeQmailSend, type FakeOptions} from '../../../../test/support/fake-qmail-send.js'
import {addMessage, addStrangers, damage, differences, fillQueue, pathOf, type Queue} from '../../../../test/support/queue/index.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {codes, createWorld, isRoot, picture} from './support.js'

const RUN = join(import.meta.dirname, '../../../../bin/run.js')

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Not spawnSync: the stand-in for qmail-send is ours, and has to be waited for meanwhile. */
const mailops = (queue: Queue, ...args: string[]): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const dir = join(queue.dir, '..')
    const env = {...process.env, MAILOPS_STATE_DIR: join(dir, 'state'), MAILOPS_RUN_DIR: join(dir, 'run'), NO_COLOR: '1'}
    const child = spawn(process.execPath, [RUN, ...args], {env, stdio: ['ignore', 'pipe', 'pipe']})
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', chunk => (stdout += chunk))
    child.stderr.on('data', chunk => (stderr += chunk))
    child.on('error', reject)
    child.on('close', status => resolve({status, stdout, stderr}))
  })

const check = (queue: Queue, ...args: string[]) => mailops(queue, 'qmail', 'check', '--queue', queue.dir, ...args)

const sendOn = async (options: FakeOptions) => {
  const send = await startFakeQmailSend(options)
  onTestFinished(() => send.stop())
  return send
}

test('a legal queue: one line, exit 0; its JSON has no finding', async () => {
  const {queue} = createWorld()
  fillQueue(queue, 200)
  expect(await check(queue)).toEqual({status: 0, stderr: '', stdout: `${queue.dir}: nothing is wrong\n`})
  const {status, stdout} = await check(queue, '--json')
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toEqual({queue: queue.dir, findings: [], counts: {}})
})

test('findings are grouped, ten of each are shown, --verbose shows all; exit 1', async () => {
  const {queue} = createWorld()
  const numbers = Array.from({length: 12}, () => addMessage(queue, {state: 'bounce-only'}))
  addMessage(queue, {state: 'intd-left'})
  const {status, stdout} = await check(queue)
  expect(status).toBe(1)
  expect(stdout).toContain('DANGER  orphan-bounce  12\n')
  expect(stdout.match(/^ {4}bounce\/\d+$/gm)).toHaveLength(10)
  expect(stdout).toContain('and 2 more (--verbose shows all)')
  expect(stdout.indexOf('orphan-bounce')).toBeLessThan(stdout.indexOf('leftover-intd'))
  expect(stdout).toContain('13 findings, repair would mend all of them\n')
  const all = (await check(queue, '--verbose')).stdout
  for (const number of numbers) expect(all).toContain(`    bounce/${number}\n`)
  const json = JSON.parse((await check(queue, '--json')).stdout)
  expect(json.counts).toEqual({'orphan-bounce': 12, 'leftover-intd': 1})
  expect(json.findings).toHaveLength(13)
  expect(json.findings[0]).toMatchObject({severity: 'danger', id: numbers[0], whyNot: null})
})

test('names of strangers reach the terminal escaped', async () => {
  const {queue} = createWorld({split: 23})
  addStrangers(queue, temporaryDirectory('outside'))
  const {stdout} = await check(queue, '--verbose')
  expect(stdout).toContain('a\\nb')
  expect(stdout).toContain('\\u{202e}99')
})

test('repair: dry run, needs --yes, repairs, is undone', async () => {
  const {queue} = createWorld()
  addMessage(queue, {state: 'todo-with-bounce'})
  addMessage(queue, {state: 'info-without-mess'})
  const before = picture(queue)
  const dry = await check(queue, '--repair', '--dry-run')
  expect(dry).toMatchObject({status: 1})
  expect(dry.stdout).toContain('mend 2 findings')
  const asked = await check(queue, '--repair')
  expect(asked).toMatchObject({status: 64})
  expect(asked.stderr).toContain('NEEDS_YES')
  expect(differences(before, picture(queue))).toEqual([])
  const repaired = await check(queue, '--repair', '--yes')
  expect(repaired.stderr).toMatch(/2 findings mended in \d+ steps; journal (\d{8}-\S+); take it back with: mailops undo \1$/m)
  expect(repaired.status).toBe(0)
  expect(await codes(queue)).toEqual({})
  expect((await mailops(queue, 'undo', 'last', '--yes')).status).toBe(0)
  expect(differences(before, picture(queue))).toEqual([])
  expect(readdirSync(queue.dir)).not.toContain('.mailops-trash')
})

test('repair --json is one document and exits 1 when something is left', async () => {
  const {queue} = createWorld()
  addMessage(queue, {state: 'bounce-only'})
  const number = addMessage(queue)
  writeFileSync(`${queue.dir}/${pathOf(queue, 'info', number)}.old`, '', {mode: 0o600})
  const {status, stdout} = await check(queue, '--repair', '--yes', '--json')
  expect(status).toBe(1)
  const json = JSON.parse(stdout)
  expect(json.counts).toEqual({'orphan-bounce': 1, 'foreign-name': 1})
  expect(json.repaired).toMatchObject({findings: 1, steps: 1, skipped: [], serviceDowntimeMs: 0})
  expect(json.repaired.left).toMatchObject([{code: 'foreign-name'}])
  expect(existsSync(json.repaired.trash)).toBe(true)
})

describe('with qmail-send running', () => {
  test('what it would trip over needs --stop: 75, and nothing is changed', async () => {
    const {queue} = createWorld()
    addMessage(queue, {state: 'bounce-only'})
    const send = await sendOn({queue: queue.dir})
    const before = picture(queue)
    const {status, stderr} = await check(queue, '--repair', '--yes')
    expect(status).toBe(75)
    expect(stderr).toContain(`pid ${send.pid()}`)
    expect(stderr).toContain('--stop')
    expect(differences(before, picture(queue))).toEqual([])
  })

  test.skipIf(!isRoot)('what it does not mind is mended without a stop (as root)', async () => {
    const {queue} = createWorld()
    damage('info-mode', {queue, number: addMessage(queue)})
    const send = await sendOn({queue: queue.dir})
    const pid = send.pid()
    expect((await check(queue, '--repair', '--yes')).status).toBe(0)
    expect(send.pid()).toBe(pid)
    expect(await codes(queue)).toEqual({})
  })

  const reason = haveDaemontools() ? '' : ' (skipped: daemontools is not installed)'
  test.skipIf(reason !== '')(`--stop stops it, repairs, starts it again${reason}`, async () => {
    const {queue} = createWorld()
    addMessage(queue, {state: 'bounce-only'})
    const send = await sendOn({queue: queue.dir, supervised: true})
    const pid = send.pid()
    const {status, stdout} = await check(queue, '--repair', '--stop', '--yes', '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout).repaired.serviceDowntimeMs).toBeGreaterThan(0)
    await expect.poll(() => send.pid(), {timeout: 20_000}).toBeDefined()
    expect(send.pid()).not.toBe(pid)
    expect(await codes(queue)).toEqual({})
  })

  test('undo of such a repair waits until qmail-send is stopped: 75', async () => {
    const {queue} = createWorld()
    addMessage(queue, {state: 'bounce-only'})
    expect((await check(queue, '--repair', '--yes')).status).toBe(0)
    await sendOn({queue: queue.dir})
    const repaired = picture(queue)
    const {status, stderr} = await mailops(queue, 'undo', 'last', '--yes')
    expect(status).toBe(75)
    expect(stderr).not.toContain('--method')
    expect(differences(repaired, picture(queue))).toEqual([])
  })
})

test.skipIf(!isRoot)('a user that may not look is told so: 77 (as root, who becomes one)', async () => {
  const {queue} = createWorld()
  addMessage(queue)
  chmodSync(join(queue.dir, '..'), 0o755)
  chmodSync(queue.dir, 0o755)
  const env = {...process.env, MAILOPS_STATE_DIR: join(queue.dir, '../nobody')}
  const {status, stderr} = spawnSync(process.execPath, [RUN, 'qmail', 'check', '--queue', queue.dir], {env, uid: 65534, gid: 65534, encoding: 'utf8'})
  expect({status, stderr}).toMatchObject({status: 77, stderr: expect.stringMatching(/permission denied/)})
})

test('doctor: the queue, its layout, who runs it, what its trash holds', async () => {
  const {queue} = createWorld({extraChannels: ['suppl0']})
  fillQueue(queue, 20)
  addMessage(queue, {state: 'bounce-only'})
  await check(queue, '--repair', '--yes')
  process.env['MAILOPS_QMAIL_QUEUE'] = queue.dir
  onTestFinished(() => void delete process.env['MAILOPS_QMAIL_QUEUE'])
  const findings = async () => JSON.parse((await mailops(queue, 'doctor', '--json')).stdout).findings as {code: string; text: string}[]
  const down = await findings()
  expect(down.find(({code}) => code === 'QMAIL_QUEUE')?.text).toContain(`${queue.dir}: split 5, todo flat, channels local, remote, suppl0; 20 messages`)
  expect(down.map(({code}) => code)).toEqual(expect.arrayContaining(['QMAIL_SEND_DOWN', 'QMAIL_TRASH']))
  const send = await sendOn({queue: queue.dir})
  expect((await findings()).find(({code}) => code === 'QMAIL_SEND')?.text).toContain(`pid ${send.pid()}`)
})
