// The offline purge against everything that happens between choosing and removing, and after it
import {existsSync, lstatSync, readFileSync, renameSync, symlinkSync, unlinkSync, writeFileSync} from 'node:fs'
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {join} from 'node:path'

import fc from 'fast-check'
import {afterEach, describe, expect, onTestFinished, test, vi} from 'vitest'

import {haveDaemontools, startFakeQmailSend, type FakeQmailSend} from '../../../../test/support/fake-qmail-send.js'
import {canLoopMount, fillFileSystem, loopMount} from '../../../../test/support/loop-mount.js'
import {
  addMessage, createQueue, differences, fillQueue, illegalStates, legalStates, pathOf, releaseNumbers, snapshotTree, type Queue, type State,
} from '../../../../test/support/queue/index.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {statePlace} from 'mailops/effects'
import {REUSED, VANISHED} from '../../dist/purge/outcome.js'
import {emptyWorld, worldOf} from '../effects/support/world.js'
import {bringBack, prepareOffline, purgeOffline} from '../support/purge-offline.js'

const STATES = Object.keys({...legalStates, ...illegalStates}) as State[]
const PARTS = ['mess', 'intd', 'todo', 'info', 'local', 'remote', 'bounce']

const filesOf = (queue: Queue, number: string): string[] =>
  PARTS.map(part => pathOf(queue, part, number)).filter(path => existsSync(join(queue.dir, path)))

/** What qmail-send does when it has delivered a message. */
const endMessage = (queue: Queue, number: string): void => {
  for (const path of filesOf(queue, number).toReversed()) unlinkSync(join(queue.dir, path))
}

let send: FakeQmailSend | undefined
afterEach(async () => {
  await send?.stop()
  send = undefined
})

test('purging and undoing is the identity on the tree', async () => {
  const specs = fc.array(
    fc.record({
      state: fc.constantFrom(...STATES),
      channel: fc.constantFrom('local', 'remote'),
      sender: fc.constantFrom('', '#@[]', 'a@spam.example', 'b@\xe4.example'),
    }),
    {minLength: 1, maxLength: 12},
  )
  const layouts = fc.record({split: fc.integer({min: 1, max: 5}), bigtodo: fc.boolean(), suppl: fc.boolean()})
  await fc.assert(
    fc.asyncProperty(specs, layouts, fc.boolean(), async (messages, {split, bigtodo, suppl}, some) => {
      const world = emptyWorld({split, bigtodo, ...(suppl && {extraChannels: ['suppl0']})})
      for (const {state, channel, sender} of messages)
        addMessage(world.queue, {
          state, sender,
          recipients: [{address: 'x@y.example', channel}, {address: 'z@y.example', channel: suppl ? 'suppl0' : 'remote', done: true}],
        })
      releaseNumbers(world.queue)
      const before = snapshotTree(world.queue.dir)
      const {journalId, complete, result} = await purgeOffline(world, some ? {sender: {any: ['@spam.example']}} : {})
      expect(complete).toBe(true)
      expect(result['skipped']).toEqual([])
      if (result['removed'] === 0) return
      expect(differences(before, snapshotTree(world.queue.dir)).length).toBeGreaterThan(0)
      expect(await bringBack(world, journalId)).toMatchObject({complete: true, result: {restored: result['removed'], remaining: 0}})
      expect(differences(before, snapshotTree(world.queue.dir))).toEqual([])
    }),
    {numRuns: 40},
  )
}, 180_000)

test('a message that vanishes between choosing and purging is skipped, and the rest is done', async () => {
  const world = worldOf(['pending', 'todo', 'bouncing'])
  const purge = await prepareOffline(world)
  endMessage(world.queue, world.numbers.get('todo')!)
  const {result} = await purge.apply()
  expect(result).toMatchObject({selected: 3, removed: 2, skipped: [{id: world.numbers.get('todo'), reason: VANISHED}], failed: false})
})

test('a message that qmail-send has preprocessed or partly delivered meanwhile goes with the files that it has now', async () => {
  const world = worldOf(['pending'])
  const number = world.numbers.get('pending')!
  const purge = await prepareOffline(world)
  writeFileSync(join(world.queue.dir, `bounce/${number}`), '<x@y.example>:\nfailed\n\n', {mode: 0o600})
  unlinkSync(join(world.queue.dir, pathOf(world.queue, 'local', number)))
  const before = snapshotTree(world.queue.dir)
  const {journalId} = await purge.apply()
  expect(filesOf(world.queue, number)).toEqual([])
  await bringBack(world, journalId)
  expect(differences(before, snapshotTree(world.queue.dir))).toEqual([])
})

