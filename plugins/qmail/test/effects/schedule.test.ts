// Retry, hold, release and giving up: only the times of queue files change, and undo puts them back
import fs from 'node:fs'
import {join} from 'node:path'

import {afterEach, describe, expect, test} from 'vitest'

import {openQueue, selectMessages} from '../../dist/effects/reading/index.js'
import {queueLifetime, timesBeforeHold} from '../../dist/effects/schedule/earlier.js'
import {scheduleHandler} from '../../dist/effects/schedule/handler.js'
import {scheduleChange} from '../../dist/effects/schedule/schedule-args.js'
import type {Action} from '../../dist/schedule/action.js'
import {expiredBirth} from '../../dist/schedule/expire.js'
import {HELD_UNTIL_SECONDS} from '../../dist/schedule/hold.js'
import {deadHosts, deadHostsText} from '../../dist/schedule/tcpto.js'
import {compileSelection} from '../../dist/selection/compile.js'
import {haveDaemontools, startFakeQmailSend, type FakeQmailSend} from '../../../../test/support/fake-qmail-send.js'
import {addMessage, differences, legalStates, pathOf, snapshotTree, type State} from '../../../../test/support/queue/index.js'
import {applyChange, emptyWorld, undoChange, worldOf, type World} from './support/world.js'

let send: FakeQmailSend | undefined
afterEach(async () => {
  await send?.stop()
  send = undefined
})

const NOW = 1_790_000_000
const PREPROCESSED = (Object.keys(legalStates) as State[]).filter(state => /pending|finished|bouncing/.test(state))

const schedule = async (world: World, action: Action, {stop = false, flush = false, id}: {stop?: boolean; flush?: boolean; id?: string} = {}) => {
  const queue = openQueue(world.queue.dir)
  const {snapshot} = await selectMessages(queue, compileSelection(id === undefined ? {} : {id: {any: [id]}}, NOW))
  const change = scheduleChange({action, queue: queue.path, token: `${action}-${performance.now()}`, messages: snapshot.length, stop})
  const live = {
    queue, snapshot, now: NOW, lifetime: queueLifetime(queue), flush,
    stop: {stop, timeoutMs: 10_000},
    ...(action === 'release' && {earlier: timesBeforeHold(world.place, queue.path)}),
  }
  const applied = await applyChange(world, change, scheduleHandler(live))
  return {journalId: applied.journalId, result: applied.bulk[0]!.result as Record<string, unknown>}
}

const treeOf = (dir: string) => snapshotTree(dir, {without: path => path === 'lock/trigger'})
const secondsOf = (world: World, part: string, number: string) =>
  fs.statSync(join(world.queue.dir, pathOf(world.queue, part, number))).mtimeMs / 1000

describe.each([
  {action: 'retry', part: 'channels', to: NOW},
  {action: 'hold', part: 'channels', to: HELD_UNTIL_SECONDS},
  {action: 'expire', part: 'info', to: expiredBirth({now: NOW, lifetime: 604_800})},
] as const)('$action', ({action, part, to}) => {
  test('sets these times and nothing else; undo is the identity', async () => {
    const world = worldOf(PREPROCESSED)
    const before = treeOf(world.queue.dir)
    const {journalId, result} = await schedule(world, action)
    const parts = part === 'info' ? ['info'] : world.queue.channels
    const states = part === 'info' ? PREPROCESSED : ['pending', 'pending-bounce']
    expect(result).toMatchObject({messages: states.length, files: states.length * parts.length, skipped: []})
    const changed = differences(before, treeOf(world.queue.dir)).map(line => line.replace(/: mtimeNs was.*/, ''))
    const wanted = states.flatMap(state => parts.map(name => pathOf(world.queue, name, world.numbers.get(state)!)))
    expect(changed.toSorted()).toEqual(wanted.toSorted())
    for (const path of wanted) expect(fs.statSync(join(world.queue.dir, path)).mtimeMs / 1000).toBe(to)
    await undoChange(world, journalId, scheduleHandler())
    expect(differences(before, treeOf(world.queue.dir))).toEqual([])
  })

  test('undo leaves alone what qmail-send has given another time since, or ended', async () => {
    const world = worldOf(['pending', 'pending-bounce'])
    const {journalId} = await schedule(world, action)
    const [tried, ended] = [world.numbers.get('pending')!, world.numbers.get('pending-bounce')!]
    for (const name of [...world.queue.channels, 'info']) {
      fs.utimesSync(join(world.queue.dir, pathOf(world.queue, name, tried)), NOW + 400, NOW + 400)
      fs.unlinkSync(join(world.queue.dir, pathOf(world.queue, name, ended)))
    }
    const undone = await undoChange(world, journalId, scheduleHandler())
    expect(undone.bulk[0]!.result).toMatchObject({files: 0})
    expect(secondsOf(world, part === 'info' ? 'info' : 'remote', tried)).toBe(NOW + 400)
  })
})

