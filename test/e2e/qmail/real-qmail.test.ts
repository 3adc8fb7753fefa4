// A real qmail-send takes what the harness injects, and what the generator builds, without a word of complaint
import {readdirSync} from 'node:fs'
import {afterEach, describe, expect, test} from 'vitest'
import {canLoopMount} from '../../support/loop-mount.js'
import {addMessage, fillQueue, legalStates, pathOf, snapshotTree, type State} from '../../support/queue/index.js'
import {LOCAL, openRealQmail, whyNoRealQmail, type RealQmail} from './real-qmail.js'

const reason = whyNoRealQmail()
let qmail: RealQmail | undefined
afterEach(async () => {
  await qmail?.close()
  qmail = undefined
})

const COMPLAINT = /warning|alert|trouble|unable/

describe.skipIf(reason !== '')(reason || 'real qmail', () => {
  test('delivers, defers and bounces what comes through qmail-queue', async () => {
    qmail = await openRealQmail()
    await qmail.start()
    expect(qmail.inject({recipients: [`swallow@${LOCAL}`]})).toBe(0)
    await qmail.waitForLog(/^end msg/)
    expect(qmail.inject({recipients: [`nobody@${LOCAL}`, `defer@${LOCAL}`, 'someone@remote.example']})).toBe(0)
    await qmail.waitForLog(/^delivery \d+: deferral/, 2)
    await qmail.waitForLog(/^delivery \d+: failure/)
    const [number] = readdirSync(`${qmail.queue.dir}/bounce`)
    const files = [...snapshotTree(qmail.queue.dir).keys()].filter((path) => path.endsWith(`/${number}`))
    const parts = ['bounce', 'info', 'local', 'mess', 'remote']
    expect(files).toEqual(parts.map((part) => pathOf(qmail!.queue, part, number!)))
    expect(qmail.lines(COMPLAINT)).toEqual([])
  })

  test('stopped, it leaves an injected message in todo', async () => {
    qmail = await openRealQmail()
    await qmail.start()
    await qmail.stop()
    expect(qmail.inject({recipients: ['someone@remote.example']})).toBe(0)
    expect(readdirSync(`${qmail.queue.dir}/todo`)).toEqual(readdirSync(`${qmail.queue.dir}/intd`))
    expect(readdirSync(`${qmail.queue.dir}/todo`)).toHaveLength(1)
    await qmail.start()
    await qmail.waitForLog(/^delivery \d+: deferral/)
    expect(readdirSync(`${qmail.queue.dir}/todo`)).toEqual([])
  })

  test.skipIf(!canLoopMount().possible)('journaled: the next message gets the number of the last', async () => {
    qmail = await openRealQmail({journaled: true})
    await qmail.start()
    for (const count of [1, 2]) {
      qmail.inject({recipients: [`swallow@${LOCAL}`]})
      await qmail.waitForLog(/^end msg/, count)
      await qmail.waitFor(() => isEmpty(qmail!), 'the last unlink')
    }
    const [first, second] = qmail.lines(/^new msg/)
    expect(second).toBe(first)
  })

  test('takes a generated queue: tries every pending recipient and no other, without a warning', async () => {
    // Nothing ends, so that no number goes to a further message: a bounce, say.
    qmail = await openRealQmail({aliases: {default: '|exit 111\n'}})
    const {numbers, pending, todo} = fillQueue(qmail.queue, 300, {shape: {nullSender: 0}})
    await qmail.start()
    qmail.alarm()
    // Distinct, for the alarm may retry what was new in todo.
    const tried = () => new Set(deliveriesOf(qmail!, numbers).map((line) => line.replace(/^.*: msg/, ''))).size
    await qmail.waitFor(() => tried() >= pending, `${pending} deliveries`)
    expect(tried()).toBe(pending)
    expect(qmail.lines(/^new msg/).filter((line) => numbers.includes(line.split(' ')[2]!))).toHaveLength(todo)
    expect(qmail.lines(COMPLAINT)).toEqual([])
  })

  test('takes every legal state as the state that it is', async () => {
    qmail = await openRealQmail()
    const recipients = [{address: 'someone@remote.example'}]
    const states = Object.keys(legalStates) as State[]
    const sender = `defer@${LOCAL}`
    const made = new Map(states.map((state) => [state, addMessage(qmail!.queue, {state, recipients, sender})]))
    await qmail.start()
    const ended = ['finished', 'bouncing'].map((state) => `end msg ${made.get(state as State)}`)
    await qmail.waitFor(() => ended.every((line) => qmail!.log().includes(`${line}\n`)), 'the end of what is finished')
    const tried = states.filter((state) => !['injecting', 'enveloping', 'finished', 'bouncing'].includes(state))
    const numbers = tried.map((state) => made.get(state)!)
    await qmail.waitFor(() => deliveriesOf(qmail!, numbers).length >= tried.length, 'a delivery of each')
    expect(qmail.lines(/^bounce msg/)).toEqual([expect.stringContaining(`bounce msg ${made.get('bouncing')} `)])
    expect(qmail.lines(COMPLAINT)).toEqual([])
    const left = readdirSync(`${qmail.queue.dir}/intd`)
    expect(left).toEqual([made.get('enveloping')])
  })
})

const isEmpty = ({queue}: RealQmail) =>
  readdirSync(`${queue.dir}/mess`).every((part) => readdirSync(`${queue.dir}/mess/${part}`).length === 0)

const deliveriesOf = (running: RealQmail, numbers: readonly string[]) => {
  const ours = new Set(numbers)
  return running.lines(/^starting delivery/).filter((line) => ours.has(line.split(' ')[4]!))
}