test('what arrives after choosing stays, and is told', async () => {
  const world = worldOf(['pending'])
  const warnings: string[] = []
  const purge = await prepareOffline(world, {}, {warn: text => warnings.push(text)})
  const later = addMessage(world.queue, {state: 'todo'})
  expect((await purge.apply()).result).toMatchObject({removed: 1})
  expect(filesOf(world.queue, later)).toHaveLength(3)
  expect(warnings).toEqual(['1 message arrived meanwhile and stayed'])
})

test('messages being injected are never taken, however old', async () => {
  const world = worldOf(['injecting', 'enveloping', 'pending'])
  const old = addMessage(world.queue, {state: 'enveloping', accessed: world.queue.now - 40 * 3600})
  const {result} = await purgeOffline(world)
  expect(result).toMatchObject({selected: 1, removed: 1})
  for (const number of [world.numbers.get('injecting')!, world.numbers.get('enveloping')!, old])
    expect(filesOf(world.queue, number).length).toBeGreaterThan(0)
})

const mounts = canLoopMount()
describe.skipIf(!mounts.possible)(mounts.possible ? 'on a journaled ext4, where numbers are used again at once' : `no loop mounts: ${mounts.reason}`, () => {
  const mounted = (sizeBytes = 32 * 2 ** 20, inodes = 4_000) => {
    const mount = loopMount({sizeBytes, inodes})
    onTestFinished(mount.dispose)
    const queue = createQueue(join(mount.path, 'queue'), {split: 3})
    return {mount, queue, place: statePlace({MAILOPS_STATE_DIR: join(mount.path, 'state'), MAILOPS_RUN_DIR: temporaryDirectory('run')})}
  }

  test('a number that was used again between choosing and purging is not touched', async () => {
    const world = mounted()
    const number = addMessage(world.queue, {state: 'pending-bounce', body: 'old'})
    const purge = await prepareOffline(world)
    endMessage(world.queue, number)
    const again = addMessage(world.queue, {state: 'pending', body: 'new'})
    expect(again, 'this file system did not use the number again').toBe(number)
    const before = snapshotTree(world.queue.dir)
    const {result} = await purge.apply()
    expect(result).toMatchObject({removed: 0, skipped: [{id: number, reason: REUSED}], failed: false})
    expect(differences(before, snapshotTree(world.queue.dir, {without: path => path === '.mailops-trash'}))).toEqual([])
  })

  test('after a purge for good the next messages get the numbers, and nothing of the old ones is left to act on them', async () => {
    const world = mounted()
    const states: State[] = ['pending-bounce', 'bouncing', 'todo', 'bounce-only', 'todo-only', 'todo-with-bounce']
    const old = new Set(states.map(state => addMessage(world.queue, {state, sender: 'old@client.example'})))
    releaseNumbers(world.queue)
    expect((await purgeOffline(world, {}, {keep: false})).result).toMatchObject({removed: states.length, skipped: []})
    const next = Array.from({length: 8}, () => addMessage(world.queue, {state: 'injecting'}))
    expect(next.some(number => old.has(number)), 'no number was used again').toBe(true)
    for (const number of next) expect(filesOf(world.queue, number)).toEqual([pathOf(world.queue, 'mess', number)])
  })

  test('while the trash holds a number nobody gets it', async () => {
    const world = mounted()
    const old = Array.from({length: 10}, () => addMessage(world.queue, {state: 'pending'}))
    const {journalId} = await purgeOffline(world)
    const next = Array.from({length: 30}, () => addMessage(world.queue, {state: 'pending'}))
    expect(next.filter(number => old.includes(number))).toEqual([])
    expect(await bringBack(world, journalId)).toMatchObject({complete: true, result: {restored: 10}})
  })

  test('with 0 bytes and 0 inodes free a trash is refused before anything changes, and a purge for good works', async () => {
    const world = mounted(16 * 2 ** 20, 600)
    fillQueue(world.queue, 60)
    const filler = fillFileSystem(world.mount.path)
    const before = snapshotTree(world.queue.dir)
    await expect(purgeOffline(world)).rejects.toMatchObject({code: 'NO_SPACE', hint: expect.stringContaining('--no-trash'), oclif: {exit: 73}})
    expect(differences(before, snapshotTree(world.queue.dir))).toEqual([])
    const {result, complete} = await purgeOffline(world, {}, {keep: false})
    expect(result).toMatchObject({removed: 60, skipped: [], trash: null})
    expect(complete).toBe(true)
    filler.release()
  })
})

