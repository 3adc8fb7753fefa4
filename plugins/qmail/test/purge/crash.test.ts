// kill -9 at every instant of an offline purge, of its undo and of its recovery: every message legal, none half or lost.
import {mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {afterAll, beforeAll, expect, test} from 'vitest'

import {
  addMessage, createQueue, differences, illegalStates, legalStates, releaseNumbers, snapshotTree, type Queue, type State, type Tree,
} from '../../../../test/support/queue/index.js'
import {runWithFault, walk} from '../../../../test/support/faults/walk.js'
import {stateRow, type StateRow} from '../../dist/message/state-table.js'
import {openQueue, scanQueue} from '../../dist/effects/reading/index.js'

const SCENARIO = join(import.meta.dirname, '../support/purge-scenario.mjs')

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'mailops-purge-'))
})
afterAll(() => rmSync(root, {recursive: true, force: true}))

interface Scene {
  readonly dir: string
  readonly queue: Queue
  readonly before: Tree
  readonly env: Record<string, string>
  /** Rows of the state table by number, as they were. */
  readonly rows: ReadonlyMap<string, StateRow>
}

const picture = (queue: Queue): Tree => snapshotTree(queue.dir, {without: path => path === '.mailops-trash'})

const rowsOf = (queue: Queue): Map<string, StateRow> => {
  const scan = scanQueue(openQueue(queue.dir))
  return new Map(Array.from({length: scan.length}, (_, i) => [String(scan.numberAt(i)), stateRow(scan.presenceAt(i))]))
}

const createScene = (name: string, states: readonly State[]): Scene => {
  const dir = join(root, name)
  mkdirSync(dir)
  const queue = createQueue(join(dir, 'queue'), {split: 1})
  const recipients = [{address: 'a@x.example'}, {address: 'b@y.example', channel: 'local'}]
  for (const state of states) addMessage(queue, {state, recipients})
  releaseNumbers(queue)
  return {
    dir, queue, before: picture(queue), rows: rowsOf(queue),
    env: {MAILOPS_STATE_DIR: join(dir, 'state'), MAILOPS_RUN_DIR: join(dir, 'run')},
  }
}

const run = (argv: readonly string[], {queue, env}: Scene, kill?: string) =>
  runWithFault([SCENARIO, argv[0]!, queue.dir, ...argv.slice(1)], kill === undefined ? {} : {kill}, env)

const succeed = async (what: string, scene: Scene): Promise<any> => {
  const ended = await run([what], scene)
  expect(ended.stderr).toBe('')
  expect(ended.status).toBe(0)
  return JSON.parse(ended.stdout)
}

/** What qmail-send would find, were it started now: of what was legal only legal states. */
const expectLegal = (scene: Scene, step: string): void => {
  for (const [number, row] of rowsOf(scene.queue)) {
    const before = scene.rows.get(number)
    expect(before, `${step}: message ${number} comes from nowhere`).toBeDefined()
    if (before!.legal) expect(row, `${step}: message ${number} was ${before!.code}`).toMatchObject({legal: true})
  }
}

/** Every inode that there was is in the queue or in its trash. */
const expectNothingLost = (scene: Scene, step: string): void => {
  const now = new Set([...snapshotTree(scene.queue.dir).values()].map(({ino}) => ino))
  expect([...scene.before].filter(([, {ino}]) => !now.has(ino)).map(([path]) => path), step).toEqual([])
}

const expectBefore = (scene: Scene, step: string): void =>
  expect(differences(scene.before, snapshotTree(scene.queue.dir)), step).toEqual([])

const LEGAL = Object.keys(legalStates) as State[]
const MANY: State[] = ['todo', 'preprocessing', 'pending-bounce', 'bouncing', 'intd-left', 'todo-without-mess-rest', 'injecting']
const SOME: State[] = ['preprocessing', 'pending-bounce', 'intd-left', 'injecting']

test('the scenario purges every state that a purge may touch, and undo brings back the very tree', async () => {
  const scene = createScene('reference', [...LEGAL, ...(Object.keys(illegalStates) as State[])])
  const {bulk: [{result}]} = await succeed('apply', scene)
  expect(result).toMatchObject({method: 'offline', skipped: []})
  expect(result.removed).toBe([...scene.rows.values()].filter(({purge}) => purge.length > 0).length)
  for (const [number, {purge, code}] of rowsOf(scene.queue)) expect(purge, `${number} (${code}) should have left`).toEqual([])
  expect(await succeed('undo', scene)).toMatchObject({bulk: [{complete: true}]})
  expectBefore(scene, 'undone')
})

