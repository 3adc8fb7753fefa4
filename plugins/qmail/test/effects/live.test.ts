// A live purge: qmail-send runs on, ends the messages itself, sends no bounce; undo before and after they have left
import fs from 'node:fs'
import {join} from 'node:path'

import {afterEach, describe, expect, test} from 'vitest'

import {liveHandler} from '../../dist/effects/live/handler.js'
import {startFakeQmailSend, type FakeQmailSend} from '../../../../test/support/fake-qmail-send.js'
import {addMessage, differences, illegalStates, legalStates, pathOf, snapshotTree, type State, type Tree} from '../../../../test/support/queue/index.js'
import {prepareLive, purgeLive} from './support/live.js'
import {emptyWorld, recoverAll, undoChange, worldOf, type World} from './support/world.js'

const LEGAL = Object.keys(legalStates) as State[]
const QUEUED = LEGAL.filter(state => (legalStates[state as keyof typeof legalStates] as readonly string[]).includes('todo'))
const ACCEPTED = LEGAL.filter(state => !['injecting', 'enveloping'].includes(state))
const PREPROCESSED = ACCEPTED.filter(state => !QUEUED.includes(state))
const WITH_CHANNELS = ['pending', 'pending-bounce'] as const

let send: FakeQmailSend | undefined
afterEach(async () => {
  await send?.stop()
  send = undefined
})

const start = async (world: World, preprocess = true) => {
  send = await startFakeQmailSend({queue: world.queue.dir, preprocess})
}

const treeOf = (dir: string): Tree => snapshotTree(dir, {without: path => path === '.mailops-trash'})

const lastLine = /^status: alarm done/m

const fileOf = (world: World, part: string, number: string) => join(world.queue.dir, pathOf(world.queue, part, number))
const read = (world: World, part: string, number: string) => fs.readFileSync(fileOf(world, part, number), 'latin1')
const isThere = (world: World, part: string, number: string) => fs.existsSync(fileOf(world, part, number))

/** Differences but for the times of what is written to: channel files, the trigger. */
const changes = (before: Tree, after: Tree) => differences(before, after).filter(line => !/^(local|remote|lock\/trigger).*mtimeNs/.test(line))

