// An empty generated queue is what qmail's own installer leaves behind
import {lstatSync, mkdtempSync, readdirSync, rmSync, statSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {createQueue, pathOf, splitDirectories} from './index.js'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mailops-layout-'))
})
afterEach(() => rmSync(dir, {recursive: true}))

const modeOf = (path: string) => lstatSync(join(dir, 'queue', path)).mode & 0o7777
const parts = (count: number) => Array.from({length: count}, (_, part) => String(part)).sort()

test('has the directories, modes and lock files of qmail', () => {
  const umask = process.umask(0o077)
  createQueue(join(dir, 'queue'))
  expect(process.umask(umask)).toBe(0o077)
  expect(readdirSync(join(dir, 'queue')).sort()).toEqual(
    ['bounce', 'info', 'intd', 'local', 'lock', 'mess', 'pid', 'remote', 'todo'])
  const modes = Object.fromEntries(['.', 'mess', 'mess/22', 'todo', 'lock', 'pid', 'intd', 'info/0', 'remote', 'bounce']
    .map((path) => [path, modeOf(path).toString(8)]))
  expect(modes).toEqual({
    '.': '750', mess: '750', 'mess/22': '750', todo: '750', lock: '750', pid: '700', intd: '700', 'info/0': '700',
    remote: '700', bounce: '700',
  })
  expect(['sendmutex', 'tcpto', 'trigger'].map((name) => modeOf(`lock/${name}`))).toEqual([0o600, 0o644, 0o622])
  expect(lstatSync(join(dir, 'queue/lock/trigger')).isFIFO()).toBe(true)
  expect(statSync(join(dir, 'queue/lock/tcpto')).size).toBe(1024)
})

test.each([
  {options: {}, split: 23, flat: ['bounce', 'intd', 'todo']},
  {options: {split: 7, bigtodo: true}, split: 7, flat: ['bounce']},
  {options: {split: 151, extraChannels: ['suppl0', 'suppl1']}, split: 151, flat: ['bounce', 'intd', 'todo']},
])('splits what this build splits: $options', ({options, split, flat}) => {
  const queue = createQueue(join(dir, 'queue'), options)
  for (const directory of splitDirectories(queue)) {
    expect(readdirSync(join(queue.dir, directory)).sort(), directory).toEqual(parts(split))
  }
  for (const directory of flat) expect(readdirSync(join(queue.dir, directory)), directory).toEqual([])
})

test('a path splits by the number, exactly beyond 2^53, and never in bounce', () => {
  const flat = {split: 23, bigtodo: false}
  expect(pathOf(flat, 'mess', '50')).toBe('mess/4/50')
  expect(pathOf(flat, 'info', '9007199254740993')).toBe(`info/${9007199254740993n % 23n}/9007199254740993`)
  expect(pathOf(flat, 'bounce', '50')).toBe('bounce/50')
  expect(pathOf(flat, 'todo', '50')).toBe('todo/50')
  expect(pathOf({split: 23, bigtodo: true}, 'todo', '50')).toBe('todo/4/50')
})

test('a queue that is there already is left alone', () => {
  createQueue(join(dir, 'queue'))
  expect(() => createQueue(join(dir, 'queue'))).toThrow('EEXIST')
})

describe.skipIf(process.getuid?.() !== 0)('owners (needs root)', () => {
  test('belong to qmailq, qmails and qmailr as in qmail', () => {
    createQueue(join(dir, 'queue'), {owners: {qmailq: 71, qmails: 72, qmailr: 73, qmail: 70}})
    const owner = (path: string) => {
      const {uid, gid} = lstatSync(join(dir, 'queue', path))
      return `${uid}:${gid}`
    }
    expect(['.', 'mess/3', 'pid', 'todo', 'intd', 'lock'].map(owner)).toEqual(Array(6).fill('71:70'))
    const ofSend = ['info', 'info/3', 'remote/3', 'bounce', 'lock/trigger', 'lock/sendmutex']
    expect(ofSend.map(owner)).toEqual(Array(6).fill('72:70'))
    expect(owner('lock/tcpto')).toBe('73:70')
  })
})
