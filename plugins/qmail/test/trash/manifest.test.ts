// A manifest gives back what was written, and what a crash tore is as if it had never been
import {mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import fc from 'fast-check'
import {describe, expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {createTrash, findTrash, listTrashes, manifestMessages, queueIdentity} from '../../dist/effects/trash/index.js'
import {headerLine, messageLine, parseHeader, parseMessageLine, LINE_BYTES, type TrashedMessage, type TrashHeader} from '../../dist/trash/manifest.js'

const HEADER: TrashHeader = {
  id: '20260303-094512-5f0a', token: 'token', at: '2026-03-03T09:45:12.000Z', method: 'offline', queue: '/q', queueDev: '1',
  queueIno: '18446744073709551615', layout: {split: 23, bigTodo: false, channels: ['local', 'remote']}, messages: 2, bytes: 10,
}

const numbers = fc.oneof(fc.integer({min: 1, max: Number.MAX_SAFE_INTEGER}), fc.bigInt(2n ** 53n, 2n ** 64n - 1n))
const latin1 = fc.array(fc.integer({min: 1, max: 255}), {maxLength: 40}).map(bytes => Buffer.from(bytes).toString('latin1'))
const messages: fc.Arbitrary<TrashedMessage> = fc
  .record({
    number: numbers,
    presence: fc.integer({min: 1, max: 2 ** 31 - 1}),
    birthMs: fc.double({min: 0, max: 4e12, noNaN: true}),
    size: fc.nat({max: 2 ** 40}),
    fingerprint: fc.option(fc.integer({min: 1, max: 2 ** 48 - 1}), {nil: undefined}),
    queuedMs: fc.option(fc.double({min: 0, max: 4e12, noNaN: true}), {nil: undefined}),
    sender: fc.option(latin1, {nil: undefined}),
  })
  .map(message => Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined)) as unknown as TrashedMessage)

test('a message survives its line, whatever bytes its sender has', () => {
  fc.assert(
    fc.property(messages, message => {
      const line = messageLine(message)
      expect(line.indexOf('\n')).toBe(line.length - 1)
      expect(parseMessageLine(line.slice(0, -1))).toEqual(message)
      if (message.sender === undefined) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(LINE_BYTES)
    }),
  )
})

test('a line cut anywhere is no message', () => {
  fc.assert(
    fc.property(messages, fc.nat({max: 1000}), (message, cut) => {
      const line = messageLine(message).slice(0, -1)
      expect(parseMessageLine(line.slice(0, cut % line.length))).toBeUndefined()
    }),
  )
})

describe('the header', () => {
  test('survives its line', () => expect(parseHeader(headerLine(HEADER))).toEqual(HEADER))
  test.each([
    ['nothing', ''],
    ['half of it', headerLine(HEADER).slice(0, 60)],
    ['another version', headerLine(HEADER).replace('"version":1', '"version":2')],
    ['a message', messageLine({number: 1, presence: 1, birthMs: 1, size: 1})],
    ['another method', headerLine({...HEADER, method: 'magic' as 'live'})],
    ['no layout', headerLine({...HEADER, layout: undefined as never})],
  ])('%s is none', (_, line) => expect(parseHeader(line)).toBeUndefined())
})

describe('on disk', () => {
  const make = (queue: string, id: string, list: readonly TrashedMessage[]) =>
    createTrash({
      header: {...HEADER, id, token: `token of ${id}`, ...queueIdentity(queue), messages: list.length}, messages: list,
      files: new Map([['mess', 1], ['todo', 1]]),
    })
  const MESSAGE = {number: 26, presence: 73, birthMs: 1.5, size: 7}

  test('is found by its token, lists its messages, and has the directories of its parts', () => {
    const queue = temporaryDirectory('trash')
    const many = Array.from({length: 5000}, (_, i) => ({...MESSAGE, number: i + 1}))
    const trash = make(queue, HEADER.id, many)
    expect(findTrash(queue, `token of ${HEADER.id}`)).toEqual(trash)
    expect([...manifestMessages(trash)]).toEqual(many)
    expect(findTrash(queue, 'another')).toBeUndefined()
  })

  test('a torn last line is passed over', () => {
    const queue = temporaryDirectory('trash')
    const trash = make(queue, HEADER.id, [MESSAGE, {...MESSAGE, number: 27}])
    const path = join(trash.path, 'manifest.jsonl')
    writeFileSync(path, readFileSync(path).subarray(0, -9))
    expect([...manifestMessages(trash)]).toEqual([MESSAGE])
  })

  test('what is no trash is told apart, and hides no other', () => {
    const queue = temporaryDirectory('trash')
    const trash = make(queue, HEADER.id, [])
    mkdirSync(join(queue, '.mailops-trash/20260304-000000-0001'), {mode: 0o700})
    symlinkSync(trash.path, join(queue, '.mailops-trash/20260304-000000-0002'))
    mkdirSync(join(queue, '.mailops-trash/not an id'))
    const {trashes, broken} = listTrashes(queue)
    expect(trashes).toEqual([trash])
    expect(broken.map(({id, problem}) => `${id}: ${problem}`)).toEqual([
      expect.stringMatching(/^20260304-000000-0001: .*no such file/),
      expect.stringMatching(/^20260304-000000-0002: .*symbolic link/),
    ])
  })

  test('a link in the place of all trashes is refused', () => {
    const queue = temporaryDirectory('trash')
    const elsewhere = temporaryDirectory('elsewhere')
    symlinkSync(elsewhere, join(queue, '.mailops-trash'))
    expect(() => listTrashes(queue)).toThrow(/symbolic link/)
    expect(() => make(queue, HEADER.id, [])).toThrow(/is not a directory of this user/)
  })
})