describe('a live purge', () => {
  test('is refused when no qmail-send runs', async () => {
    const world = worldOf()
    const before = treeOf(world.queue.dir)
    await expect(purgeLive(world, {})).rejects.toMatchObject({code: 'NOT_RUNNING', oclif: {exit: 75}})
    expect(differences(before, treeOf(world.queue.dir))).toEqual([])
  })

  test('with ALRM empties the queue of everything accepted: no bounce, no warning, no recipient tried', async () => {
    const world = worldOf([...LEGAL, ...(Object.keys(illegalStates) as State[])].filter(state => !/^todo-without-mess|todo-only/.test(state)))
    await start(world)
    const {result} = await purgeLive(world, {}, {flush: true})
    // Preprocessing makes legal messages of two that stand in todo with a bounce of somebody else.
    const mended = [...world.numbers].filter(([state]) => /^(todo|preprocessing)-with-bounce/.test(state))
    expect(result['removed']).toBe(ACCEPTED.length + mended.length)
    expect(result).toMatchObject({marked: 0, method: 'live', serviceDowntimeMs: 0})
    for (const state of LEGAL) expect(isThere(world, 'mess', world.numbers.get(state)!), state).toBe(!ACCEPTED.includes(state))
    // The damaged ones give it enough to say.
    const ours = new RegExp(`\\b(${ACCEPTED.map(state => world.numbers.get(state)).join('|')})\\b`)
    const lines = send!.log().split('\n').filter(line => ours.test(line) && !/^(new|end) msg/.test(line))
    expect(lines).toEqual([])
    const skipped = new Map((result['skipped'] as {id: string; reason: string}[]).map(({id, reason}) => [id, reason]))
    for (const [state, number] of world.numbers) {
      if (state === 'pid-only' || ACCEPTED.includes(state as State) || mended.some(([name]) => name === state)) continue
      // What is being injected, or is damaged, is left to itself and named.
      expect(skipped.get(number), state).toMatch(/being injected|damaged/)
    }
  })

  test('without ALRM messages end at their own time, and none of their bytes but the marks has changed', async () => {
    const world = worldOf(PREPROCESSED)
    await start(world)
    const before = treeOf(world.queue.dir)
    const {result} = await purgeLive(world, {})
    expect(result).toMatchObject({removed: 0, marked: PREPROCESSED.length, skipped: []})
    const number = world.numbers.get('pending')!
    expect(read(world, 'local', number)).toBe('Dann@local.example\0')
    expect(read(world, 'remote', number)).toBe('Dbob@remote.example\0Deve@remote.example\0Ddan@other.example\0')
    const changed = changes(before, treeOf(world.queue.dir)).filter(line => !/(mess|info|local|remote)\/.*nlink/.test(line))
    const marked = WITH_CHANNELS.flatMap(state => ['local', 'remote'].map(part => pathOf(world.queue, part, world.numbers.get(state)!)))
    const bounces = ['pending-bounce', 'bouncing'].map(state => `bounce/${world.numbers.get(state)}: missing`)
    expect(changed.map(line => line.replace(/: content was.*/, '')).toSorted()).toEqual([...marked, ...bounces].toSorted())
    send!.signal('SIGALRM')
    await send!.waitForLog(lastLine)
    expect(send!.log().match(/^end msg/gm)).toHaveLength(PREPROCESSED.length)
    expect(send!.log()).not.toMatch(/bounce msg|warning/)
  })

  test('a message that has gone is vanished, and whoever has its number now is not touched', async () => {
    const world = worldOf(['pending', 'pending-bounce'])
    await start(world)
    const prepared = await prepareLive(world, {})
    const gone = world.numbers.get('pending')!
    for (const part of ['local', 'remote', 'info', 'mess']) fs.unlinkSync(fileOf(world, part, gone))
    // Another message under the other number: the same inode cannot be forced here, another birth and size can.
    const taken = world.numbers.get('pending-bounce')!
    fs.writeFileSync(fileOf(world, 'mess', `${taken}`) + 'x', 'a longer text of somebody else\n')
    fs.renameSync(fileOf(world, 'mess', taken) + 'x', fileOf(world, 'mess', taken))
    const {result, complete} = await prepared.apply()
    expect(result).toMatchObject({removed: 0, marked: 0})
    // In the order of the queue, and which number is the smaller one the file system chose.
    expect(new Map((result['skipped'] as {id: string; reason: string}[]).map(({id, reason}) => [id, reason]))).toEqual(new Map([
      [gone, 'vanished'], [taken, 'vanished, its number belongs to another message now'],
    ]))
    expect(complete).toBe(true)
    expect(read(world, 'local', taken)).toMatch(/^T/)
    expect(isThere(world, 'bounce', taken)).toBe(true)
  })

  test('a bounce that a late failure makes is taken away before ALRM', async () => {
    const world = worldOf(['pending'])
    await start(world)
    const number = world.numbers.get('pending')!
    const prepared = await prepareLive(world, {}, {flush: true})
    const original = fs.writeSync
    // After the last mark of the message.
    fs.writeSync = ((fd: number, data: Buffer | string, ...rest: number[]) => {
      const size = (original as (...all: unknown[]) => number)(fd, data, ...rest)
      if (String(data).includes('{"end":true}')) fs.writeFileSync(fileOf(world, 'bounce', number), '<late@remote.example>:\nno\n\n')
      return size
    }) as typeof fs.writeSync
    const {syncBuiltinESMExports} = await import('node:module')
    syncBuiltinESMExports()
    try {
      expect((await prepared.apply()).result).toMatchObject({removed: 1})
    } finally {
      fs.writeSync = original
      syncBuiltinESMExports()
    }
    expect(send!.log()).not.toMatch(/bounce msg/)
    expect(isThere(world, 'bounce', number)).toBe(false)
  })

  test('what stays in todo is left alone and named', async () => {
    const world = worldOf(['todo', 'pending'])
    await start(world, false)
    const {result, complete} = await purgeLive(world, {}, {todoWaitMs: 100})
    expect(result).toMatchObject({marked: 1, skipped: [{id: world.numbers.get('todo'), reason: expect.stringMatching(/todo/)}]})
    expect(complete).toBe(false)
  })

  test('without a trash nothing is kept, and it cannot be undone', async () => {
    const world = worldOf(PREPROCESSED)
    await start(world)
    const {result, journalId} = await purgeLive(world, {}, {keep: false, flush: true})
    expect(result).toMatchObject({removed: PREPROCESSED.length, trash: null})
    expect(fs.existsSync(join(world.queue.dir, '.mailops-trash'))).toBe(false)
    expect(send!.log()).not.toMatch(/bounce msg|warning/)
    await expect(undoChange(world, journalId, liveHandler())).rejects.toMatchObject({code: 'NOT_UNDOABLE'})
  })
})

