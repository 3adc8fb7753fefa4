// Each message of the generator is what its state says, named by its inode, with the bytes, modes and times of qmail
import {existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {canLoopMount, loopMount} from '../loop-mount.js'
import {
  addMessage, createQueue, illegalStates, legalStates, oddAddresses, partsOf, pathOf, releaseNumbers,
  type Queue, type State,
} from './index.js'

let dir: string
let queue: Queue
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mailops-message-'))
  queue = createQueue(join(dir, 'queue'), {now: 1_800_000_000})
})
afterEach(() => {
  releaseNumbers(queue)
  rmSync(dir, {recursive: true})
})

const at = (part: string, number: string) => join(queue.dir, pathOf(queue, part, number))
const bytes = (part: string, number: string) => readFileSync(at(part, number), 'latin1')
const BOTH = [{address: 'user@local.example', channel: 'local'}, {address: 'user@remote.example', done: true}]

const present = (number: string) => {
  const files = ['mess', 'intd', 'todo', 'info', 'local', 'remote', 'bounce']
    .filter((part) => existsSync(at(part, number)))
  const channels = files.includes('local') && files.includes('remote') ? ['channels'] : []
  return [
    ...(readdirSync(join(queue.dir, 'pid')).length > 0 ? ['pid'] : []),
    ...files.filter((part) => part !== 'local' && part !== 'remote'), ...channels,
  ].sort()
}

describe.each(Object.keys({...legalStates, ...illegalStates}) as State[])('state %s', (state) => {
  test('has exactly its files, and the name is the inode number', () => {
    const number = addMessage(queue, {state, recipients: BOTH})
    expect(present(number)).toEqual([...partsOf(state)].sort())
    if (existsSync(at('mess', number))) {
      expect(String(statSync(at('mess', number), {bigint: true}).ino)).toBe(number)
      expect(statSync(at('mess', number)).nlink).toBe(partsOf(state).includes('pid' as never) ? 2 : 1)
    }
    if (existsSync(at('todo', number))) {
      const intd = existsSync(at('intd', number)) ? statSync(at('intd', number)) : undefined
      expect(statSync(at('todo', number))).toMatchObject(intd ? {nlink: 2, ino: intd.ino} : {nlink: 1})
    }
  })
})

test('the states are those of the table: no two alike, and none both legal and illegal', () => {
  const sets = Object.values({...legalStates, ...illegalStates}).map((parts) => [...parts].sort().join(' '))
  expect(new Set(sets).size).toBe(sets.length)
})

test('records are those of qmail, byte by byte', () => {
  const pending = addMessage(queue, {
    state: 'pending-bounce', sender: 'owner-list-@lists.example-@[]', bounce: '<x>:\nno\n\n',
    recipients: [...BOTH, {address: oddAddresses.eightBit}],
  })
  expect(bytes('info', pending)).toBe('Fowner-list-@lists.example-@[]\0')
  expect(bytes('local', pending)).toBe('Tuser@local.example\0')
  expect(bytes('remote', pending)).toBe(`Duser@remote.example\0T${oddAddresses.eightBit}\0`)
  expect(bytes('bounce', pending)).toBe('<x>:\nno\n\n')
  const todo = addMessage(queue, {state: 'todo', sender: '', recipients: [{address: oddAddresses.newline}]})
  expect(bytes('todo', todo)).toMatch(/^u1000\0p\d+\0F\0Ttwo\nlines@remote\.example\0$/)
})

test('the message begins as qmail-queue writes it', () => {
  const headers = ['X-Odd: a\0b']
  const number = addMessage(queue, {subject: 'Hi\x1b[31m', headers, body: 'body\n', birth: 1_767_323_045})
  expect(bytes('mess', number)).toMatch(/^Received: \(qmail \d+ invoked [a-z0-9 ]+\); 2 Jan 2026 03:04:05 -0000\n/)
  expect(bytes('mess', number).endsWith('\nSubject: Hi\x1b[31m\nX-Odd: a\0b\n\nbody\n')).toBe(true)
})

test('times: birth on info and mess, the next retry on the channels, the access time for the 36 hour rule', () => {
  const birth = 1_799_000_000
  const nextRetry = {local: birth + 100, remote: birth + 400}
  const number = addMessage(queue, {birth, recipients: BOTH, nextRetry, accessed: birth + 7})
  const mtimes = ['mess', 'info', 'local', 'remote'].map((part) => statSync(at(part, number)).mtimeMs / 1000 - birth)
  expect(mtimes).toEqual([0, 0, 100, 400])
  expect(statSync(at('mess', number)).atimeMs / 1000 - birth).toBe(7)
})

test('modes do not depend on the umask', () => {
  const umask = process.umask(0o077)
  const pending = addMessage(queue, {recipients: BOTH, state: 'pending-bounce'})
  const todo = addMessage(queue, {state: 'todo'})
  process.umask(umask)
  const modes = ['mess', 'info', 'local', 'bounce'].map((part) => statSync(at(part, pending)).mode & 0o7777)
  expect([...modes, statSync(at('todo', todo)).mode & 0o7777]).toEqual([0o644, 0o600, 0o600, 0o600, 0o644])
})

test('raw bytes and foreign numbers are taken as they are', () => {
  const number = addMessage(queue, {number: '9007199254740993', bytes: {info: 'broken', remote: 'Xodd'}})
  expect(number).toBe('9007199254740993')
  expect([bytes('info', number), bytes('remote', number)]).toEqual(['broken', 'Xodd'])
  const todo = addMessage(queue, {state: 'todo', bytes: {todo: 'u1\0'}})
  expect(bytes('intd', todo)).toBe('u1\0')
})

test.skipIf(process.getuid?.() !== 0)('owners are those of qmail (needs root)', () => {
  queue = createQueue(join(dir, 'owned'), {owners: {qmailq: 71, qmails: 72, qmailr: 73, qmail: 70, caller: 99}})
  const number = addMessage(queue, {state: 'pending-bounce'})
  const todo = addMessage(queue, {state: 'todo'})
  const owner = (part: string, id: string) => `${lstatSync(at(part, id)).uid}:${lstatSync(at(part, id)).gid}`
  expect([owner('mess', number), owner('todo', todo)]).toEqual(['71:99', '71:99'])
  expect(['info', 'remote', 'bounce'].map((part) => owner(part, number))).toEqual(Array(3).fill('72:70'))
})

const {possible, reason} = canLoopMount()
describe.skipIf(!possible)(`numbers on a journaled file system ${reason}`, () => {
  test('the number of a poison message is kept until it is released, then the next file gets it', () => {
    const mount = loopMount()
    try {
      queue = createQueue(join(mount.path, 'queue'))
      const poison = addMessage(queue, {state: 'bounce-only'})
      expect(addMessage(queue)).not.toBe(poison)
      releaseNumbers(queue)
      // A second tenant: exactly what a leftover waits for.
      expect(addMessage(queue)).toBe(poison)
      const freed = addMessage(queue, {state: 'todo-only', freeNumber: true})
      expect(addMessage(queue, {parts: ['mess']})).toBe(freed)
    } finally {
      releaseNumbers(queue)
      mount.dispose()
    }
  })
})
