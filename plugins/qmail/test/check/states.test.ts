// check and repair on every row of the state table and every fault that the generator can make.
import {mkdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync} from 'node:fs'

import {describe, expect, test} from 'vitest'

import {
  addMessage, addStrangers, brokenRecords, damage, differences, faultNames, illegalStates, legalStates, pathOf, releaseNumbers, type Fault,
} from '../../../../test/support/queue/index.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {check, codes, createWorld, filesOf, isRoot, picture, repair, undoLast} from './support.js'

const HOUR = 3600
const keys = <T extends object>(object: T): (keyof T)[] => Object.keys(object) as (keyof T)[]

describe.each([
  {name: 'flat todo', options: {}},
  {name: 'split todo, suppl channels', options: {bigtodo: true, extraChannels: ['suppl0', 'suppl1']}},
])('$name', ({options}) => {
  test.each(keys(legalStates))('%s is legal, young and old', async state => {
    const {queue} = createWorld(options)
    const recipients = [
      {address: 'a@remote.example'},
      {address: 'b@local.example', channel: 'local', done: true},
      ...queue.channels.slice(2).map(channel => ({address: 'c@remote.example', channel})),
    ]
    for (const hours of [1, 35, 37, 400])
      addMessage(queue, {state, recipients, birth: queue.now - hours * HOUR, accessed: queue.now - hours * HOUR})
    expect(await check(queue)).toMatchObject({total: 0})
  })

  const old = (hours: number, now: number) => ({birth: now - hours * HOUR, accessed: now - hours * HOUR})

  test.each<[keyof typeof illegalStates, number, Record<string, number>]>([
    ['intd-left', 1, {'leftover-intd': 1}],
    ['intd-left-bouncing', 1, {'leftover-intd': 1}],
    ['todo-with-bounce', 1, {'former-bounce': 1}],
    ['preprocessing-with-bounce', 1, {'former-bounce': 1}],
    ['info-lost', 37, {'info-lost': 1}],
    ['info-lost-bounce', 37, {'info-lost': 1}],
    ['info-lost-intd', 37, {'info-lost': 1}],
    ['info-lost', 35, {'orphan-under-new': 1}],
    ['info-lost-bounce', 35, {'orphan-under-new': 1}],
    ['info-lost-intd', 35, {'orphan-under-new': 1}],
    ['todo-without-mess', 1, {'todo-without-mess': 1}],
    ['todo-only', 1, {'todo-without-mess': 1}],
    ['todo-without-mess-rest', 1, {'todo-without-mess': 1}],
    ['intd-without-mess', 1, {'intd-without-mess': 1}],
    ['intd-without-mess-rest', 1, {'intd-without-mess': 1}],
    ['info-without-mess', 1, {'info-without-mess': 1}],
    ['info-without-mess-rest', 1, {'info-without-mess': 1}],
    ['channels-only', 1, {'orphan-channel': 1}],
    ['bounce-only', 1, {'orphan-bounce': 1}],
    ['bounce-without-mess', 1, {'orphan-bounce': 1}],
    ['pid-only', 37, {'pid-leftover': 1}],
    ['pid-linked', 37, {'pid-leftover': 1}],
    ['pid-only', 35, {}],
    ['pid-linked', 35, {}],
  ])('%s, %d hours old: found, repaired, undone', async (state, hours, expected) => {
    const world = createWorld(options)
    const {queue} = world
    const number = addMessage(queue, {state, ...old(hours, queue.now)})
    const before = picture(queue)
    expect(await codes(queue)).toEqual(expected)
    if (Object.keys(expected).length === 0) return
    await repair(world)
    expect(await codes(queue)).toEqual({})
    // A young mess, and the intd beside it, may be an injection: repair never takes those.
    if (hours === 35)
      for (const part of legalStates.enveloping)
        expect(picture(queue).get(pathOf(queue, part, number))).toEqual(before.get(pathOf(queue, part, number)))
    await undoLast(world)
    expect(differences(before, picture(queue))).toEqual([])
    releaseNumbers(queue)
  })
})

const EXPECTED: Record<Fault, {found: Record<string, number>; left?: Record<string, number>}> = {
  'mess-in-wrong-split': {found: {'wrong-split': 1}},
  'info-in-wrong-split': {found: {'wrong-split': 1}},
  'remote-in-wrong-split': {found: {'wrong-split': 1}},
  'inode-is-not-name': {found: {'number-differs': 1, ...(isRoot && {'wrong-owner': 1})}},
  'mess-mode': {found: {'wrong-mode': 1}},
  'info-mode': {found: {'wrong-mode': 1}},
  'remote-directory-mode': {found: {'wrong-mode': 1}},
  'mess-owner': {found: {'wrong-owner': 1}},
  'info-owner': {found: {'wrong-owner': 1}},
  'trigger-missing': {found: {'trigger-missing': 1}},
  'trigger-is-a-file': {found: {'trigger-not-fifo': 1}},
  'trigger-mode': {found: {'wrong-mode': 1}},
  'sendmutex-missing': {found: {'sendmutex-missing': 1}},
  'tcpto-size': {found: {'tcpto-size': 1}},
  'tcpto-missing': {found: {'tcpto-missing': 1}, left: {'tcpto-missing': 1}},
  'bounce-directory-missing': {found: {'missing-directory': 1}},
  'mess-split-missing': {found: {'split-gap': 1}},
  'todo-split-unlike-build': {found: {'todo-split-differs': 5}},
}

test('every fault of the generator is known here', () => {
  expect(Object.keys(EXPECTED).toSorted()).toEqual([...faultNames].toSorted())
})

