// kill -9 at every instant of a repair, of its undo and of its recovery: no message is lost, halved or seen in between.
import {mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import {addMessage, damage, differences, pathOf, snapshotTree, type Queue, type Tree} from '../../../../test/support/queue/index.js'
import {runWithFault, walk} from '../../../../test/support/faults/walk.js'
import {check, codes, createWorld, isRoot, picture} from './support.js'

const SCENARIO = join(import.meta.dirname, 'repair-scenario.mjs')
const PARTS = ['mess', 'todo', 'intd', 'info', 'local', 'remote', 'bounce']

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'mailops-repair-'))
})
afterAll(() => rmSync(root, {recursive: true, force: true}))

interface Scene {
  readonly dir: string
  readonly queue: Queue
  readonly before: Tree
  readonly env: Record<string, string>
  /** Files of each message that is to be renumbered, by the inode of its mess file: part to inode. */
  readonly whole: ReadonlyMap<string, ReadonlyMap<string, bigint>>
}

const filesAt = (queue: Queue, tree: Tree, number: string): Map<string, bigint> =>
  new Map(PARTS.flatMap(part => {
    const entry = tree.get(pathOf(queue, part, number))
    return entry === undefined ? [] : [[part, entry.ino] as const]
  }))

const renumber = (queue: Queue, from: string, to: string): void => {
  for (const part of filesAt(queue, picture(queue), from).keys())
    renameSync(`${queue.dir}/${pathOf(queue, part, from)}`, `${queue.dir}/${pathOf(queue, part, to)}`)
}

const createScene = (name: string): Scene => {
  const dir = join(root, name)
  mkdirSync(dir)
  const {queue} = createWorld({split: 3}, dir)
  const recipients = [{address: 'a@x.example'}, {address: 'b@y.example', channel: 'local'}]
  for (const state of ['todo-with-bounce', 'bounce-without-mess'] as const) addMessage(queue, {state, recipients})
  const misplaced = addMessage(queue)
  const b = addMessage(queue, {state: 'pending-bounce', recipients})
  const c = addMessage(queue, {state: 'preprocessing', recipients})
  const d = addMessage(queue, {state: 'todo', recipients})
  const whole = new Map([b, c, d].map(number => [number, filesAt(queue, picture(queue), number)]))
  damage('remote-in-wrong-split', {queue, number: misplaced})
  damage('info-mode', {queue, number: misplaced})
  if (isRoot) for (const fault of ['trigger-is-a-file', 'tcpto-size', 'sendmutex-missing'] as const) damage(fault, {queue, number: misplaced})
  // One alone, and a ring of two.
  renumber(queue, b, '999999001')
  renumber(queue, c, '999999002')
  renumber(queue, d, c)
  renumber(queue, '999999002', d)
  return {dir, queue, before: picture(queue), env: {MAILOPS_STATE_DIR: join(dir, 'state'), MAILOPS_RUN_DIR: join(dir, 'run')}, whole}
}

const run = (what: string, {queue, env}: Scene, kill?: string) => runWithFault([SCENARIO, what, queue.dir], kill === undefined ? {} : {kill}, env)

const succeed = async (what: string, scene: Scene): Promise<string> => {
  const ended = await run(what, scene)
  expect(ended.stderr).toBe('')
  expect(ended.status).toBe(0)
  return ended.stdout
}

/** What a qmail-send that started now would see of each message: nothing, or all of it. */
const expectNothingHalf = ({queue, whole}: Scene, step: string): void => {
  const tree = picture(queue)
  const byMess = new Map([...tree].filter(([path]) => path.startsWith('mess/')).map(([path, {ino}]) => [path.split('/').at(-1)!, ino]))
  for (const [mess, files] of whole) {
    const inodes = new Set(files.values())
    const numbers = new Set([...tree].filter(([path, {ino}]) => inodes.has(ino) && PARTS.includes(path.split('/').at(0)!)).map(([path]) => path.split('/').at(-1)!))
    for (const number of numbers) {
      const there = filesAt(queue, tree, number)
      const ours = [...there].filter(([part, ino]) => files.get(part) === ino).map(([part]) => part)
      const isVisible = ours.includes('todo') || ours.includes('info')
      if (!isVisible) continue
      expect(byMess.get(number), `${step}: ${number} is seen with the mess file of ${mess}`).toBe(files.get('mess'))
      // Beside a todo file info and channels are remnants that may be missing.
      const needed = [...files.keys()].filter(part => !ours.includes('todo') || !['info', 'local', 'remote'].includes(part))
      expect(ours, `${step}: all of ${number}`).toEqual(expect.arrayContaining(needed))
    }
  }
}

