// The stand-in for qmail-send behaves as the tests that use it believe
import {spawnSync} from 'node:child_process'
import {closeSync, constants, existsSync, mkdtempSync, openSync, rmSync, unlinkSync, writeSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {
  haveDaemontools, lockHolder, startFakeQmailSend, type FakeOptions, type FakeQmailSend,
} from './fake-qmail-send.js'
import {addMessage, createQueue, pathOf, type Queue} from './queue/index.js'

let dir: string
let queue: Queue
let fake: FakeQmailSend | undefined

const start = async (options: Omit<FakeOptions, 'queue'> = {}) => {
  fake = await startFakeQmailSend({queue: queue.dir, ...options})
  return fake
}
const there = (part: string, number: string) => existsSync(`${queue.dir}/${pathOf(queue, part, number)}`)
const lockIsFree = () => spawnSync('flock', ['-nx', `${queue.dir}/lock/sendmutex`, 'true']).status === 0

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mailops-fake-'))
  queue = createQueue(join(dir, 'queue'))
})
afterEach(async () => {
  await fake?.stop()
  fake = undefined
  rmSync(dir, {recursive: true})
})

test('it holds the lock under its own process id until TERM', async () => {
  const {pid, signal} = await start()
  expect(lockIsFree()).toBe(false)
  const title = spawnSync('ps', ['-o', 'comm=', '-p', String(pid())], {encoding: 'utf8'}).stdout.trim()
  expect(title).toBe('qmail-send')
  signal('SIGTERM')
  await vi.waitFor(() => expect(lockHolder(queue.dir)).toBeUndefined(), {timeout: 10_000})
  expect(lockIsFree()).toBe(true)
})

test('told never to end, it keeps the lock after TERM', async () => {
  const {signal, waitForLog, pid} = await start({term: 'never'})
  signal('SIGTERM')
  await waitForLog(/^status: terminating$/m)
  expect(pid()).toBeDefined()
  expect(lockIsFree()).toBe(false)
})

test('the trigger makes it preprocess what is in todo', async () => {
  const {waitForLog} = await start({preprocess: true})
  const number = addMessage(queue, {
    state: 'todo', recipients: [{address: 'a@local.example'}, {address: 'b@remote.example'}],
  })
  const fd = openSync(`${queue.dir}/lock/trigger`, constants.O_WRONLY | constants.O_NONBLOCK)
  writeSync(fd, '\0')
  closeSync(fd)
  await waitForLog(new RegExp(`^new msg ${number}$`, 'm'))
  const parts = ['todo', 'intd', 'info', 'local', 'remote', 'mess'].filter((part) => there(part, number))
  expect(parts).toEqual(['info', 'local', 'remote', 'mess'])
})

test('ALRM ends the messages whose recipients are all done, and no others', async () => {
  const ending = addMessage(queue, {recipients: [{address: 'a@remote.example', done: true}]})
  const left = addMessage(queue)
  const gone = addMessage(queue)
  const {waitForLog, signal, log} = await start()
  unlinkSync(`${queue.dir}/${pathOf(queue, 'remote', gone)}`)
  signal('SIGALRM')
  await waitForLog(/^status: alarm done$/m)
  const said = log().split('\n').filter((line) => /^(end|bounce|warning)/.test(line)).sort()
  expect(said).toEqual([
    `end msg ${ending}`, `warning: trouble opening ${pathOf(queue, 'remote', gone)}; will try again later`,
  ])
  expect([there('mess', ending), there('mess', left), there('remote', left)]).toEqual([false, true, true])
})

describe.skipIf(!haveDaemontools())('under supervise (daemontools)', () => {
  test('svstat names the process that holds the lock, and svc -d, -u free and take it', async () => {
    const {service, pid} = await start({supervised: true})
    const state = () => spawnSync('svstat', [service!], {encoding: 'utf8'}).stdout
    expect(state()).toContain(`up (pid ${pid()})`)
    spawnSync('svc', ['-d', service!])
    await vi.waitFor(() => expect([state().includes(': down'), pid()]).toEqual([true, undefined]), {timeout: 10_000})
    spawnSync('svc', ['-u', service!])
    await vi.waitFor(() => expect(pid()).toBeDefined(), {timeout: 10_000})
  })
})
