// The commands as an operator types them, on the queue of a real qmail-send that runs all the while
import {spawn} from 'node:child_process'
import {readdirSync} from 'node:fs'
import {join} from 'node:path'

import {afterEach, describe, expect, onTestFinished, test} from 'vitest'

import {fillQueue} from '../../support/queue/index.js'
import {temporaryDirectory} from '../../support/temporary.js'
import {LOCAL, openRealQmail, whyNoRealQmail, type RealQmail} from './real-qmail.js'

const RUN = join(import.meta.dirname, '../../../bin/run.js')
const reason = whyNoRealQmail()
const COMPLAINT = /warning|alert|trouble|unable/

let qmail: RealQmail
afterEach(() => qmail.close())

const open = async (aliases: Record<string, string> = {}) => {
  qmail = await openRealQmail({control: {concurrencylocal: '10\n', concurrencyremote: '20\n'}, aliases})
  const base = temporaryDirectory('commands')
  const env = {...process.env, MAILOPS_STATE_DIR: join(base, 'state'), MAILOPS_RUN_DIR: join(base, 'run')}
  const run = (args: readonly string[]): Promise<{status: number | null; stdout: string; stderr: string}> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [RUN, ...args], {env, stdio: ['ignore', 'pipe', 'pipe']})
      onTestFinished(() => void child.kill('SIGKILL'))
      let stdout = ''
      let stderr = ''
      child.stdout.on('data', chunk => (stdout += chunk))
      child.stderr.on('data', chunk => (stderr += chunk))
      child.on('error', reject)
      child.on('close', status => resolve({status, stdout, stderr}))
    })
  /** Runs a qmail command with --json and returns its document. */
  return async (args: readonly string[], status = 0): Promise<any> => {
    const [topic, ...rest] = args
    const where = topic === 'qmail' ? ['--queue', qmail.queue.dir] : []
    const ended = await run([topic!, ...rest, ...where, '--json'])
    expect(ended, ended.stderr || ended.stdout).toMatchObject({status})
    return JSON.parse(ended.stdout.startsWith('{') && ended.stdout.trimEnd().includes('\n{') ? `[${ended.stdout.trimEnd().replaceAll('\n{', ',{')}]` : ended.stdout)
  }
}

const filesIn = (part: string): string[] =>
  readdirSync(join(qmail.queue.dir, part), {recursive: true, withFileTypes: true}).filter(entry => entry.isFile()).map(({name}) => name)
const isEmpty = () => ['mess', 'info', 'local', 'remote', 'todo', 'intd', 'bounce'].every(part => filesIn(part).length === 0)

