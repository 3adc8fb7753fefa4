// Purging under a real qmail-send, and by swap while mail comes in: its log has no warning, no bounce, no double delivery
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {statePlace, type StatePlace} from 'mailops/effects'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'

import {liveHandler} from '../../../plugins/qmail/dist/effects/live/handler.js'
import {openQueue, selectMessages} from '../../../plugins/qmail/dist/effects/reading/index.js'
import {scheduleHandler} from '../../../plugins/qmail/dist/effects/schedule/handler.js'
import {scheduleChange} from '../../../plugins/qmail/dist/effects/schedule/schedule-args.js'
import {swapHandler} from '../../../plugins/qmail/dist/effects/swap/handler.js'
import {swapChange} from '../../../plugins/qmail/dist/effects/swap/swap-args.js'
import {compileSelection} from '../../../plugins/qmail/dist/selection/compile.js'
import {purgeLive} from '../../../plugins/qmail/test/effects/support/live.js'
import {applyChange, undoChange} from '../../../plugins/qmail/test/effects/support/world.js'
import {addMessage, fillQueue, pathOf} from '../../support/queue/index.js'
import {LOCAL, openRealQmail, whyNoRealQmail, type RealQmail} from './real-qmail.js'

const reason = whyNoRealQmail()
const COMPLAINT = /warning|alert|trouble|unable/

let base: string
let place: StatePlace
let qmail: RealQmail | undefined
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'mailops-e2e-'))
  // An alias looks into it.
  chmodSync(base, 0o711)
  place = statePlace({MAILOPS_STATE_DIR: join(base, 'state'), MAILOPS_RUN_DIR: join(base, 'run')})
})
afterEach(async () => {
  // A delivery that still waits would keep qmail-send from ending.
  writeFileSync(join(base, 'open'), '')
  await qmail?.close()
  qmail = undefined
  rmSync(base, {recursive: true})
})

/** With delivery slots whatever another test has left in control/. */
const open = (options: Parameters<typeof openRealQmail>[0] = {}) =>
  openRealQmail({...options, control: {concurrencylocal: '10\n', concurrencyremote: '20\n', ...options.control}})

const world = () => ({queue: qmail!.queue, place})

const numbersIn = (part: string): string[] =>
  readdirSync(join(qmail!.queue.dir, part), {recursive: true, withFileTypes: true}).filter(entry => entry.isFile()).map(({name}) => name)

const isEmpty = () => ['mess', 'info', 'local', 'remote', 'todo', 'intd', 'bounce'].every(part => numbersIn(part).length === 0)

/** Recipients whose delivery was begun, once for each time. */
const tried = () => qmail!.lines(/^starting delivery/).map(line => line.replace(/^starting delivery \d+: /, ''))