const expectBefore = ({queue, before}: Scene, step: string): void => expect(differences(before, picture(queue)), step).toEqual([])

/** Every file that there was is still there, in the queue or in its trash. */
const expectNothingLost = (scene: Scene, step: string): void => {
  const now = new Set([...snapshotTree(scene.queue.dir).values()].map(({ino}) => ino))
  const lost = [...scene.before].filter(([path, {ino}]) => !now.has(ino) && path !== '').map(([path]) => path)
  expect(lost, step).toEqual([])
}

/** One death of a repair, then recover, then undo; true when the repair came through. */
const dieAt = async (kill: string): Promise<'through' | 'done' | 'rolled-back'> => {
  const scene = createScene(`apply-${kill}`)
  const known = Object.keys(await codes(scene.queue))
  const ended = await run('apply', scene, kill)
  const step = `step ${kill}`
  if (ended.signal === null) {
    expect(ended.stderr).toBe('')
    expect((await check(scene.queue)).mendable).toBe(0)
    return 'through'
  }
  expectNothingHalf(scene, step)
  expectNothingLost(scene, step)
  const [recovered] = JSON.parse(await succeed('recover', scene)) as ('done' | 'partly-done' | 'rolled-back')[]
  // Killed before the journal began, or after it ended: there was nothing to recover.
  const isThere = recovered === undefined ? (await check(scene.queue)).mendable === 0 : recovered !== 'rolled-back'
  const outcome = isThere ? 'done' : 'rolled-back'
  expectNothingHalf(scene, `${step}, recovered`)
  expectNothingLost(scene, `${step}, recovered`)
  // As far as it came: what is left to do is a part of what there was to do; an orphan bounce goes before its channels.
  for (const code of Object.keys(await codes(scene.queue))) expect([...known, 'orphan-channel'], step).toContain(code)
  if (outcome === 'done') expect(await succeed('undo', scene), step).toBe('true')
  expectBefore(scene, step)
  rmSync(scene.dir, {recursive: true})
  return outcome
}

test('kill -9 before every step of a repair, then recover, then undo', {timeout: 1_500_000}, async () => {
  let partly = 0
  const steps = await walk(async n => {
    const outcome = await dieAt(String(n))
    if (outcome === 'done') partly++
    return outcome === 'through'
  })
  expect(steps).toBeGreaterThan(60)
  expect(partly).toBeGreaterThan(20)
})

test('kill -9 in the middle of every write of a repair', {timeout: 1_500_000}, async () => {
  const scene = createScene('reference')
  const listing = join(scene.dir, 'calls')
  await runWithFault([SCENARIO, 'apply', scene.queue.dir], {calls: listing}, scene.env)
  const writes = readFileSync(listing, 'utf8').split('\n').flatMap(line => /^(\d+) write/.exec(line)?.[1] ?? [])
  expect(writes.length).toBeGreaterThan(5)
  for (const n of writes) expect(await dieAt(`${n}+`)).not.toBe('through')
})

describe('undo', () => {
  test('kill -9 before every step, then recover, then undo again', {timeout: 1_500_000}, async () => {
    const steps = await walk(async n => {
      const scene = createScene(`undo-${n}`)
      await succeed('apply', scene)
      const ended = await run('undo', scene, String(n))
      if (ended.signal === null) {
        expectBefore(scene, 'whole')
        return true
      }
      const step = `step ${n}`
      expectNothingHalf(scene, step)
      await succeed('recover', scene)
      expectNothingHalf(scene, `${step}, recovered`)
      const again = await run('undo', scene)
      // It may have been cut off when all of it was done.
      if (again.status !== 0) expect(again.stderr, step).toMatch(/TRASH_EMPTIED|ALREADY_UNDONE/)
      expectBefore(scene, step)
      rmSync(scene.dir, {recursive: true})
      return false
    })
    expect(steps).toBeGreaterThan(40)
  })
})