/** Number of calls that change the file system in an undisturbed run, and which of them write. */
const callsOf = async (states: readonly State[]): Promise<{writes: Set<number>; total: number}> => {
  const scene = createScene('calls', states)
  const list = join(scene.dir, 'calls')
  await runWithFault([SCENARIO, 'apply', scene.queue.dir], {calls: list}, scene.env)
  const lines = readFileSync(list, 'utf8').trimEnd().split('\n')
  rmSync(scene.dir, {recursive: true})
  return {writes: new Set(lines.filter(line => / write/.test(line)).map(line => Number.parseInt(line, 10))), total: lines.length}
}

for (const half of ['', '+'])
  test(`kill -9 ${half === '' ? 'before every step' : 'within every write'} of a purge into the trash, then recover, then undo`, {timeout: 1_500_000}, async () => {
    const states = half === '' ? MANY : SOME
    const {writes, total} = await callsOf(states)
    let partly = 0
    const steps = await walk(async n => {
      // Only a write can be cut off in its middle.
      if (half !== '' && n <= total && !writes.has(n)) return false
      const scene = createScene(`apply${half}-${n}`, states)
      const ended = await run(['apply'], scene, `${n}${half}`)
      if (ended.signal === null) {
        expect(ended.stderr).toBe('')
        return true
      }
      const step = `step ${n}${half}`
      expectLegal(scene, step)
      expectNothingLost(scene, step)
      const recovered = await succeed('recover', scene)
      expectLegal(scene, `${step}, recovered`)
      expectNothingLost(scene, `${step}, recovered`)
      // Nothing to recover and yet purged: it was killed after its last record.
      const isPurged = recovered.length > 0 ? recovered[0].outcome !== 'rolled-back' : differences(scene.before, picture(scene.queue)).length > 0
      if (isPurged) {
        partly++
        expect(await succeed('undo', scene), step).toMatchObject({bulk: [{complete: true}]})
      }
      expectBefore(scene, step)
      rmSync(scene.dir, {recursive: true})
      return false
    })
    expect(steps).toBeGreaterThan(60)
    expect(partly).toBeGreaterThan(half === '' ? 20 : 0)
  })

test('kill -9 before every step of a purge for good: each prefix is legal, and recovery leaves it as it is', {timeout: 1_500_000}, async () => {
  const steps = await walk(async n => {
    const scene = createScene(`gone-${n}`, MANY)
    const ended = await run(['apply', 'gone'], scene, `${n}`)
    if (ended.signal === null) {
      expect(ended.stderr).toBe('')
      return true
    }
    expectLegal(scene, `step ${n}`)
    const before = picture(scene.queue)
    await succeed('recover', scene)
    expect(differences(before, snapshotTree(scene.queue.dir)), `step ${n}`).toEqual([])
    rmSync(scene.dir, {recursive: true})
    return false
  })
  expect(steps).toBeGreaterThan(35)
})

test('kill -9 before every step of an undo, then recover, then undo again', {timeout: 1_500_000}, async () => {
  const steps = await walk(async n => {
    const scene = createScene(`undo-${n}`, SOME)
    await succeed('apply', scene)
    const ended = await run(['undo'], scene, `${n}`)
    if (ended.signal === null) {
      expect(ended.stderr).toBe('')
      return true
    }
    const step = `step ${n}`
    expectNothingLost(scene, step)
    await succeed('recover', scene)
    expectLegal(scene, `${step}, recovered`)
    expectNothingLost(scene, `${step}, recovered`)
    const again = await run(['undo'], scene)
    // The very last steps: everything is back, and there is nothing to undo any more.
    if (again.status !== 0) expect(again.stderr, step).toMatch(/TRASH_GONE|ALREADY_UNDONE/)
    expectBefore(scene, step)
    rmSync(scene.dir, {recursive: true})
    return false
  })
  expect(steps).toBeGreaterThan(25)
})

test('kill -9 before every step of a recovery, for a purge that was cut off within a message', {timeout: 1_500_000}, async () => {
  const {total} = await callsOf(SOME)
  for (const cut of [Math.floor(total * 0.55), Math.floor(total * 0.62)])
    await walk(async n => {
      const scene = createScene(`recover-${cut}-${n}`, SOME)
      await run(['apply'], scene, String(cut))
      const ended = await run(['recover'], scene, String(n))
      if (ended.signal !== null) {
        expectLegal(scene, `cut ${cut}, step ${n}`)
        await succeed('recover', scene)
      }
      expectLegal(scene, `cut ${cut}, step ${n}, recovered`)
      expectNothingLost(scene, `cut ${cut}, step ${n}, recovered`)
      await run(['undo'], scene)
      expectBefore(scene, `cut ${cut}, step ${n}`)
      rmSync(scene.dir, {recursive: true})
      return ended.signal === null
    })
})