describe.skipIf(reason !== '')(reason || 'real qmail', {timeout: 600_000}, () => {
  test('2,000 messages leave while qmail-send delivers: each ends once, nothing bounces', async () => {
    qmail = await open({aliases: {default: '#\n'}})
    const {numbers, todo} = fillQueue(qmail.queue, 1_950, {shape: {local: 0, both: 0.2}})
    await qmail.start()
    for (let i = 0; i < 50; i++) expect(qmail.inject({recipients: ['someone@remote.example', `defer@${LOCAL}`]})).toBe(0)
    await qmail.waitForLog(/^new msg/, todo + 50)
    qmail.alarm()
    await qmail.waitForLog(/^starting delivery/, 100)
    const {result} = await purgeLive(world(), {}, {flush: true, flushWaitMs: 60_000})
    expect(result).toMatchObject({removed: numbers.length + 50, marked: 0, skipped: []})
    await qmail.waitFor(isEmpty, 'an empty queue')
    expect(qmail.lines(/^end msg/)).toHaveLength(2_000)
    expect(qmail.lines(/^bounce msg/)).toEqual([])
    expect(qmail.lines(COMPLAINT)).toEqual([])
    const delivered = qmail.lines(/^delivery \d+: success/).map(line => /\d+/.exec(line)![0])
    const whom = delivered.map(number => qmail!.lines(new RegExp(`^starting delivery ${number}:`))[0]!.replace(/^.*?: /, ''))
    expect(whom.length).toBeGreaterThan(0)
    expect(whom.toSorted()).toEqual([...new Set(whom)].toSorted())
  })

  test('undone before they have left, they are tried again, every recipient that was to be done and no other', async () => {
    qmail = await open({aliases: {default: '|exit 111\n'}})
    const {numbers, pending} = fillQueue(qmail.queue, 100, {shape: {nullSender: 0, todo: 0, bounce: 0}})
    await qmail.start()
    qmail.alarm()
    await qmail.waitForLog(/^delivery \d+: deferral/, pending)
    const {result, journalId} = await purgeLive(world(), {})
    expect(result).toMatchObject({removed: 0, marked: numbers.length})
    const undone = await undoChange(world(), journalId, liveHandler())
    expect(undone.bulk[0]).toMatchObject({complete: true, result: {unmarked: numbers.length, restored: 0}})
    const first = tried()
    qmail.alarm()
    await qmail.waitForLog(/^delivery \d+: deferral/, 2 * pending)
    expect(tried().slice(first.length).toSorted()).toEqual(first.toSorted())
    expect(qmail.lines(/^(end|bounce) msg/)).toEqual([])
    expect(qmail.lines(COMPLAINT)).toEqual([])
  })

  test('undone after they have left, they come back under their numbers, to be tried again', async () => {
    qmail = await open({aliases: {default: '|exit 111\n'}})
    const {numbers, pending} = fillQueue(qmail.queue, 100, {shape: {nullSender: 0, todo: 0, bounce: 0}})
    await qmail.start()
    qmail.alarm()
    await qmail.waitForLog(/^delivery \d+: deferral/, pending)
    const {journalId, result} = await purgeLive(world(), {}, {flush: true, flushWaitMs: 60_000})
    expect(result).toMatchObject({removed: numbers.length})
    const first = tried()
    const undone = await undoChange(world(), journalId, liveHandler())
    expect(undone.bulk[0]).toMatchObject({complete: true, result: {unmarked: 0, restored: numbers.length}})
    await qmail.waitForLog(/^delivery \d+: deferral/, 2 * pending)
    expect(tried().slice(first.length).toSorted()).toEqual(first.toSorted())
    expect(numbersIn('info').toSorted()).toEqual(numbers.toSorted())
    expect(qmail.lines(/^bounce msg/)).toEqual([])
    expect(qmail.lines(COMPLAINT)).toEqual([])
  })

  test('a failure for good of a delivery under way makes a bounce, which is taken away before ALRM', async () => {
    qmail = await open({aliases: {gate: `|while [ ! -e ${base}/open ]; do sleep 0.1; done; exit 100\n`}})
    await qmail.start()
    expect(qmail.inject({recipients: [`gate@${LOCAL}`, 'someone@remote.example']})).toBe(0)
    await qmail.waitForLog(/^delivery \d+: deferral/)
    await qmail.waitForLog(/^starting delivery \d+: msg \d+ to local gate/)
    const first = await purgeLive(world(), {})
    expect(first.result).toMatchObject({marked: 1})
    writeFileSync(join(base, 'open'), '')
    await qmail.waitForLog(/^delivery \d+: failure/)
    await qmail.waitFor(() => numbersIn('bounce').length === 1, 'the bounce')
    const {result} = await purgeLive(world(), {}, {flush: true, flushWaitMs: 60_000})
    expect(result).toMatchObject({removed: 1, marked: 0, skipped: []})
    await qmail.waitFor(isEmpty, 'an empty queue')
    expect(qmail.lines(/^bounce msg/)).toEqual([])
    expect(qmail.lines(COMPLAINT)).toEqual([])
  })

  test('single recipients: the message goes on for the others', async () => {
    qmail = await open()
    await qmail.start()
    expect(qmail.inject({recipients: ['a@one.example', 'b@two.example', `defer@${LOCAL}`]})).toBe(0)
    await qmail.waitForLog(/^delivery \d+: deferral/, 3)
    const {journalId} = await purgeLive(world(), {recipient: {any: ['@one.example', `defer@${LOCAL}`]}}, {only: true})
    qmail.alarm()
    await qmail.waitForLog(/^delivery \d+: deferral/, 4)
    expect(tried().slice(3).map(line => line.replace(/.* to /, ''))).toEqual(['remote b@two.example'])
    // The local channel has gone as a whole: its recipient comes back as a message of its own.
    const undone = await undoChange(world(), journalId, liveHandler())
    expect(undone.bulk[0]!.result).toMatchObject({reinjected: 1})
    await qmail.waitForLog(new RegExp(`to local defer@${LOCAL}`), 2)
    qmail.alarm()
    await qmail.waitForLog(/to remote a@one\.example/, 2)
    expect(qmail.lines(COMPLAINT)).toEqual([])
  })

  test('a swap while mail is injected: all that was accepted is in the queue, delivered, or in the trash', async () => {
    qmail = await open({aliases: {default: '|exit 111\n'}})
    const {numbers} = fillQueue(qmail.queue, 500, {shape: {todo: 0}})
    await qmail.start()
    const {queue} = qmail
    // Injections one after the other in a process of its own, until told to stop: it writes down how many were accepted.
    writeFileSync(join(base, 'message'), 'Subject: during\n\ntext\n')
    writeFileSync(join(base, 'envelope'), 'Fa@client.example\0Tb@remote.example\0\0')
    const loop = `n=0; while [ ! -e ${base}/stop ]; do ${qmail.home}/bin/qmail-queue <${base}/message 1<${base}/envelope && n=$((n+1)); done; echo $n >${base}/accepted`
    const injector = spawn('sh', ['-c', loop], {stdio: 'ignore'})
    await qmail.waitForLog(/^new msg/, 3)
    const layout = {split: queue.split, bigTodo: queue.bigtodo, channels: queue.channels}
    const change = swapChange({queue: queue.dir, layout, token: 't', keep: true, stop: true, messages: 500, bytes: 0}, {summary: 'swap'})
    const applied = await applyChange(world(), change, swapHandler({stop: {stop: true, timeoutMs: 30_000}}))
    const before = qmail.lines(/^new msg/).length
    await qmail.waitForLog(/^new msg/, before + 3)
    writeFileSync(join(base, 'stop'), '')
    await once(injector, 'exit')
    const accepted = Number(readFileSync(join(base, 'accepted'), 'utf8'))
    await qmail.waitFor(() => numbersIn('todo').length === 0, 'an empty todo')
    const trash = String((applied.bulk[0]!.result as {trash: string}).trash)
    const inTrash = readdirSync(join(trash, 'mess'), {recursive: true, withFileTypes: true}).filter(entry => entry.isFile()).length
    expect(inTrash + numbersIn('mess').length).toBe(numbers.length + accepted)
    expect(numbersIn('mess').toSorted()).toEqual(numbersIn('info').toSorted())
    expect(qmail.lines(COMPLAINT)).toEqual([])
    await undoChange(world(), applied.journalId, swapHandler())
    expect(numbersIn('mess').length).toBe(numbers.length + accepted)
    expect(existsSync(trash)).toBe(false)
    expect(qmail.lines(COMPLAINT)).toEqual([])
  })

  test('a hold keeps one message from being tried, the others are', async () => {
    qmail = await open()
    const [held, free] = [1, 2].map(() => addMessage(qmail!.queue, {recipients: [{address: 'someone@remote.example'}]}))
    const queue = openQueue(qmail.queue.dir)
    const {snapshot} = await selectMessages(queue, compileSelection({id: {any: [held!]}}, 0))
    const change = scheduleChange({action: 'hold', queue: queue.path, token: 'h', messages: 1, stop: false})
    const live = {queue, snapshot, now: Math.floor(Date.now() / 1000), lifetime: 604_800, stop: {stop: false, timeoutMs: 0}}
    const {journalId} = await applyChange(world(), change, scheduleHandler(live))
    await qmail.start()
    await qmail.waitForLog(/^delivery \d+: deferral/)
    expect(tried()).toEqual([`msg ${free} to remote someone@remote.example`])
    await qmail.stop()
    await undoChange(world(), journalId, scheduleHandler())
    await qmail.start()
    await qmail.waitForLog(new RegExp(`msg ${held} to remote`))
    expect(existsSync(join(qmail.queue.dir, pathOf(qmail.queue, 'remote', held!)))).toBe(true)
  })
})
