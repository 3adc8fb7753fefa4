// A queue that changes all the time while it is looked at: not one legal message may be called a fault.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {addMessage, releaseNumbers} from '../../../../test/support/queue/index.js'
import {canLoopMount, loopMount} from '../../../../test/support/loop-mount.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {check, codes, createWorld} from './support.js'

interface Busy {
  /** How many messages have come and gone. */
  readonly ended: () => number
  readonly end: () => Promise<void>
}

const busyOn = async (dir: string, split: number): Promise<Busy> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'busy-queue.mjs'), dir, String(split)], {stdio: ['pipe', 'pipe', 'inherit']})
  let text = ''
  child.stdout.on('data', chunk => (text += chunk))
  await once(child.stdout, 'data')
  return {
    ended: () => Number(/(\d+)\n[^\n]*$/.exec(text)?.[1] ?? 0),
    end: async () => {
      child.stdin.end()
      await once(child, 'close')
    },
  }
}

const checkWhileBusy = async (dir: string): Promise<void> => {
  const world = createWorld({split: 5}, dir)
  // What is really wrong is still found among it all.
  addMessage(world.queue, {state: 'intd-left'})
  const busy = await busyOn(world.queue.dir, 5)
  const seen: Record<string, number>[] = []
  while (seen.length < 60 || busy.ended() < 2_000) seen.push(await codes(world.queue))
  await busy.end()
  expect(seen.filter(one => Object.keys(one).join() !== 'leftover-intd')).toEqual([])
  expect((await check(world.queue)).total).toBe(1)
  releaseNumbers(world.queue)
}

test('sixty checks of a queue at full work', {timeout: 1_500_000}, async () => {
  await checkWhileBusy(temporaryDirectory('busy'))
})

const {possible, reason} = canLoopMount()
test.skipIf(!possible)(`the same where numbers come back at once, on journaled ext4${possible ? '' : ` (skipped: ${reason})`}`, {timeout: 1_500_000}, async () => {
  const mount = loopMount({sizeBytes: 128 * 2 ** 20})
  try {
    await checkWhileBusy(mount.path)
  } finally {
    mount.dispose()
  }
})