describe('undo of a live purge', () => {
  test('before they have left turns back the bytes and the bounces, and nothing else has changed', async () => {
    const world = worldOf(PREPROCESSED)
    await start(world)
    const before = treeOf(world.queue.dir)
    const {journalId} = await purgeLive(world, {})
    const undone = await undoChange(world, journalId, liveHandler())
    expect(undone.bulk[0]).toMatchObject({complete: true, result: {unmarked: PREPROCESSED.length, restored: 0}})
    expect(changes(before, treeOf(world.queue.dir))).toEqual([])
    expect(fs.existsSync(join(world.queue.dir, '.mailops-trash'))).toBe(false)
  })

  test('does not turn back what qmail-send has delivered itself', async () => {
    const world = worldOf(['pending'])
    await start(world)
    const number = world.numbers.get('pending')!
    const {journalId} = await purgeLive(world, {})
    await undoChange(world, journalId, liveHandler())
    expect(read(world, 'remote', number)).toBe('Tbob@remote.example\0Deve@remote.example\0Tdan@other.example\0')
  })

  test('after they have left, with qmail-send running: they are accepted again with the recipients that were pending', async () => {
    const world = worldOf(PREPROCESSED.filter(state => state.startsWith('pending')))
    await start(world)
    const before = treeOf(world.queue.dir)
    const {journalId, result} = await purgeLive(world, {}, {flush: true})
    expect(result['removed']).toBe(2)
    const undone = await undoChange(world, journalId, liveHandler())
    expect(undone.bulk[0]).toMatchObject({complete: true, result: {unmarked: 0, restored: 2}})
    for (const state of WITH_CHANNELS) {
      const number = world.numbers.get(state)!
      expect(read(world, 'local', number)).toBe('Tann@local.example\0')
      expect(read(world, 'remote', number)).toBe('Tbob@remote.example\0Tdan@other.example\0')
      expect(read(world, 'info', number)).toBe(`F${state}@client.example\0`)
      const path = pathOf(world.queue, 'info', number)
      expect(fs.statSync(join(world.queue.dir, path), {bigint: true}).mtimeNs).toBe(before.get(path)!.mtimeNs)
      expect(isThere(world, 'bounce', number)).toBe(state === 'pending-bounce')
      expect(before.get(pathOf(world.queue, 'mess', number))!.ino).toBe(fs.statSync(fileOf(world, 'mess', number), {bigint: true}).ino)
    }
    expect(send!.log()).not.toMatch(/warning|bounce msg/)
  })

  test('after they have left, with qmail-send stopped: every file is the one that was there', async () => {
    const world = worldOf(PREPROCESSED.filter(state => state.startsWith('pending')))
    await start(world)
    const before = treeOf(world.queue.dir)
    const {journalId} = await purgeLive(world, {}, {flush: true})
    await send!.stop()
    send = undefined
    await undoChange(world, journalId, liveHandler())
    expect(changes(before, treeOf(world.queue.dir))).toEqual([])
  })

  test('some left, some not', async () => {
    const world = worldOf(['pending', 'pending-bounce'])
    await start(world)
    const before = treeOf(world.queue.dir)
    const {journalId} = await purgeLive(world, {})
    const number = world.numbers.get('pending-bounce')!
    for (const part of ['local', 'remote', 'info', 'mess']) fs.unlinkSync(fileOf(world, part, number))
    await send!.stop()
    send = undefined
    const undone = await undoChange(world, journalId, liveHandler())
    expect(undone.bulk[0]!.result).toMatchObject({unmarked: 1, restored: 1})
    expect(changes(before, treeOf(world.queue.dir))).toEqual([])
  })
})

