// A swap purge takes everything but what is being injected, gives it back as it was, and loses no mail that comes meanwhile
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import fs from 'node:fs'
import {syncBuiltinESMExports} from 'node:module'
import {join} from 'node:path'

import {afterEach, describe, expect, test, vi} from 'vitest'

import {injectedNumbers} from '../../dist/effects/live/open-files.js'
import {exchange} from '../../dist/effects/swap/directories.js'
import {swapHandler} from '../../dist/effects/swap/handler.js'
import {swapChange} from '../../dist/effects/swap/swap-args.js'
import {haveDaemontools, startFakeQmailSend, type FakeQmailSend} from '../../../../test/support/fake-qmail-send.js'
import {canLoopMount, loopMount} from '../../../../test/support/loop-mount.js'
import {addMessage, differences, illegalStates, legalStates, pathOf, snapshotTree, type State} from '../../../../test/support/queue/index.js'
import {emptyWorld, applyChange, recoverAll, undoChange, worldOf, type World} from './support/world.js'

const ALL = [...Object.keys(legalStates), ...Object.keys(illegalStates)] as State[]
const IN_FLIGHT = ['injecting', 'enveloping', 'pid-linked']

let send: FakeQmailSend | undefined
afterEach(async () => {
  await send?.stop()
  send = undefined
})

const layoutOf = ({queue}: World) => ({split: queue.split, bigTodo: queue.bigtodo, channels: queue.channels})

const changeOf = (world: World, more: {keep?: boolean; stop?: boolean} = {}) =>
  swapChange(
    {queue: world.queue.dir, layout: layoutOf(world), token: 'token', keep: true, stop: false, messages: 0, bytes: 0, ...more},
    {summary: 'swap'},
  )

const handler = (stop = false) => swapHandler({stop: {stop, timeoutMs: 10_000}})

/** The queue without what is ours. */
const treeOf = (dir: string) => snapshotTree(dir, {without: path => path === '.mailops-trash'})

const resultOf = (applied: Awaited<ReturnType<typeof applyChange>>) => applied.bulk[0]!.result as Record<string, number>