describe('the lock', () => {
  test('a qmail-send that runs is named with its pid, and nothing is changed', async () => {
    const world = worldOf(['pending'])
    send = await startFakeQmailSend({queue: world.queue.dir})
    const before = snapshotTree(world.queue.dir)
    await expect(purgeOffline(world)).rejects.toMatchObject({
      code: 'QUEUE_IN_USE', message: expect.stringContaining(`(pid ${send.pid()})`), oclif: {exit: 75},
    })
    expect(differences(before, snapshotTree(world.queue.dir))).toEqual([])
  })

  test('of two copies at once the second says who is at work', async () => {
    const world = worldOf(['pending'])
    const other = spawn('flock', ['--no-fork', '-x', world.queue.dir, 'sh', '-c', 'echo ready; exec sleep 100'], {stdio: ['ignore', 'pipe', 'inherit']})
    onTestFinished(() => void other.kill('SIGKILL'))
    await once(other.stdout, 'data')
    await expect(purgeOffline(world)).rejects.toMatchObject({
      code: 'LOCKED', message: expect.stringContaining(`pid ${other.pid}`), oclif: {exit: 75},
    })
  })

  test('^C leaves whole messages on both sides, and undo brings all of them back', async () => {
    const world = emptyWorld()
    fillQueue(world.queue, 1_300)
    const before = snapshotTree(world.queue.dir)
    const interrupt = new AbortController()
    const {journalId, complete, result} = await purgeOffline(world, {}, {
      signal: interrupt.signal, progress: done => { if (done > 600) interrupt.abort() },
    })
    expect(complete).toBe(false)
    expect(result).toMatchObject({interrupted: true})
    expect(result['removed']).toBeGreaterThan(500)
    expect(result['removed']).toBeLessThan(1_300)
    expect(await bringBack(world, journalId)).toMatchObject({complete: true, result: {restored: result['removed']}})
    expect(differences(before, snapshotTree(world.queue.dir))).toEqual([])
  })
})

describe.skipIf(!haveDaemontools())(haveDaemontools() ? 'with --stop' : 'supervise is not installed', () => {
  const stop = {stop: true, timeoutMs: 10_000}

  test('qmail-send is down meanwhile and up again, also when a message vanishes (where qmHandle dies and leaves it down)', async () => {
    const world = worldOf(['pending', 'todo', 'bouncing'])
    send = await startFakeQmailSend({queue: world.queue.dir, supervised: true})
    const before = send.pid()
    const purge = await prepareOffline(world, {}, {stop})
    endMessage(world.queue, world.numbers.get('todo')!)
    const {result} = await purge.apply()
    expect(result).toMatchObject({removed: 2, skipped: [{reason: VANISHED}]})
    expect(result['serviceDowntimeMs']).toBeGreaterThan(0)
    expect(send.pid()).toBeDefined()
    expect(send.pid()).not.toBe(before)
  })

  test('it is up again when the purge fails while it is down', async () => {
    const world = worldOf(['pending'])
    send = await startFakeQmailSend({queue: world.queue.dir, supervised: true})
    const purge = await prepareOffline(world, {}, {stop})
    // Somebody replaces the queue's directory of trashes while qmail-send goes down.
    symlinkSync(temporaryDirectory('elsewhere'), join(world.queue.dir, '.mailops-trash'))
    await expect(purge.apply()).rejects.toMatchObject({code: 'NOT_OURS'})
    expect(send.pid()).toBeDefined()
    expect(filesOf(world.queue, world.numbers.get('pending')!)).toHaveLength(4)
  })

  test('one that does not stop in time runs again, and nothing is changed', async () => {
    const world = worldOf(['pending'])
    send = await startFakeQmailSend({queue: world.queue.dir, supervised: true, term: 2_000})
    await expect(purgeOffline(world, {}, {stop: {stop: true, timeoutMs: 300}})).rejects.toMatchObject({code: 'STOP_TIMEOUT', oclif: {exit: 75}})
    await vi.waitFor(() => expect(send!.pid()).toBeDefined(), {timeout: 20_000})
    expect(filesOf(world.queue, world.numbers.get('pending')!)).toHaveLength(4)
  })
})

