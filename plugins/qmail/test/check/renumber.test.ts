// Messages whose number is not their inode's: one, a chain as tar leaves it, a ring, and those that must stay.
import {linkSync, renameSync, statSync} from 'node:fs'

import {describe, expect, test} from 'vitest'

import {addMessage, differences, pathOf, type Queue} from '../../../../test/support/queue/index.js'
import {check, codes, createWorld, picture, repair, undoLast} from './support.js'

const inode = (queue: Queue, number: string): string => String(statSync(`${queue.dir}/${pathOf(queue, 'mess', number)}`).ino)

const partsOf = (queue: Queue, number: string): string[] =>
  ['mess', 'todo', 'intd', 'info', 'bounce', ...queue.channels].filter(part => picture(queue).has(pathOf(queue, part, number)))

/** Gives every file of a message another number, as a copy of the queue does. */
const rename = (queue: Queue, from: string, to: string): void => {
  for (const part of partsOf(queue, from)) renameSync(`${queue.dir}/${pathOf(queue, part, from)}`, `${queue.dir}/${pathOf(queue, part, to)}`)
}

const FREE = '999999999'

/** Content by part: what a message is, whatever its number. */
const contents = (queue: Queue, number: string): Record<string, string | undefined> =>
  Object.fromEntries(partsOf(queue, number).map(part => [part, picture(queue).get(pathOf(queue, part, number))!.content]))

describe.each([
  {name: 'flat', options: {}},
  {name: 'split todo', options: {bigtodo: true, extraChannels: ['suppl0']}},
])('$name', ({options}) => {
  test.each(['todo', 'todo-without-intd', 'preprocessing', 'preprocessing-info', 'pending', 'pending-bounce', 'finished', 'bouncing'] as const)(
    '%s gets the number of its inode, and back',
    async state => {
      const world = createWorld(options)
      const {queue} = world
      const number = addMessage(queue, {state})
      const was = contents(queue, number)
      rename(queue, number, FREE)
      const before = picture(queue)
      expect(await codes(queue)).toEqual({'number-differs': 1})
      await repair(world)
      expect(await codes(queue)).toEqual({})
      expect(contents(queue, number)).toEqual(was)
      expect(partsOf(queue, FREE)).toEqual([])
      await undoLast(world)
      expect(differences(before, picture(queue))).toEqual([])
    },
  )

  test('a chain, as a restore by tar leaves it', async () => {
    const world = createWorld(options)
    const {queue} = world
    const numbers = Array.from({length: 7}, (_, i) => addMessage(queue, {state: i % 2 === 0 ? 'pending-bounce' : 'todo', subject: `m${i}`}))
    const was = numbers.map(number => contents(queue, number))
    // Each has the number of the one after it; the last one that of nobody.
    for (let i = numbers.length - 1; i >= 0; i--) rename(queue, numbers.at(i)!, numbers[i + 1] ?? FREE)
    const before = picture(queue)
    const found = await check(queue)
    expect(found.counts).toEqual({'number-differs': 7})
    expect(found.mendable).toBe(7)
    await repair(world)
    expect(await codes(queue)).toEqual({})
    expect(numbers.map(number => contents(queue, number))).toEqual(was)
    await undoLast(world)
    expect(differences(before, picture(queue))).toEqual([])
  })

  test.each([2, 3, 6])('a ring of %d', async size => {
    const world = createWorld(options)
    const {queue} = world
    const numbers = Array.from({length: size}, (_, i) => addMessage(queue, {state: i % 2 === 0 ? 'pending' : 'preprocessing'}))
    const was = numbers.map(number => contents(queue, number))
    rename(queue, numbers.at(-1)!, FREE)
    for (let i = size - 2; i >= 0; i--) rename(queue, numbers.at(i)!, numbers.at(i + 1)!)
    rename(queue, FREE, numbers.at(0)!)
    const before = picture(queue)
    expect(await codes(queue)).toEqual({'number-differs': size})
    await repair(world)
    expect(await codes(queue)).toEqual({})
    expect(numbers.map(number => contents(queue, number))).toEqual(was)
    await undoLast(world)
    expect(differences(before, picture(queue))).toEqual([])
  })
})

test('an orphan under the number of the inode is taken away first', async () => {
  const world = createWorld()
  const {queue} = world
  const number = addMessage(queue, {state: 'pending-bounce'})
  rename(queue, number, FREE)
  addMessage(queue, {number, parts: ['bounce', 'channels']})
  const before = picture(queue)
  expect(await codes(queue)).toEqual({'number-differs': 1, 'orphan-bounce': 1})
  await repair(world)
  expect(await codes(queue)).toEqual({})
  await undoLast(world)
  expect(differences(before, picture(queue))).toEqual([])
})

test('what cannot be renumbered stays as it is, with its reason', async () => {
  const world = createWorld()
  const {queue} = world
  const twice = addMessage(queue)
  // Two names of one inode: only one of them can be right, and it is there already.
  linkSync(`${queue.dir}/${pathOf(queue, 'mess', twice)}`, `${queue.dir}/${pathOf(queue, 'mess', FREE)}`)
  addMessage(queue, {number: FREE, parts: ['info', 'channels']})
  const abandoned = addMessage(queue, {state: 'enveloping', birth: queue.now - 40 * 3600, accessed: queue.now - 40 * 3600})
  rename(queue, abandoned, '999999998')
  const found = await check(queue)
  expect(found.counts).toEqual({'number-differs': 2})
  expect(found.mendable).toBe(0)
  expect(found.findings.map(({whyNot}) => whyNot)).toEqual([
    `nobody accepted it: qmail-send removes it 36 hours after it was last read`,
    `the number ${inode(queue, twice)} is not free`,
  ])
})

test('undo leaves a message renumbered when somebody has its old number now', async () => {
  const world = createWorld()
  const {queue} = world
  const number = addMessage(queue)
  rename(queue, number, FREE)
  await repair(world)
  addMessage(queue, {number: FREE, parts: ['mess', 'info', 'channels']})
  const before = picture(queue)
  const undone = await undoLast(world)
  expect(undone.bulk.at(0)?.complete).toBe(false)
  expect(differences(before, picture(queue))).toEqual([])
})
