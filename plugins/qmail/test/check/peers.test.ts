// What other tools get wrong with a queue, and check does not: qmqtool, queue_repair, the recipe with find.
import {spawnSync} from 'node:child_process'
import {chmodSync} from 'node:fs'

import {expect, test} from 'vitest'

import {addMessage, damage, differences, fillQueue, pathOf} from '../../../../test/support/queue/index.js'
import {canLoopMount, loopMount} from '../../../../test/support/loop-mount.js'
import {check, codes, createWorld, filesOf, picture, placeIn, repair} from './support.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'

test('qmqtool -r deletes messages with local and remote recipients: 2,000 of them are legal here', async () => {
  const {queue} = createWorld({split: 23})
  fillQueue(queue, 2_000, {shape: {both: 1, todo: 0.05}})
  const before = picture(queue)
  expect((await check(queue)).total).toBe(0)
  expect(differences(before, picture(queue))).toEqual([])
})

test('queue_repair mends directories only, and gives intd a wrong mode: here messages are looked at, and 0700 is right', async () => {
  const world = createWorld()
  const {queue} = world
  const misplaced = addMessage(queue)
  damage('mess-in-wrong-split', {queue, number: misplaced})
  addMessage(queue, {state: 'todo-with-bounce'})
  chmodSync(`${queue.dir}/intd`, 0o755)
  expect(await codes(queue)).toEqual({'wrong-split': 1, 'former-bounce': 1, 'wrong-mode': 1})
  await repair(world)
  expect(await codes(queue)).toEqual({})
  expect(picture(queue).get('intd')?.mode).toBe(0o700)
})

const {possible, reason} = canLoopMount()
const RECIPE = 'find mess info local intd todo remote -type f -exec rm {} +'

test.skipIf(!possible)(
  `the recipe with find leaves bounce/N for the next message of that number; check finds it and repair takes it away${possible ? '' : ` (skipped: ${reason})`}`,
  async () => {
    const mount = loopMount()
    try {
      const {queue} = createWorld({split: 23}, mount.path)
      const world = {queue, place: placeIn(temporaryDirectory('state'))}
      const poisoned = () => {
        const numbers = Array.from({length: 5}, () => addMessage(queue, {state: 'pending-bounce'}))
        expect(spawnSync('sh', ['-c', RECIPE], {cwd: queue.dir}).status).toBe(0)
        return numbers
      }
      /** Injects until a number of theirs comes back, which on a journaled ext4 is at once. */
      const tenantOf = (numbers: readonly string[]) => {
        for (let i = 0; i < 50; i++) {
          const number = addMessage(queue, {state: 'todo', sender: 'innocent@client.example'})
          if (numbers.includes(number)) return number
        }
        throw new Error('no number came back')
      }
      // Without a repair an innocent sender's message is found with somebody else's bounce.
      const first = poisoned()
      expect(await codes(queue)).toEqual({'orphan-bounce': 5})
      const victim = tenantOf(first)
      expect(picture(queue).has(`bounce/${victim}`)).toBe(true)
      const found = await check(queue)
      expect(found.findings.find(({id}) => id === victim)).toMatchObject({code: 'former-bounce', severity: 'danger'})
      const victims = filesOf(picture(queue), victim)
      await repair(world)
      expect(await codes(queue)).toEqual({})
      victims.delete(`bounce/${victim}`)
      expect(differences(victims, filesOf(picture(queue), victim))).toEqual([])

      // With one, the next tenant has its number for itself, and nothing touches it.
      const second = poisoned()
      expect((await check(queue)).findings.every(({severity}) => severity === 'danger')).toBe(true)
      await repair(world)
      const tenant = tenantOf(second)
      const files = filesOf(picture(queue), tenant)
      expect([...files.keys()].toSorted()).toEqual(['intd', 'mess', 'todo'].map(part => pathOf(queue, part, tenant)))
      expect(await codes(queue)).toEqual({})
      await check(queue)
      expect(differences(files, filesOf(picture(queue), tenant))).toEqual([])
    } finally {
      mount.dispose()
    }
  },
)
