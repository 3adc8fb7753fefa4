// The bulk mixture, snapshots, odd input and damage: what other tests and benchmarks take for granted
import {spawnSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {
  addMailing, addMessage, addStrangers, brokenRecords, createQueue, damage, differences, faultNames, fillQueue,
  oddAddresses, pathOf, releaseNumbers, snapshotTree, type Queue, type QueueOptions,
} from './index.js'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mailops-fill-'))
})
afterEach(() => rmSync(dir, {recursive: true}))

const make = (name: string, options: QueueOptions = {}) =>
  createQueue(join(dir, name), {now: 1_800_000_000, ...options})
const messOf = (queue: Queue, number: string) => `${queue.dir}/${pathOf(queue, 'mess', number)}`
const count = (queue: Queue, part: string) =>
  [...snapshotTree(queue.dir)].filter(([path, {type}]) => type === 'file' && path.startsWith(`${part}/`)).length

describe('fillQueue', () => {
  test('has the shares it promises', () => {
    const queue = make('queue')
    const {numbers, recipients, pending, todo, bounces} = fillQueue(queue, 2000)
    expect(new Set(numbers).size).toBe(2000)
    expect(['mess', 'todo', 'intd', 'info', 'bounce'].map((part) => count(queue, part))).toEqual(
      [2000, todo, todo, 2000 - todo, bounces])
    expect(todo / 2000).toBeCloseTo(0.04, 1)
    expect(count(queue, 'local') / 2000).toBeCloseTo(0.18, 1)
    expect(recipients).toBeGreaterThan(pending)
    const sizes = numbers.map((number) => statSync(messOf(queue, number)).size)
    expect(sizes.reduce((sum, size) => sum + size) / 2000).toBeGreaterThan(1700)
    expect(sizes.reduce((sum, size) => sum + size) / 2000).toBeLessThan(2100)
  })

  test('is the same for the same seed but for the numbers, and another for another', () => {
    const texts = (name: string, seed: number) => {
      const queue = make(name, {seed})
      return fillQueue(queue, 50).numbers.map((number) => readFileSync(messOf(queue, number), 'latin1'))
    }
    expect(texts('one', 5)).toEqual(texts('two', 5))
    expect(texts('three', 6)).not.toEqual(texts('four', 5))
  })

  test('goes on where an earlier fill ended, uses extra channels and bigtodo, and comes back to its directory', () => {
    const queue = make('queue', {bigtodo: true, split: 5, extraChannels: ['suppl0', 'suppl1']})
    const before = process.cwd()
    const subjects = [fillQueue(queue, 300), fillQueue(queue, 300)].map(({numbers}) =>
      readFileSync(messOf(queue, numbers[0]!), 'latin1'))
    expect(process.cwd()).toBe(before)
    expect(subjects[0]).not.toBe(subjects[1])
    for (const part of ['suppl0', 'suppl1', 'local', 'remote', 'todo']) {
      expect(count(queue, part), part).toBeGreaterThan(3)
    }
  })

  test('runs from the command line without a build', () => {
    const script = join(import.meta.dirname, 'generate.js')
    const argv = [script, join(dir, 'cli'), '20', '--split', '3']
    const {stdout, status} = spawnSync(process.execPath, argv, {encoding: 'utf8'})
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({dir: join(dir, 'cli'), messages: 20})
    expect(spawnSync(process.execPath, [script], {encoding: 'utf8'})).toMatchObject({status: 64})
  })
})

describe('snapshotTree', () => {
  test('is equal to itself, leaves access times alone, and names every difference', () => {
    const queue = make('queue')
    const number = addMessage(queue, {accessed: 1_799_900_000})
    const info = `${queue.dir}/${pathOf(queue, 'info', number)}`
    const before = snapshotTree(queue.dir)
    expect(differences(before, snapshotTree(queue.dir))).toEqual([])
    expect(statSync(messOf(queue, number)).atimeMs).toBe(1_799_900_000_000)
    utimesSync(info, 1, 1)
    rmSync(`${queue.dir}/${pathOf(queue, 'remote', number)}`)
    writeFileSync(`${queue.dir}/new`, '')
    symlinkSync('mess', `${queue.dir}/link`)
    expect(differences(before, snapshotTree(queue.dir, {without: (path) => path === 'link'}))).toEqual([
      `${pathOf(queue, 'info', number)}: mtimeNs was 1799996400000000000, is 1000000000`,
      `${pathOf(queue, 'remote', number)}: missing`,
      'new: new',
    ])
  })

  test('reads names that are no UTF-8', () => {
    writeFileSync(Buffer.concat([Buffer.from(dir), Buffer.from('/gr\xfc\xdfe', 'latin1')]), 'x')
    expect([...snapshotTree(dir).keys()]).toEqual(['gr\xfc\xdfe'])
  })
})

describe('odd input', () => {
  test('the longest address has as many bytes as qmail-queue takes', () => {
    expect(oddAddresses.longest).toHaveLength(1003)
  })

  test('100,000 recipients are in one file', () => {
    const queue = make('queue')
    const number = addMailing(queue, 100_000)
    const records = readFileSync(`${queue.dir}/${pathOf(queue, 'remote', number)}`, 'latin1').split('\0')
    expect(records).toHaveLength(100_001)
    expect(records[99_999]).toBe('Tsubscriber-99999@remote.example')
  })

  test.each(Object.entries(brokenRecords))('broken record %s is not the legal one', (_, change) => {
    expect(change('Tuser@remote.example\0')).not.toBe('Tuser@remote.example\0')
  })

  test('strangers are where they say, and the target of their symlinks is untouched', () => {
    const queue = make('queue')
    writeFileSync(join(dir, 'target'), 'mine')
    const before = new Set(snapshotTree(queue.dir).keys())
    const paths = addStrangers(queue, join(dir, 'target'))
    const added = [...snapshotTree(queue.dir).keys()].filter((path) => !before.has(path))
    expect(added).toEqual(paths.map((path) => Buffer.from(path).toString('latin1')).sort())
    expect(readFileSync(join(dir, 'target'), 'utf8')).toBe('mine')
  })
})

const possibleFaults = faultNames.filter((name) => process.getuid?.() === 0 || !name.endsWith('-owner'))
describe.each(possibleFaults)('damage %s', (fault) => {
  test('changes the queue', () => {
    const queue = make('queue')
    const number = addMessage(queue)
    const before = snapshotTree(queue.dir)
    damage(fault, {queue, number})
    expect(differences(before, snapshotTree(queue.dir))).not.toEqual([])
    releaseNumbers(queue)
  })
})
