// The scan: every message with exactly the files it has, and nothing that is no message.
import {mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import {
  addMessage, addStrangers, fillQueue, illegalStates, legalStates, partsOf, pathOf, type State,
} from '../../../../test/support/queue/index.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {lookUp, openQueue, scanNumbers, scanQueue, type Scan} from '../../src/effects/reading/index.js'
import {PRESENCE, channelBit, type Presence} from '../../src/message/presence.js'
import {parseNumber} from '../../src/queue/number.js'
import {newQueue} from './support.js'

const presences = (scan: Scan): Record<string, Presence> =>
  Object.fromEntries(Array.from({length: scan.length}, (_, index) => [String(scan.numberAt(index)), scan.presenceAt(index)]))

const sorted = (numbers: readonly string[]): string[] => [...numbers].sort((a, b) => Number(a) - Number(b))

const REMOTE = channelBit(1)
const bitsOf = (state: State): Presence =>
  partsOf(state).reduce((bits, part) => bits | (part === 'channels' ? REMOTE : part === 'pid' ? 0 : PRESENCE[part]), 0)

describe.each([{}, {split: 7, bigtodo: true, extraChannels: ['suppl0']}])('a queue of %j', options => {
  test('has every state as it is on disk', () => {
    const queue = newQueue(options)
    const states = [...Object.keys(legalStates), ...Object.keys(illegalStates)] as State[]
    const expected: Record<string, Presence> = {}
    for (const state of states) {
      const number = addMessage(queue, {state})
      if (bitsOf(state) !== 0) expected[number] = bitsOf(state)
    }
    const opened = openQueue(queue.dir)
    const scan = scanQueue(opened)
    expect(presences(scan)).toEqual(expected)
    expect(scan).toMatchObject({foreign: [], foreignCount: 0, unreadable: []})
    expect(presences(scanNumbers(opened, Object.keys(expected).map(id => parseNumber(id)!)))).toEqual(expected)
    for (const [id, presence] of Object.entries(expected)) expect(lookUp(opened, parseNumber(id)!)).toBe(presence)
  })

  test('is in numeric order and finds each number again', () => {
    const queue = newQueue(options)
    const {numbers} = fillQueue(queue, 500)
    const scan = scanQueue(openQueue(queue.dir))
    const found = Array.from({length: scan.length}, (_, index) => scan.numberAt(index))
    expect(found).toEqual(numbers.map(Number).sort((a, b) => a - b))
    expect(found.every((number, index) => scan.indexOf(number) === index)).toBe(true)
    expect(scan.indexOf(1)).toBe(-1)
  })
})

test('what is no message is foreign, counted by kind and otherwise left alone', () => {
  const queue = newQueue()
  const target = join(temporaryDirectory('target'), 'file')
  writeFileSync(target, 'Ftarget\0')
  addStrangers(queue, target)
  const beyond = 2n ** 53n + 1n
  const scan = scanQueue(openQueue(queue.dir))
  // A number beyond 2^53 is a number all the same; it lies in the right directory only where nothing is split.
  expect(Object.keys(presences(scan))).toEqual([String(beyond)])
  const kinds = new Map<string, number>()
  for (const {kind} of scan.foreign) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  expect(Object.fromEntries(kinds)).toMatchObject({symlink: 6, directory: 6})
  expect(kinds.get('name')).toBeGreaterThan(50)
  expect(scan.foreign.find(({path}) => path.endsWith('/\u202e99'))?.kind).toBe('name')
})

test('a file in the wrong split directory is not where qmail looks', () => {
  const queue = newQueue()
  const number = addMessage(queue)
  const wrong = `mess/${(Number(number) + 1) % 23}/${number}`
  renameSync(join(queue.dir, pathOf(queue, 'mess', number)), join(queue.dir, wrong))
  const scan = scanQueue(openQueue(queue.dir))
  expect(scan.foreign).toEqual([{path: wrong, kind: 'wrong-split'}])
  expect(presences(scan)).toEqual({[number]: PRESENCE.info | REMOTE})
})

test('numbers beyond 2^53 keep every digit', () => {
  const queue = newQueue()
  const numbers = ['9007199254740993', '9007199254740995', '18446744073709551615']
  for (const number of numbers) addMessage(queue, {number})
  const small = addMessage(queue)
  const scan = scanQueue(openQueue(queue.dir))
  expect(presences(scan)).toEqual(Object.fromEntries([small, ...numbers].map(number => [number, bitsOf('pending')])))
  expect(Array.from({length: 4}, (_, index) => String(scan.numberAt(index)))).toEqual([small, ...numbers])
  expect(scan.indexOf(9007199254740995n)).toBe(2)
})

test('a linked split directory is not entered: its messages are left out, the rest is there', () => {
  const queue = newQueue({split: 3})
  const {numbers} = fillQueue(queue, 60)
  const elsewhere = join(temporaryDirectory('elsewhere'), '1')
  renameSync(join(queue.dir, 'info/1'), elsewhere)
  symlinkSync(elsewhere, join(queue.dir, 'info/1'))
  const scan = scanQueue(openQueue(queue.dir))
  expect(scan.unreadable.map(({message}) => message)).toEqual([
    `${queue.dir}/info/1 is a symbolic link, and below a queue none is followed`,
  ])
  expect(Object.keys(presences(scan))).toEqual(sorted(numbers).filter(number => Number(number) % 3 !== 1))
})

test('a message that was preprocessed or ended between two directories is seen as it is now', () => {
  // What such a moment leaves behind looks like an injection or damage, and only this is looked up again.
  const queue = newQueue()
  const number = addMessage(queue, {state: 'injecting'})
  mkdirSync(join(queue.dir, 'attic'))
  const opened = openQueue(queue.dir)
  const before = scanQueue(opened)
  expect(presences(before)).toEqual({[number]: PRESENCE.mess})
  unlinkSync(join(queue.dir, pathOf(queue, 'mess', number)))
  expect(lookUp(opened, Number(number))).toBe(0)
  expect(scanQueue(opened).length).toBe(0)
})
