// Any queue with any damage: after repair it is legal, what was legal is as it was, and undo brings everything back.
import {mkdirSync, rmSync} from 'node:fs'

import * as fc from 'fast-check'
import {expect, test} from 'vitest'

import {
  addMessage, damage, differences, faultNames, illegalStates, legalStates, pathOf, releaseNumbers, type Fault, type Queue, type State,
} from '../../../../test/support/queue/index.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {check, createWorld, filesOf, isRoot, picture, repair, undoLast} from './support.js'

const legal = Object.keys(legalStates) as State[]
const states = [...legal, ...(Object.keys(illegalStates) as State[])]

// These two need a queue without files of their number; each has a test of its own.
const faults = faultNames.filter(fault => fault !== 'mess-split-missing' && (isRoot || !/-owner$|trigger|tcpto|sendmutex/.test(fault)))

const message = fc.record({state: fc.constantFrom(...states), hours: fc.constantFrom(1, 35, 37, 200), channels: fc.subarray([0, 1, 2], {minLength: 1})})

const recipe = fc.record({
  split: fc.constantFrom(1, 3, 23),
  bigtodo: fc.boolean(),
  extraChannels: fc.constantFrom([], ['suppl0']),
  messages: fc.array(message, {maxLength: 14}),
  faults: fc.subarray(faults),
})

const isApplicable = (fault: Fault, {bigtodo, split}: Queue): boolean =>
  !(fault === 'todo-split-unlike-build' && bigtodo) && !(fault.endsWith('-in-wrong-split') && split === 1)

/** A file can only be damaged once. */
const firstOfEach = (chosen: readonly Fault[]): Fault[] =>
  chosen.filter((fault, i) => {
    const file = /^(trigger|tcpto)/.exec(fault)?.[0]
    return file === undefined || chosen.findIndex(other => other.startsWith(file)) === i
  })

test('random queues, random damage', {timeout: 1_500_000}, async () => {
  const root = temporaryDirectory('property')
  let run = 0
  await fc.assert(
    fc.asyncProperty(recipe, async given => {
      const dir = `${root}/${run++}`
      rmSync(dir, {recursive: true, force: true})
      mkdirSync(dir)
      const {split, bigtodo, extraChannels} = given
      const world = createWorld({split, bigtodo, extraChannels}, dir)
      const {queue} = world
      const legalOnes: string[] = []
      for (const {state, hours, channels} of given.messages) {
        const birth = queue.now - hours * 3600
        const recipients = channels.map(i => ({address: `r${i}@remote.example`, channel: queue.channels[i] ?? 'remote', done: i === 1}))
        const number = addMessage(queue, {state, birth, accessed: birth, recipients})
        if (legal.includes(state)) legalOnes.push(number)
      }
      const chosen = firstOfEach(given.faults.filter(fault => isApplicable(fault, queue)))
      // All targets first: a message whose inode is not its name keeps the next one from being built.
      const targets = chosen.map(fault => ({fault, number: addMessage(queue)}))
      for (const {fault, number} of targets) damage(fault, {queue, number})
      const before = picture(queue)

      const found = await check(queue)
      if (chosen.length === 0 && given.messages.every(({state}) => legal.includes(state))) expect(found.total).toBe(0)
      const legalPaths = new Set(legalOnes.flatMap(number => [...filesOf(before, number).keys()]))
      expect(found.findings.filter(({id, path}) => id !== null && legalPaths.has(path))).toEqual([])
      if (found.mendable > 0) await repair(world)

      const left = await check(queue)
      expect(left.findings.filter(({repair: mend}) => mend !== null)).toEqual([])
      const after = picture(queue)
      for (const number of legalOnes) {
        // A bounce directory that went missing has taken its files along, before the repair.
        expect(differences(filesOf(before, number), filesOf(after, number))).toEqual([])
        expect(after.has(pathOf(queue, 'mess', number))).toBe(true)
      }
      if (found.mendable > 0) {
        await undoLast(world)
        expect(differences(before, picture(queue))).toEqual([])
      }
      releaseNumbers(queue)
      rmSync(dir, {recursive: true})
    }),
    {numRuns: 60},
  )
})