describe('only some recipients', () => {
  const selection = {recipient: {any: ['@remote.example']}}

  test('just these are done, the message stays for the others, with its bounce; undo turns them back', async () => {
    const world = worldOf([...PREPROCESSED, 'todo'])
    await start(world)
    const before = treeOf(world.queue.dir)
    const {result, journalId} = await purgeLive(world, selection, {only: true})
    expect(result).toMatchObject({removed: 0, marked: 3})
    for (const state of [...WITH_CHANNELS, 'todo']) {
      const number = world.numbers.get(state)!
      expect(read(world, 'remote', number)).toBe('Dbob@remote.example\0Deve@remote.example\0Tdan@other.example\0')
      expect(read(world, 'local', number)).toBe('Tann@local.example\0')
    }
    expect(isThere(world, 'bounce', world.numbers.get('pending-bounce')!)).toBe(true)
    await undoChange(world, journalId, liveHandler())
    const todo = world.numbers.get('todo')!
    expect(changes(before, treeOf(world.queue.dir)).filter(line => !line.includes(todo))).toEqual([])
    expect(read(world, 'remote', todo)).toBe('Tbob@remote.example\0Teve@remote.example\0Tdan@other.example\0')
  })

  test('a channel that has gone meanwhile: its recipients come back as a message of their own', async () => {
    const world = worldOf(['pending'])
    await start(world)
    const number = world.numbers.get('pending')!
    const {journalId} = await purgeLive(world, {recipient: {any: ['ann@local.example']}}, {only: true})
    send!.signal('SIGALRM')
    await send!.waitForLog(lastLine)
    expect(isThere(world, 'local', number)).toBe(false)
    expect(isThere(world, 'remote', number)).toBe(true)
    const undone = await undoChange(world, journalId, liveHandler())
    expect(undone.bulk[0]!.result).toMatchObject({reinjected: 1, unmarked: 1})
    const [other] = fs.readdirSync(join(world.queue.dir, 'mess'), {recursive: true}).map(path => String(path).split('/')[1]!).filter(name => name && name !== number)
    expect(read(world, 'local', other!)).toBe('Tann@local.example\0')
    expect(isThere(world, 'remote', other!)).toBe(false)
    expect(read(world, 'mess', other!)).toBe(read(world, 'mess', number))
    expect(fs.statSync(fileOf(world, 'info', other!)).mtimeMs).toBe(fs.statSync(fileOf(world, 'info', number)).mtimeMs)
    expect(fs.existsSync(join(world.queue.dir, '.mailops-trash'))).toBe(false)
  })

  test('the same with qmail-send stopped: the file itself comes back', async () => {
    const world = worldOf(['pending'])
    await start(world)
    const before = treeOf(world.queue.dir)
    const {journalId} = await purgeLive(world, {recipient: {any: ['ann@local.example']}}, {only: true})
    send!.signal('SIGALRM')
    await send!.waitForLog(lastLine)
    await send!.stop()
    send = undefined
    await undoChange(world, journalId, liveHandler())
    expect(changes(before, treeOf(world.queue.dir))).toEqual([])
  })
})

