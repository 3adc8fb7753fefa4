// kill -9 at every call of a live purge, a swap and a change of times, and of their undo: recovery brings each message to
// wholly purged or wholly as it was, and undo brings back what was there
import fs from 'node:fs'
import {spawn, type ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import {addMessage, createQueue, differences, pathOf, releaseNumbers, snapshotTree, type Queue, type State, type Tree} from '../../../../test/support/queue/index.js'
import {runWithFault, walk, type Ended} from '../../../../test/support/faults/walk.js'

const SCENARIO = join(import.meta.dirname, 'support/scenario.mjs')
const KINDS = ['live', 'only', 'only-offline', 'swap', 'swap-no-trash', 'hold'] as const
type Kind = (typeof KINDS)[number]
const STATES = ['injecting', 'enveloping', 'todo', 'preprocessing', 'pending', 'pending-bounce', 'bouncing'] as const satisfies readonly State[]

let root: string
beforeAll(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'mailops-walk-'))
})
afterAll(() => fs.rmSync(root, {recursive: true, force: true}))

interface Small {
  readonly queue: Queue
  readonly state: string
  readonly numbers: ReadonlyMap<string, string>
  readonly end: () => Promise<void>
}

/** A queue with a message of each kind of state; for the live kinds somebody holds its lock, as qmail-send would. */
const small = async (kind: Kind, name: string): Promise<Small> => {
  const base = join(root, `${kind}-${name}`)
  fs.mkdirSync(join(base, 'state'), {recursive: true})
  const queue = createQueue(join(base, 'queue'), {split: 1, now: 1_789_000_000})
  const numbers = new Map<string, string>()
  for (const state of STATES)
    numbers.set(state, addMessage(queue, {
      state, body: `${state}\n`,
      recipients: [{address: 'ann@local.example', channel: 'local'}, {address: 'bob@remote.example'}, {address: 'dan@other.example'}],
    }))
  // Nobody but him: with --only-recipient it goes as a whole.
  for (const state of ['todo', 'preprocessing'] as const)
    numbers.set(`${state} alone`, addMessage(queue, {state, recipients: [{address: 'bob@remote.example'}]}))
  releaseNumbers(queue)
  let holder: ChildProcess | undefined
  if (kind === 'live' || kind === 'only') {
    holder = spawn('flock', ['-x', '--no-fork', join(queue.dir, 'lock/sendmutex'), 'sh', '-c', 'echo held; exec sleep 600'], {stdio: ['ignore', 'pipe', 'inherit']})
    await once(holder.stdout!, 'data')
  }
  const end = async () => {
    if (holder !== undefined) {
      holder.kill('SIGKILL')
      await once(holder, 'exit')
    }
    fs.rmSync(base, {recursive: true})
  }
  return {queue, state: join(base, 'state'), numbers, end}
}

const run = (kind: Kind, {queue, state}: Small, what: string, fault: {kill?: string} = {}): Promise<Ended> =>
  runWithFault([SCENARIO, kind, queue.dir, state, what], fault)

const succeed = async (kind: Kind, world: Small, what: string): Promise<string> => {
  const ended = await run(kind, world, what)
  expect(ended.stderr).toBe('')
  expect(ended.status).toBe(0)
  return ended.stdout
}

/** Without what is ours, and the trigger, whose time a pull sets. */
const treeOf = ({queue}: Small): Tree => snapshotTree(queue.dir, {without: path => path === '.mailops-trash' || path === 'lock/trigger'})

/** Differences that count: not the times of channel files that marking writes to. */
const changes = (kind: Kind, before: Tree, after: Tree): string[] =>
  differences(before, after).filter(line => kind === 'hold' || !/^(local|remote)\/.*mtimeNs/.test(line))

/** What there is of one message, its link count left out: the trash may have a link of it. Times only where they are what changes. */
const pictureOf = (kind: Kind, tree: Tree, {queue, number}: {queue: Queue; number: string}): string =>
  ['mess', 'intd', 'todo', 'info', ...queue.channels, 'bounce']
    .map(part => {
      const entry = tree.get(pathOf(queue, part, number))
      return `${part}:${entry?.content ?? '-'}${kind === 'hold' ? entry?.mtimeNs : ''}`
    })
    .join(' ')