test.skipIf(!isRoot).each(faultNames)('%s: found, repaired, undone (as root)', async fault => {
  const world = createWorld()
  const {queue} = world
  const {found, left = {}} = EXPECTED[fault]
  let number = addMessage(queue)
  // The split directory that goes must be an empty one.
  while (Number(BigInt(number) % 5n) === 4) number = addMessage(queue)
  if (fault === 'mess-split-missing') for (const part of ['info', 'remote']) expect(picture(queue).get(`${part}/4/${number}`)).toBeUndefined()
  const others = fault === 'mess-split-missing' ? [] : ['todo', 'pending-bounce'].map(state => addMessage(queue, {state: state as 'todo'}))
  if (fault === 'bounce-directory-missing') others.pop()
  const whole = picture(queue)
  damage(fault, {queue, number})
  const stray = fault === 'mess-split-missing' ? [...whole.keys()].filter(path => path.startsWith('mess/4/')).length : 0
  const before = picture(queue)
  expect(await codes(queue)).toEqual(stray > 0 ? {...found, 'info-without-mess': stray} : found)
  if ((await check(queue)).mendable > 0) await repair(world)
  expect(await codes(queue)).toEqual(left)
  for (const other of others) expect(differences(filesOf(before, other), filesOf(picture(queue), other))).toEqual([])
  if (Object.keys(left).length > 0) return
  await undoLast(world)
  expect(differences(before, picture(queue))).toEqual([])
})

describe('records', () => {
  const broken = keys(brokenRecords)
  const EXPECTED_RECORDS: Record<(typeof broken)[number], {info: string; todo: string; remote: string}> = {
    empty: {info: 'info-unreadable', todo: 'todo-unreadable', remote: 'channel-empty'},
    noFinalNul: {info: 'info-unreadable', todo: 'unterminated', remote: 'unterminated'},
    cutInHalf: {info: 'info-unreadable', todo: 'todo-unreadable', remote: 'unterminated'},
    unknownType: {info: 'info-unreadable', todo: 'todo-unreadable', remote: 'channel-unreadable'},
    emptyRecord: {info: 'trailing-bytes', todo: 'todo-unreadable', remote: 'channel-stuck'},
    onlyNuls: {info: 'info-unreadable', todo: 'todo-unreadable', remote: 'channel-unreadable'},
    binary: {info: 'info-unreadable', todo: 'todo-unreadable', remote: 'channel-unreadable'},
    endless: {info: 'info-unreadable', todo: 'todo-unreadable', remote: 'unterminated'},
  }
  const QUARANTINED = new Set(['info-unreadable', 'todo-unreadable', 'channel-unreadable'])

  test.each(broken.flatMap(how => (['info', 'todo', 'remote'] as const).map(part => ({how, part}))))('$part $how', async ({how, part}) => {
    const world = createWorld()
    const {queue} = world
    const healthy = addMessage(queue, {state: 'pending-bounce'})
    const number = addMessage(queue, {state: part === 'todo' ? 'todo' : 'pending'})
    const path = `${queue.dir}/${pathOf(queue, part, number)}`
    const {mtime} = statSync(path)
    // In place, for todo has a second name.
    writeFileSync(path, Buffer.from(brokenRecords[how](readFileSync(path, 'latin1')), 'latin1'))
    utimesSync(path, mtime, mtime)
    const expected = EXPECTED_RECORDS[how][part]
    const before = picture(queue)
    const found = await check(queue)
    expect(found.counts).toEqual({[expected]: 1})
    expect(found.mendable).toBe(QUARANTINED.has(expected) ? 1 : 0)
    if (!QUARANTINED.has(expected)) return
    await repair(world)
    expect(await codes(queue)).toEqual({})
    expect(filesOf(picture(queue), number).size).toBe(0)
    expect(differences(filesOf(before, healthy), filesOf(picture(queue), healthy))).toEqual([])
    await undoLast(world)
    expect(differences(before, picture(queue))).toEqual([])
  })
})

test('strangers are reported and never touched', async () => {
  const world = createWorld({split: 23})
  const {queue} = world
  addMessage(queue)
  addMessage(queue, {state: 'bounce-only'})
  const outside = temporaryDirectory('outside')
  const strangers = addStrangers(queue, outside)
  const before = picture(queue)
  const found = await check(queue)
  const paths = new Set(found.findings.map(({path}) => path))
  // Numbers beyond 2^53, in their places or not, are messages that nobody has.
  const named = strangers.filter(path => /\/(core|12\.tmp|-1|\+5|007|1e3|0x10| 9|46)$/.test(path))
  expect(named.length).toBeGreaterThan(40)
  for (const path of named) expect(paths, path).toContain(path)
  expect(paths).not.toContain('.hidden')
  await repair(world)
  const after = picture(queue)
  for (const path of named) expect(after.get(path), path).toEqual(before.get(path))
  await undoLast(world)
  expect(differences(before, picture(queue))).toEqual([])
})

test('files directly in a split directory, and in one beyond the split', async () => {
  const world = createWorld()
  const {queue} = world
  const [a, b] = [addMessage(queue), addMessage(queue)]
  renameSync(`${queue.dir}/${pathOf(queue, 'info', a)}`, `${queue.dir}/info/${a}`)
  mkdirSync(`${queue.dir}/remote/9`, {mode: 0o700})
  renameSync(`${queue.dir}/${pathOf(queue, 'remote', b)}`, `${queue.dir}/remote/9/${b}`)
  expect(await codes(queue)).toMatchObject({'wrong-split': 2})
  await repair(world)
  expect(await codes(queue)).toEqual({'split-differs': 2})
  expect(filesOf(picture(queue), a).has(pathOf(queue, 'info', a))).toBe(true)
  expect(filesOf(picture(queue), b).has(pathOf(queue, 'remote', b))).toBe(true)
})