describe.skipIf(reason !== '')(reason || 'commands on a real qmail', {timeout: 300_000}, () => {
  test('purge --all goes live by itself, everything leaves, and undo brings it back while qmail-send runs', async () => {
    const mailops = await open({default: '|exit 111\n'})
    const {numbers, pending} = fillQueue(qmail.queue, 200, {shape: {nullSender: 0, todo: 0, bounce: 0}})
    await qmail.start()
    qmail.alarm()
    await qmail.waitForLog(/^delivery \d+: deferral/, pending)
    const purged = await mailops(['qmail', 'purge', '--all', '--yes'])
    expect(purged).toMatchObject({method: 'live', selected: numbers.length, removed: numbers.length, marked: 0, skipped: []})
    await qmail.waitFor(isEmpty, 'an empty queue')
    expect(qmail.lines(/^bounce msg/)).toEqual([])
    await mailops(['undo', purged.journalId, '--yes'])
    expect(filesIn('info').toSorted()).toEqual(numbers.toSorted())
    await qmail.waitForLog(/^delivery \d+: deferral/, 2 * pending)
    expect(qmail.lines(COMPLAINT)).toEqual([])
  })

  test('a selection is marked, leaves with retry (ALRM), and the others stay', async () => {
    const mailops = await open()
    await qmail.start()
    for (const sender of ['spam@spam.example', 'ann@client.example'])
      for (let i = 0; i < 5; i++) expect(qmail.inject({sender, recipients: ['x@remote.example', `defer@${LOCAL}`]})).toBe(0)
    await qmail.waitForLog(/^delivery \d+: deferral/, 20)
    const purged = await mailops(['qmail', 'purge', '--sender', '@spam.example', '--yes'])
    expect(purged).toMatchObject({method: 'live', selected: 5, marked: 5, removed: 0})
    const list = await mailops(['qmail', 'list', '--state', 'ending'])
    expect(list).toHaveLength(5)
    await mailops(['qmail', 'retry', '--yes'])
    await qmail.waitForLog(/^end msg/, 5)
    expect((await mailops(['qmail', 'stats'])).messages ?? filesIn('info').length).toBe(5)
    expect(qmail.lines(/^bounce msg/)).toEqual([])
    expect(qmail.lines(COMPLAINT)).toEqual([])
  })

  test('purge --return: each message is tried once more, then returned to its sender', async () => {
    const mailops = await open()
    await qmail.start()
    for (let i = 0; i < 3; i++) expect(qmail.inject({sender: `swallow@${LOCAL}`, recipients: [`defer@${LOCAL}`]})).toBe(0)
    expect(qmail.inject({sender: 'ann@client.example', recipients: [`defer@${LOCAL}`]})).toBe(0)
    await qmail.waitForLog(/^delivery \d+: deferral/, 4)
    await mailops(['qmail', 'purge', '--sender', `swallow@${LOCAL}`, '--return', '--flush', '--yes'])
    await qmail.waitForLog(/^bounce msg/, 3)
    await qmail.waitForLog(/to local swallow@/, 3)
    await qmail.waitFor(() => filesIn('info').length === 1, 'the three to leave')
    expect(qmail.lines(/^bounce msg/)).toHaveLength(3)
    expect(qmail.lines(COMPLAINT)).toEqual([])
  })

  test('purge --all --stop by swap, undone without a stop while qmail-send runs', async () => {
    const mailops = await open({default: '|exit 111\n'})
    const {numbers, pending} = fillQueue(qmail.queue, 300, {shape: {nullSender: 0, todo: 0, bounce: 0}})
    await qmail.start()
    qmail.alarm()
    await qmail.waitForLog(/^delivery \d+: deferral/, pending)
    const purged = await mailops(['qmail', 'purge', '--all', '--stop', '--yes'])
    expect(purged).toMatchObject({method: 'swap', removed: numbers.length})
    expect(isEmpty()).toBe(true)
    expect(qmail.pid()).toBeDefined()
    await mailops(['undo', 'last', '--yes'])
    await qmail.waitFor(() => filesIn('todo').length === 0 && filesIn('info').length === numbers.length, 'all of them in the queue')
    qmail.alarm()
    await qmail.waitForLog(/^delivery \d+: deferral/, 2 * pending)
    expect(qmail.lines(/^bounce msg/)).toEqual([])
    expect(qmail.lines(COMPLAINT)).toEqual([])
    expect(await mailops(['qmail', 'check'])).toMatchObject({findings: []})
  })

  test('hold and release of one message; offline without --stop is refused by name', async () => {
    const mailops = await open()
    await qmail.start()
    expect(qmail.inject({sender: 'held@client.example', recipients: [`defer@${LOCAL}`]})).toBe(0)
    await qmail.waitForLog(/^delivery \d+: deferral/)
    expect((await mailops(['qmail', 'purge', '--all', '--method', 'offline', '--yes'], 75)).error).toMatchObject({exit: 75})
    await mailops(['qmail', 'hold', '--sender', 'held@client.example', '--yes', '--stop'])
    qmail.alarm()
    expect(qmail.inject({sender: 'free@client.example', recipients: [`defer@${LOCAL}`]})).toBe(0)
    await qmail.waitForLog(/to local defer@/, 2)
    await mailops(['qmail', 'release', '--sender', 'held@client.example', '--yes', '--stop'])
    // It has its own times again, by which its next turn is minutes away.
    qmail.alarm()
    await qmail.waitForLog(/to local defer@/, 3)
    expect(qmail.lines(COMPLAINT)).toEqual([])
  })
})