/**
 * The number of the first call below the queue: what comes before is the journal's, and test/effects/crash.test.ts walks
 * that.
 */
const firstStep = async (kind: Kind, world: Small, what: string): Promise<number> => {
  const calls = join(root, `${kind}-${what}-calls`)
  const ended = await runWithFault([SCENARIO, kind, world.queue.dir, world.state, what], {calls})
  expect(ended.stderr).toBe('')
  const lines = fs.readFileSync(calls, 'utf8').split('\n')
  // Times are set by descriptors; the record of the earlier ones comes first.
  return Math.max(0, lines.findIndex(line => / (\/\S*\/queue\/|[a-z]+\/)|times-/.test(line)))
}

const trashIsGone = ({queue}: Small): boolean => !fs.existsSync(join(queue.dir, '.mailops-trash'))

/** Each message is as it was before, or as it is after. */
const expectWhole = (kind: Kind, world: Small, {before, after}: {before: Map<string, string>; after: Map<string, string>}, step: string): void => {
  const now = treeOf(world)
  for (const [state, number] of world.numbers) {
    const picture = pictureOf(kind, now, {queue: world.queue, number})
    expect([before.get(state), after.get(state)], `${step}, ${state}`).toContain(picture)
  }
}

const pictures = (kind: Kind, world: Small): Map<string, string> => {
  const tree = treeOf(world)
  return new Map([...world.numbers].map(([state, number]) => [state, pictureOf(kind, tree, {queue: world.queue, number})]))
}

describe.each(KINDS)('kill -9 at every call: %s', kind => {
  test('of applying: recovery, then undo', {timeout: 1_500_000}, async () => {
    const reference = await small(kind, 'reference')
    const before = pictures(kind, reference)
    const first = await firstStep(kind, reference, 'apply')
    const after = pictures(kind, reference)
    await reference.end()
    expect(after).not.toEqual(before)
    const steps = await walk(async count => {
      const n = first + count
      const world = await small(kind, `apply-${n}`)
      const tree = treeOf(world)
      try {
        const ended = await run(kind, world, 'apply', {kill: String(n)})
        if (ended.signal === null) {
          expect(ended.stderr).toBe('')
          return true
        }
        const [, again] = JSON.parse(await succeed(kind, world, 'recover')) as unknown[]
        expect(again, `step ${n}`).toEqual([])
        expectWhole(kind, world, {before, after}, `step ${n}`)
        if (kind === 'swap-no-trash') return false
        // Either something is left to be undone, or nothing of it is there.
        const undone = await run(kind, world, 'undo')
        if (undone.status !== 0) expect(undone.stderr, `step ${n}`).toMatch(/NOTHING_TO_UNDO|NO_CHANGE_YET/)
        expect(changes(kind, tree, treeOf(world)), `step ${n}`).toEqual([])
        expect(trashIsGone(world), `step ${n}`).toBe(true)
        return false
      } finally {
        await world.end()
      }
    })
    expect(steps).toBeGreaterThan(10)
  })

  test.skipIf(kind === 'swap-no-trash')('of undoing: recovery, and undo again where that left something', {timeout: 1_500_000}, async () => {
    const reference = await small(kind, 'undo-reference')
    await succeed(kind, reference, 'apply')
    const first = await firstStep(kind, reference, 'undo')
    await reference.end()
    const steps = await walk(async count => {
      const n = first + count
      const world = await small(kind, `undo-${n}`)
      const tree = treeOf(world)
      try {
        await succeed(kind, world, 'apply')
        const ended = await run(kind, world, 'undo', {kill: String(n)})
        if (ended.signal === null) expect(ended.stderr).toBe('')
        else {
          await succeed(kind, world, 'recover')
          const again = await run(kind, world, 'undo')
          if (again.status !== 0) expect(again.stderr, `step ${n}`).toMatch(/ALREADY_UNDONE|TRASH_GONE/)
        }
        expect(changes(kind, tree, treeOf(world)), `step ${n}`).toEqual([])
        expect(trashIsGone(world), `step ${n}`).toBe(true)
        return ended.signal === null
      } finally {
        await world.end()
      }
    })
    expect(steps).toBeGreaterThan(5)
  })
})
