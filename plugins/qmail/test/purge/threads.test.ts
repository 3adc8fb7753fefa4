// A purge large enough for worker threads: the same outcome as without, kill -9 of the threads, ^C, a file that cannot go.
import {availableParallelism} from 'node:os'
import {join} from 'node:path'
import {mkdirSync, readdirSync, rmSync} from 'node:fs'

import {describe, expect, test} from 'vitest'

import {createQueue, differences, fillQueue, snapshotTree, type Queue, type Tree} from '../../../../test/support/queue/index.js'
import {runWithFault} from '../../../../test/support/faults/walk.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {threadsPay} from '../../dist/effects/purge-offline/remove-pool.js'
import {openQueue, scanQueue} from '../../dist/effects/reading/index.js'
import {stateRow} from '../../dist/message/state-table.js'
import {emptyWorld} from '../effects/support/world.js'
import {bringBack, purgeOffline} from '../support/purge-offline.js'

const SCENARIO = join(import.meta.dirname, '../support/purge-scenario.mjs')
const MESSAGES = 5_200
const single = availableParallelism() < 2

interface Scene {
  readonly queue: Queue
  readonly before: Tree
  readonly run: (what: string, kill?: string) => ReturnType<typeof runWithFault>
}

const createScene = (): Scene => {
  const base = temporaryDirectory('threads')
  const queue = createQueue(join(base, 'queue'), {split: 3})
  fillQueue(queue, MESSAGES)
  mkdirSync(join(base, 'state'), {mode: 0o711})
  const env = {MAILOPS_STATE_DIR: join(base, 'state'), MAILOPS_RUN_DIR: join(base, 'run')}
  return {
    queue,
    before: snapshotTree(queue.dir),
    run: (what, kill) => runWithFault([SCENARIO, what, queue.dir], kill === undefined ? {} : {kill}, env),
  }
}

const expectLegal = ({queue}: Scene): void => {
  const scan = scanQueue(openQueue(queue.dir))
  const illegal = Array.from({length: scan.length}, (_, i) => stateRow(scan.presenceAt(i))).filter(({legal}) => !legal)
  expect(illegal).toEqual([])
}

describe.skipIf(single)(single ? 'this machine has one processor' : 'a purge in two threads', () => {
  test('takes everything, and undo brings back the very tree', async () => {
    expect(threadsPay(MESSAGES)).toBe(true)
    const world = emptyWorld()
    fillQueue(world.queue, MESSAGES)
    const before = snapshotTree(world.queue.dir)
    const {journalId, complete, result} = await purgeOffline(world)
    expect({complete, result}).toMatchObject({complete: true, result: {removed: MESSAGES, skipped: []}})
    expect(scanQueue(openQueue(world.queue.dir)).length).toBe(0)
    expect(await bringBack(world, journalId)).toMatchObject({complete: true, result: {restored: MESSAGES}})
    expect(differences(before, snapshotTree(world.queue.dir))).toEqual([])
  })

  // Consecutive calls of a thread: link and unlink of every kind of file are among them.
  test.each([2001, 2002, 2003, 2004, 2005, 2006].map(String))('killed at call %s of a thread, recovered and undone', async kill => {
    const scene = createScene()
    expect((await scene.run('apply', kill)).signal).toBe('SIGKILL')
    expectLegal(scene)
    const recovered = await scene.run('recover')
    expect(recovered).toMatchObject({status: 0, stderr: ''})
    expect(JSON.parse(recovered.stdout)).toMatchObject([{outcome: 'partly-done'}])
    expectLegal(scene)
    expect(await scene.run('undo')).toMatchObject({status: 0, stderr: ''})
    expect(differences(scene.before, snapshotTree(scene.queue.dir))).toEqual([])
    rmSync(scene.queue.dir, {recursive: true})
  })

  test('^C leaves whole messages on both sides, and undo brings all of them back', async () => {
    const world = emptyWorld()
    fillQueue(world.queue, MESSAGES)
    const before = snapshotTree(world.queue.dir)
    const interrupt = new AbortController()
    const {journalId, complete, result} = await purgeOffline(world, {}, {
      signal: interrupt.signal, progress: done => { if (done > 600) interrupt.abort() },
    })
    expect({complete, result}).toMatchObject({complete: false, result: {interrupted: true}})
    expect(result['removed']).toBeGreaterThan(500)
    expect(result['removed']).toBeLessThan(MESSAGES)
    expect(await bringBack(world, journalId)).toMatchObject({complete: true, result: {restored: result['removed']}})
    expect(differences(before, snapshotTree(world.queue.dir))).toEqual([])
  })

  test('a message whose file goes away under it is put back, skipped and named; the rest leaves', async () => {
    const world = emptyWorld()
    fillQueue(world.queue, MESSAGES)
    const split = join(world.queue.dir, 'info', '1')
    const number = readdirSync(split)[0]!
    const {result} = await purgeOffline(world, {}, {
      // After the second look at the queue and before the first message leaves.
      takes: index => {
        if (index === 0) rmSync(join(split, number), {force: true})
        return true
      },
    })
    expect(result['skipped']).toMatchObject([{id: number}])
    expect(result['removed']).toBe(MESSAGES - 1)
    expect(readdirSync(join(world.queue.dir, 'mess', '1'))).toEqual([number])
  })
})