describe('what somebody planted', () => {
  test('a directory of messages that is a link leads nowhere: what is behind it stays', async () => {
    const world = emptyWorld({split: 2})
    const numbers = Array.from({length: 8}, () => addMessage(world.queue, {state: 'pending'}))
    const elsewhere = join(temporaryDirectory('elsewhere'), 'mess')
    const odd = join(world.queue.dir, 'mess/1')
    renameSync(odd, elsewhere)
    symlinkSync(elsewhere, odd)
    const {result} = await purgeOffline(world)
    const even = numbers.filter(number => Number(number) % 2 === 0)
    expect(result).toMatchObject({removed: even.length})
    for (const number of numbers.filter(each => !even.includes(each))) expect(existsSync(join(elsewhere, number))).toBe(true)
  })

  test('a link in the place of a message is no message, and what it points at stays', async () => {
    const world = worldOf(['pending'])
    const target = join(temporaryDirectory('elsewhere'), 'precious')
    writeFileSync(target, 'precious')
    symlinkSync(target, join(world.queue.dir, 'mess/0/999999'))
    symlinkSync(target, join(world.queue.dir, 'info/0/999999'))
    expect((await purgeOffline(world, {}, {keep: false})).result).toMatchObject({removed: 1})
    expect(readFileSync(target, 'utf8')).toBe('precious')
    expect(existsSync(join(world.queue.dir, 'mess/0/999999'))).toBe(true)
  })

  test('a file that cannot be moved leaves its message whole in the queue, and the others go', async () => {
    const world = worldOf(['pending', 'pending-bounce', 'bouncing'])
    const number = world.numbers.get('pending')!
    const before = filesOf(world.queue, number)
    const purge = await prepareOffline(world)
    // An entry that a rename onto must fail: a directory where the trash wants to put the file comes too late to plan for.
    const path = join(world.queue.dir, pathOf(world.queue, 'info', number))
    renameSync(path, `${path}.moved`)
    const {result} = await purge.apply()
    expect(result['removed']).toBe(2)
    expect(result['skipped']).toMatchObject([{id: number}])
    expect(filesOf(world.queue, number)).toEqual(before.filter(name => !name.startsWith('info')))
  })
})

describe('restoring', () => {
  test('some come back, the rest stays and comes back later', async () => {
    const world = worldOf()
    const before = snapshotTree(world.queue.dir)
    const {journalId, result} = await purgeOffline(world)
    const sender = {any: ['pending@client.example']}
    expect(await bringBack(world, journalId, {sender})).toMatchObject({complete: false, result: {restored: 1, remaining: result['removed'] - 1}})
    expect(filesOf(world.queue, world.numbers.get('pending')!)).toHaveLength(4)
    expect(await bringBack(world, journalId)).toMatchObject({complete: true, result: {restored: result['removed'] - 1}})
    expect(differences(before, snapshotTree(world.queue.dir))).toEqual([])
    await expect(bringBack(world, journalId)).rejects.toMatchObject({code: 'ALREADY_UNDONE'})
  })

  test('nothing is overwritten: a message whose number is in use stays in the trash', async () => {
    const world = worldOf(['pending', 'bouncing'])
    const {journalId} = await purgeOffline(world)
    const number = world.numbers.get('pending')!
    const path = join(world.queue.dir, pathOf(world.queue, 'remote', number))
    writeFileSync(path, 'Tsomebody@else.example\0', {mode: 0o600})
    const {complete, result} = await bringBack(world, journalId)
    expect(complete).toBe(false)
    expect(result).toMatchObject({restored: 1, remaining: 1, skipped: [{id: number, reason: 'its number is in use in the queue'}]})
    expect(readFileSync(path, 'latin1')).toBe('Tsomebody@else.example\0')
    unlinkSync(path)
    expect(await bringBack(world, journalId)).toMatchObject({complete: true, result: {restored: 1}})
  })

  test('mess files have been read just now, so that qmail-send does not take them for abandoned', async () => {
    const world = emptyWorld()
    const number = addMessage(world.queue, {accessed: world.queue.now - 50 * 3600, birth: world.queue.now - 50 * 3600})
    const {journalId} = await purgeOffline(world)
    await bringBack(world, journalId)
    expect(Date.now() - lstatSync(join(world.queue.dir, pathOf(world.queue, 'mess', number))).atimeMs).toBeLessThan(60_000)
  })
})