test('release gives the earlier times back, makes due what has none, and leaves what is not held', async () => {
  const world = emptyWorld()
  const due = NOW + 700
  const numbers = [0, 1, 2].map(() => addMessage(world.queue, {nextRetry: due}))
  await schedule(world, 'hold', {id: numbers[0]!})
  const unknown = join(world.queue.dir, pathOf(world.queue, 'remote', numbers[1]!))
  fs.utimesSync(unknown, HELD_UNTIL_SECONDS, HELD_UNTIL_SECONDS)
  const {journalId, result} = await schedule(world, 'release')
  expect(result).toMatchObject({messages: 2})
  expect(numbers.map(number => secondsOf(world, 'remote', number))).toEqual([due, NOW, due])
  await undoChange(world, journalId, scheduleHandler())
  expect(numbers.map(number => secondsOf(world, 'remote', number))).toEqual([HELD_UNTIL_SECONDS, HELD_UNTIL_SECONDS, due])
})

test('^C while the times are looked up: none is set, rather than those of half of the messages', async () => {
  const world = emptyWorld()
  addMessage(world.queue)
  const before = treeOf(world.queue.dir)
  const queue = openQueue(world.queue.dir)
  const {snapshot} = await selectMessages(queue, compileSelection({}, NOW))
  const change = scheduleChange({action: 'hold', queue: queue.path, token: 'interrupted', messages: 1, stop: false})
  const handler = scheduleHandler({queue, snapshot, now: NOW, lifetime: queueLifetime(queue), stop: {stop: false, timeoutMs: 10_000}})
  const interrupted: typeof handler = {...handler, apply: (one, context) => handler.apply(one, {...context, signal: AbortSignal.abort()})}
  await expect(applyChange(world, change, interrupted)).rejects.toMatchObject({code: 'INTERRUPTED', oclif: {exit: 130}})
  expect(differences(before, treeOf(world.queue.dir))).toEqual([])
})

test('what is in todo or being injected has no time, and is named', async () => {
  const world = worldOf(['todo', 'injecting', 'pending'])
  const {result} = await schedule(world, 'hold')
  const reasons = (result['skipped'] as {id: string; reason: string}[]).map(({reason}) => reason)
  expect(reasons.toSorted()).toEqual(['is being injected', 'is still in todo, it has no time yet'])
})

describe('with qmail-send running', () => {
  test('a selection is refused without --stop; everything is ALRM; giving up needs no stop', async () => {
    const world = worldOf(PREPROCESSED)
    send = await startFakeQmailSend({queue: world.queue.dir})
    await expect(schedule(world, 'hold')).rejects.toMatchObject({code: 'QUEUE_IN_USE', oclif: {exit: 75}})
    await schedule(world, 'alarm')
    await send.waitForLog(/^status: alarm done/m)
    const {result} = await schedule(world, 'expire', {flush: true})
    expect(result).toMatchObject({messages: 2, serviceDowntimeMs: 0})
    expect(secondsOf(world, 'info', world.numbers.get('pending')!)).toBe(NOW - 604_801)
    await expect.poll(() => send!.log().match(/alarm done/g)?.length).toBe(2)
  })

  test.skipIf(!haveDaemontools())('--stop stops it for the while', async () => {
    const world = worldOf(PREPROCESSED)
    send = await startFakeQmailSend({queue: world.queue.dir, supervised: true})
    const first = send.pid()
    const {result} = await schedule(world, 'hold', {stop: true})
    expect(send.pid()).not.toBe(first)
    expect(result['serviceDowntimeMs']).toBeGreaterThan(0)
    expect(secondsOf(world, 'remote', world.numbers.get('pending')!)).toBe(HELD_UNTIL_SECONDS)
  })
})

test('hosts in tcpto count while qmail-remote passes them over', () => {
  const record = (address: number[], timeouts: number, when: number) => {
    const bytes = Buffer.alloc(16)
    bytes.set(address)
    bytes[4] = timeouts
    bytes.writeUInt32LE(when, 8)
    return bytes
  }
  const bytes = Buffer.concat([
    record([192, 0, 2, 1], 2, NOW - 60), record([192, 0, 2, 2], 1, NOW - 60), record([192, 0, 2, 3], 10, NOW - 7_000),
    record([192, 0, 2, 4], 3, NOW - 5_000), Buffer.alloc(16),
  ])
  expect(deadHosts(bytes, NOW)).toEqual([{address: '192.0.2.1', since: NOW - 60}, {address: '192.0.2.4', since: NOW - 5_000}])
  expect(deadHostsText(deadHosts(bytes, NOW))).toContain('192.0.2.1, 192.0.2.4 did not answer lately')
  expect(deadHostsText([])).toBeUndefined()
})
