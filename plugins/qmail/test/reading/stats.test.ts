// mailops qmail stats as a process, and its sums.
import {describe, expect, test} from 'vitest'

import {addMessage, fillQueue, type Queue} from '../../../../test/support/queue/index.js'
import {AGE_LABELS, AGE_LIMITS_SECONDS, ageBin} from '../../src/listing/age-bins.js'
import {Counter} from '../../src/listing/counter.js'
import {Tally} from '../../src/listing/tally.js'
import {newQueue, NOW, qmail} from './support.js'

const stats = (queue: Queue, ...args: string[]) => qmail(['stats', '--queue', queue.dir, ...args])

interface Group {
  key: string
  messages: number
  bytes: number
  ages: number[]
}
interface Document {
  messages: number
  bytes: number
  pendingRecipients: number
  oldestSeconds: number
  states: Group[]
  ages: Group[]
  groups?: Group[]
  total?: number
  trash: unknown
}
const document = (queue: Queue, ...args: string[]) => JSON.parse(stats(queue, '--json', ...args).stdout) as Document

const text = (length: number) => `S: x\n\n${'x'.repeat(length - 6)}`

const smallQueue = (): Queue => {
  const queue = newQueue()
  const add = (sender: string, age: number, to: string[]) =>
    addMessage(queue, {sender, birth: NOW - age, text: text(100), recipients: to.map(address => ({address}))})
  add('a@one.example', 60, ['x@Big.example', 'y@big.example'])
  add('b@one.example', 700, ['x@big.example', 'z@small.example'])
  add('', 100_000, ['a@one.example'])
  addMessage(queue, {
    sender: 'a@ONE.example', text: text(50), birth: NOW - 60,
    recipients: [{address: 'done@big.example', done: true}, {address: 'q@small.example'}],
  })
  addMessage(queue, {state: 'todo', sender: 'a@one.example', text: text(10), birth: NOW - 60, recipients: [{address: 'w@small.example'}]})
  return queue
}

describe('sums', () => {
  test('in all, by state and by age', () => {
    const found = document(smallQueue())
    expect(found).toMatchObject({messages: 5, bytes: 360, pendingRecipients: 7, trash: {purges: 0, messages: 0, bytes: 0}})
    expect(found.oldestSeconds).toBeGreaterThanOrEqual(100_000)
    expect(found.states.map(({key, messages, bytes}) => [key, messages, bytes])).toEqual([['todo', 1, 10], ['pending', 4, 350]])
    expect(found.ages.map(({key, messages}) => [key, messages])).toEqual([['5', 3], ['20', 1], ['1280+', 1]])
    expect(found).not.toHaveProperty('groups')
  })

  test.each([
    ['sender', [['a@one.example', 2, 110], ['', 1, 100], ['b@one.example', 1, 100], ['a@ONE.example', 1, 50]]],
    ['sender-domain', [['one.example', 4, 260], ['', 1, 100]]],
    ['recipient-domain', [['small.example', 3, 160], ['big.example', 2, 200], ['one.example', 1, 100]]],
    ['recipient', [
      ['a@one.example', 1, 100], ['x@Big.example', 1, 100], ['x@big.example', 1, 100], ['y@big.example', 1, 100],
      ['z@small.example', 1, 100], ['q@small.example', 1, 50], ['w@small.example', 1, 10],
    ]],
  ] as const)('by %s', (by, expected) => {
    const {groups, total} = document(smallQueue(), '--by', by)
    expect(groups!.map(({key, messages, bytes}) => [key, messages, bytes])).toEqual(expected)
    expect(total).toBe(expected.length)
    for (const {messages, ages} of groups!) expect(ages.reduce((sum, count) => sum + count, 0)).toBe(messages)
  })

  test('of a selection, the top of them only', () => {
    const found = document(smallQueue(), '--not-bounces', '--older-than', '30s', '--by', 'sender', '--top', '1')
    expect(found).toMatchObject({messages: 4, total: 3, groups: [{key: 'a@one.example', messages: 2}]})
  })
})

describe('as text', () => {
  test.each([[], ['--by', 'recipient-domain'], ['--by', 'sender'], ['--by', 'age'], ['--by', 'state']])('%j %j fits 80 columns', (...args) => {
    const queue = newQueue()
    fillQueue(queue, 300)
    const {status, stdout, stderr} = stats(queue, ...args)
    expect({status, stderr}).toEqual({status: 0, stderr: ''})
    expect(stdout).toMatch(/: 300 messages, .* recipients to be done, the oldest /)
    expect(Math.max(...stdout.split('\n').slice(1).map(line => [...line].length))).toBeLessThanOrEqual(80)
  })

  test('has a histogram whose longest bar belongs to the fullest bin', () => {
    const lines = stats(smallQueue()).stdout.split('\n')
    expect(lines.find(line => line.startsWith(AGE_LABELS[0]!))).toMatch(/ 3 .* #{30}$/)
    expect(lines.find(line => line.startsWith(AGE_LABELS[1]!))).toMatch(/ 0 +0 B$/)
  })

  test('an empty queue is a sum of nothing', () => {
    const queue = newQueue()
    expect(stats(queue)).toMatchObject({status: 0, stderr: 'no message to count\n', stdout: expect.stringContaining('0 messages, 0 B')})
    expect(document(queue)).toMatchObject({messages: 0, states: [], ages: []})
  })

  test('keys of strangers are harmless, --by takes only what it knows', () => {
    const queue = newQueue()
    addMessage(queue, {sender: 'e\x1b[2J\n@x.example'})
    expect(stats(queue, '--by', 'sender').stdout).toContain('e\\x1b[2J\\n')
    expect(stats(queue, '--by', 'subject')).toMatchObject({status: 64, stdout: ''})
  })
})

describe('bounded sums', () => {
  test('bins meet without gap', () => {
    expect(AGE_LIMITS_SECONDS.map(limit => [ageBin(limit - 1), ageBin(limit)])).toEqual(AGE_LIMITS_SECONDS.map((_, bin) => [bin, bin + 1]))
    expect([ageBin(-5), ageBin(0), ageBin(1e9)]).toEqual([0, 0, 9])
  })

  test('a counter of more keys than it keeps still finds the heavy ones', () => {
    const counter = new Counter()
    for (let i = 0; i < 200_000; i++) {
      counter.add(`once-${i}`, 1)
      if (i % 100 === 0) counter.add('often', 10)
    }
    expect(counter.isExact).toBe(false)
    expect(counter.top(1)).toEqual([{key: 'often', count: 2000, bytes: 20_000}])
  })

  test('a tally counts what it has no key for as others', () => {
    const tally = new Tally()
    for (let i = 0; i < 500_010; i++) tally.add(`key-${i}`, 2, 0)
    tally.add('key-0', 3, null)
    expect(tally.size).toBe(500_000)
    expect(tally.others).toEqual({messages: 10, bytes: 20})
    expect(tally.top(1)).toEqual([{key: 'key-0', messages: 2, bytes: 5, ages: [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]}])
  })
})