describe.each([{bigtodo: false}, {bigtodo: true, extraChannels: ['suppl0']}])('a swap purge %o', options => {
  test('takes every state but those being injected, and undo is the identity', async () => {
    const world = worldOf(ALL, options)
    fs.writeFileSync(join(world.queue.dir, 'mess/0/NOTES'), 'of the administrator\n')
    const before = treeOf(world.queue.dir)
    const applied = await applyChange(world, changeOf(world), handler())
    const left = [...treeOf(world.queue.dir)].filter(([, {type}]) => type === 'file').map(([path]) => path)
    const kept = IN_FLIGHT.flatMap(state => {
      const number = world.numbers.get(state)!
      return [pathOf(world.queue, 'mess', number), ...(state === 'enveloping' ? [pathOf(world.queue, 'intd', number)] : [])]
    })
    const others = left.filter(path => !/^(pid|lock)\//.test(path))
    expect(others.toSorted()).toEqual([...kept, 'mess/0/NOTES'].toSorted())
    // Directories: the same owners and modes, other inodes.
    const directories = (tree: ReturnType<typeof treeOf>) =>
      [...tree].filter(([, {type}]) => type === 'directory').map(([path, {mode, uid, gid}]) => `${path} ${mode} ${uid} ${gid}`)
    expect(directories(treeOf(world.queue.dir))).toEqual(directories(before))
    expect(resultOf(applied)).toMatchObject({inFlight: IN_FLIGHT.length, method: 'swap', serviceDowntimeMs: 0})
    await undoChange(world, applied.journalId, swapHandler())
    expect(differences(before, treeOf(world.queue.dir))).toEqual([])
    expect(fs.existsSync(join(world.queue.dir, '.mailops-trash'))).toBe(false)
  })

  test('undo keeps what came since, under its own numbers', async () => {
    const world = worldOf(undefined, options)
    const before = treeOf(world.queue.dir)
    const applied = await applyChange(world, changeOf(world), handler())
    const {numbers} = world
    for (const state of ALL.slice(0, 14)) addMessage(world.queue, {state, sender: 'late@client.example'})
    const late = treeOf(world.queue.dir)
    await undoChange(world, applied.journalId, swapHandler())
    const after = treeOf(world.queue.dir)
    expect(differences(before, after).filter(line => !line.endsWith(': new'))).toEqual([])
    const files = new Map([...late].filter(([, {type}]) => type === 'file'))
    expect(differences(files, after).filter(line => !line.endsWith(': new'))).toEqual([])
    expect(numbers.size).toBeGreaterThan(0)
  })

  test('--no-trash leaves nothing, and cannot be undone', async () => {
    const world = worldOf(undefined, options)
    const applied = await applyChange(world, changeOf(world, {keep: false}), handler())
    expect(fs.existsSync(join(world.queue.dir, '.mailops-trash'))).toBe(false)
    expect(applied.bulk[0]!.result).toMatchObject({trash: null})
    await expect(undoChange(world, applied.journalId, swapHandler())).rejects.toMatchObject({code: 'NOT_UNDOABLE'})
  })
})

// qmail-queue.c, main(), step by step: each takes the queue's path and the state so far.
const bodyOf = 'Subject: in flight\n\nnot to be lost\n'
const injector = (queue: World['queue']) => {
  const it = {number: '', exit: 0, fd: -1}
  const name = () => pathOf(queue, 'mess', it.number)
  const envelope = Buffer.from('u1000\0p1\0Fa@client.example\0Tb@remote.example\0')
  const path = (relative: string) => join(queue.dir, relative)
  const failing = (status: number, act: () => void) => () => {
    if (it.exit !== 0) return
    try {
      act()
    } catch {
      // Any failure ends it with this status; cleanup() unlinks what the names lead to by now.
      it.exit = status
      for (const left of [pathOf(queue, 'intd', it.number), name()]) fs.rmSync(path(left), {force: true})
    }
  }
  const steps = [
    failing(63, () => {
      it.fd = fs.openSync(path('pid/1.2.3'), 'wx', 0o644)
      it.number = String(fs.fstatSync(it.fd).ino)
    }),
    failing(64, () => fs.linkSync(path('pid/1.2.3'), path(name()))),
    failing(63, () => fs.unlinkSync(path('pid/1.2.3'))),
    failing(53, () => fs.writeSync(it.fd, bodyOf)),
    failing(65, () => fs.writeFileSync(path(pathOf(queue, 'intd', it.number)), envelope, {flag: 'wx', mode: 0o644})),
    failing(66, () => fs.linkSync(path(pathOf(queue, 'intd', it.number)), path(pathOf(queue, 'todo', it.number)))),
  ]
  return {it, steps, close: () => it.fd !== -1 && fs.closeSync(it.fd), name}
}

test.skipIf(process.platform !== 'linux')('a process that injects is known by the inode that it has open: the name it opened has gone', async () => {
  const {queue} = worldOf(['pending'])
  const {it, steps, close} = injector(queue)
  for (const step of steps.slice(0, 4)) step()
  const program = join(queue.dir, '../qmail-queue')
  fs.copyFileSync('/bin/sleep', program)
  fs.chmodSync(program, 0o755)
  const holder = spawn(program, ['60'], {stdio: ['ignore', 'ignore', 'ignore', it.fd]})
  const {dev} = fs.statSync(join(queue.dir, 'mess'), {bigint: true})
  try {
    await once(holder, 'spawn')
    await vi.waitFor(() => expect([...injectedNumbers(dev)].map(String)).toContain(it.number), {timeout: 10_000})
  } finally {
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    close()
  }
  expect([...injectedNumbers(dev)].map(String)).not.toContain(it.number)
})

/** Runs work; before its `at`-th rename, and each further one, `step` is called. */
const withRenames = async (at: number, step: () => void, work: () => Promise<unknown>): Promise<void> => {
  const original = fs.renameSync
  const patched = fs as {renameSync: typeof fs.renameSync}
  let count = 0
  patched.renameSync = (from, to) => {
    if (++count >= at) step()
    original(from, to)
  }
  syncBuiltinESMExports()
  try {
    await work()
  } finally {
    patched.renameSync = original
    syncBuiltinESMExports()
  }
}

describe.each(['purge', 'undo'])('an injection that goes on during the swap of a %s', what => {
  // 2 * 6 renames, and the bringing over; before each of them the rest of the injection, or one step of it, happens.
  const renames = 18
  const cases = Array.from({length: 7}, (_, done) => ['all at once', 'a step each'].map(pace => ({done, pace}))).flat()
  test.each(cases)('$done steps before it, the rest $pace: is refused or is in the queue', async ({done, pace}) => {
    for (let at = 1; at <= renames; at++) {
      const world = worldOf(['pending', 'todo'])
      const {queue} = world
      const purge = () => applyChange(world, changeOf(world), handler())
      const id = what === 'undo' ? (await purge()).journalId : ''
      const {it, steps, close, name} = injector(queue)
      for (const step of steps.splice(0, done)) step()
      const some = (): void => steps.splice(0, pace === 'all at once' ? 6 : 1).forEach(step => step())
      await withRenames(at, some, () => (what === 'undo' ? undoChange(world, id, swapHandler()) : purge()))
      for (const step of steps.splice(0)) step()
      close()
      const where = `${done} ${pace} ${at}: exit ${it.exit}`
      // An envelope without its message would be poison for the next of this number.
      for (const left of fs.readdirSync(join(queue.dir, 'intd')))
        expect(fs.existsSync(join(queue.dir, pathOf(queue, 'mess', left))), where).toBe(true)
      const todo = fs.readdirSync(join(queue.dir, 'todo')).filter(number => number !== world.numbers.get('todo'))
      const trash = join(queue.dir, '.mailops-trash', what === 'undo' ? '' : fs.readdirSync(join(queue.dir, '.mailops-trash'))[0]!)
      const purged = fs.existsSync(join(trash, pathOf(queue, 'todo', it.number)))
      if (it.exit !== 0) {
        expect([63, 64, 65, 66], where).toContain(it.exit)
        expect(todo, where).toEqual([])
      } else if (purged) {
        // Accepted before todo/ was put aside: one of the messages that were to be purged, whole.
        expect(todo, where).toEqual([])
        expect(fs.readFileSync(join(trash, name()), 'latin1'), where).toBe(bodyOf)
        expect(fs.statSync(join(trash, pathOf(queue, 'intd', it.number))).nlink, where).toBe(2)
      } else {
        expect(todo, where).toEqual([it.number])
        expect(fs.readFileSync(join(queue.dir, name()), 'latin1'), where).toBe(bodyOf)
        expect(fs.statSync(join(queue.dir, pathOf(queue, 'intd', it.number))).nlink, where).toBe(2)
      }
    }
  })
})

describe('a swap that fails half-way', () => {
  test.each(Array.from({length: 12}, (_, index) => index + 1))('at rename %i everything is put back', async at => {
    const world = worldOf(ALL)
    const before = treeOf(world.queue.dir)
    const original = fs.renameSync
    const patched = fs as {renameSync: typeof fs.renameSync}
    let count = 0
    patched.renameSync = (from, to) => {
      if (++count === at) throw Object.assign(new Error('EBUSY: test'), {code: 'EBUSY'})
      original(from, to)
    }
    syncBuiltinESMExports()
    try {
      await expect(applyChange(world, changeOf(world), handler())).rejects.toMatchObject({code: 'EBUSY'})
    } finally {
      patched.renameSync = original
      syncBuiltinESMExports()
    }
    expect(differences(before, treeOf(world.queue.dir))).toEqual([])
    expect(fs.existsSync(join(world.queue.dir, '.mailops-trash'))).toBe(false)
    expect(await recoverAll(world, swapHandler())).toEqual([])
  })
})

describe.skipIf(!haveDaemontools())(haveDaemontools() ? 'with qmail-send under supervise' : 'supervise is not installed', () => {
  test('is refused without --stop, and stops it no longer than need be with it', async () => {
    const world = worldOf()
    send = await startFakeQmailSend({queue: world.queue.dir, supervised: true, preprocess: true})
    await expect(applyChange(world, changeOf(world), handler(false))).rejects.toMatchObject({code: 'QUEUE_IN_USE', oclif: {exit: 75}})
    const first = send.pid()
    const applied = await applyChange(world, changeOf(world, {stop: true}), handler(true))
    expect(send.pid()).not.toBe(first)
    expect(resultOf(applied)['renameMs']).toBeLessThan(100)
    expect(resultOf(applied)['serviceDowntimeMs']).toBeGreaterThan(0)
    const number = addMessage(world.queue, {state: 'todo'})
    fs.writeFileSync(join(world.queue.dir, 'lock/trigger'), '\0')
    await send.waitForLog(new RegExp(`new msg ${number}`))
    await undoChange(world, applied.journalId, swapHandler())
    expect(fs.existsSync(join(world.queue.dir, pathOf(world.queue, 'info', number)))).toBe(true)
    expect(fs.existsSync(join(world.queue.dir, pathOf(world.queue, 'info', world.numbers.get('pending')!)))).toBe(true)
    expect(send.log()).not.toMatch(/warning/)
  })
})

describe.skipIf(!canLoopMount().possible)(`on loop mounts ${canLoopMount().reason}`, () => {
  test('a directory that is a mount point is refused before anything is touched', async () => {
    const world = emptyWorld()
    const mount = loopMount({sizeBytes: 16 * 2 ** 20, at: join(world.queue.dir, 'bounce')})
    try {
      const before = treeOf(world.queue.dir)
      await expect(applyChange(world, changeOf(world), handler())).rejects.toMatchObject({code: 'OTHER_FILE_SYSTEM'})
      expect(differences(before, treeOf(world.queue.dir))).toEqual([])
    } finally {
      mount.dispose()
    }
  })
})

test('swapping goes on where it was cut off, whichever rename was the last', () => {
  const {queue} = worldOf(['pending'])
  const parts = ['bounce', 'info']
  for (const name of ['new', 'old']) fs.mkdirSync(join(queue.dir, name))
  for (const part of parts) fs.mkdirSync(join(queue.dir, 'new', part))
  fs.renameSync(join(queue.dir, 'bounce'), join(queue.dir, 'old/bounce'))
  exchange({queue: queue.dir, from: join(queue.dir, 'new'), to: join(queue.dir, 'old')}, parts)
  expect(fs.readdirSync(join(queue.dir, 'new'))).toEqual([])
  expect(fs.readdirSync(join(queue.dir, 'old'))).toEqual(parts)
})