describe('only some recipients, with qmail-send stopped', () => {
  test('channel files are marked, envelopes in todo rewritten, and undo is the identity', async () => {
    const world = worldOf([...PREPROCESSED, ...QUEUED])
    const before = treeOf(world.queue.dir)
    const {result, journalId} = await purgeLive(world, {recipient: {any: ['@remote.example']}}, {only: true, offline: true})
    expect(result).toMatchObject({method: 'offline', removed: 0, marked: 2 + QUEUED.length, skipped: []})
    for (const state of WITH_CHANNELS) {
      const number = world.numbers.get(state)!
      expect(read(world, 'remote', number)).toBe('Dbob@remote.example\0Deve@remote.example\0Tdan@other.example\0')
      // When dan is due stays.
      expect(fs.statSync(fileOf(world, 'remote', number), {bigint: true}).mtimeNs).toBe(before.get(pathOf(world.queue, 'remote', number))!.mtimeNs)
    }
    for (const state of QUEUED) {
      const number = world.numbers.get(state)!
      expect(read(world, 'todo', number)).toMatch(/^u1000\0p\d+\0F[a-z-]+@client\.example\0Tann@local\.example\0Tdan@other\.example\0$/)
      const {mode, uid, gid, mtimeNs} = before.get(pathOf(world.queue, 'todo', number))!
      const now = fs.statSync(fileOf(world, 'todo', number), {bigint: true})
      expect([Number(now.mode) & 0o7777, Number(now.uid), Number(now.gid), now.mtimeNs]).toEqual([mode, uid, gid, mtimeNs])
    }
    await undoChange(world, journalId, liveHandler())
    expect(differences(before, treeOf(world.queue.dir))).toEqual([])
    expect(fs.existsSync(join(world.queue.dir, '.mailops-trash'))).toBe(false)
  })

  test('a message in todo that would have no recipient left goes as a whole, and comes back', async () => {
    const world = emptyWorld()
    for (const state of ['todo', 'preprocessing'] as const) addMessage(world.queue, {state, recipients: [{address: 'bob@remote.example'}]})
    const before = treeOf(world.queue.dir)
    const {journalId} = await purgeLive(world, {recipient: {any: ['@remote.example']}}, {only: true, offline: true})
    const left = [...treeOf(world.queue.dir)].filter(([path, {type}]) => type === 'file' && !path.startsWith('lock/'))
    expect(left).toEqual([])
    await undoChange(world, journalId, liveHandler())
    expect(differences(before, treeOf(world.queue.dir))).toEqual([])
  })

  test('recipients of an envelope that was preprocessed since come back as a message of their own', async () => {
    const world = worldOf(['todo'])
    const {journalId} = await purgeLive(world, {recipient: {any: ['@remote.example']}}, {only: true, offline: true})
    await start(world)
    const number = world.numbers.get('todo')!
    await send!.waitForLog(new RegExp(`new msg ${number}`))
    const undone = await undoChange(world, journalId, liveHandler())
    expect(undone.bulk[0]).toMatchObject({complete: true, result: {reinjected: 1}})
    const [other] = fs.readdirSync(join(world.queue.dir, 'info'), {recursive: true}).map(path => String(path).split('/')[1]!).filter(name => name && name !== number)
    expect(read(world, 'remote', other!)).toBe('Tbob@remote.example\0Teve@remote.example\0')
    expect(read(world, 'remote', number)).toBe('Tdan@other.example\0')
    expect(read(world, 'info', other!)).toBe('Ftodo@client.example\0')
  })
})

test('recovery finds nothing to do after a purge that came to its end', async () => {
  const world = emptyWorld()
  addMessage(world.queue, {state: 'pending'})
  await start(world)
  await purgeLive(world, {})
  expect(await recoverAll(world, liveHandler())).toEqual([])
})
