// What a purge gets: identities that tell a new tenant of a number, recipients with offsets, a preview.
import {chmodSync, closeSync, linkSync, mkdirSync, openSync, readSync, renameSync, statSync, unlinkSync, utimesSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import {canLoopMount, loopMount} from '../../../../test/support/loop-mount.js'
import {addMailing, addMessage, createQueue, fillQueue, oddAddresses, pathOf, type Queue} from '../../../../test/support/queue/index.js'
import {
  MessageReader, openQueue, sameMessage, selectMessages, type Selected, type SelectOptions,
} from '../../src/effects/reading/index.js'
import {compileSelection} from '../../src/selection/compile.js'
import type {Selection} from '../../src/selection/selection.js'
import {newQueue, NOW} from './support.js'

const select = (queue: Queue, selection: Selection, options: SelectOptions = {}): Promise<Selected> =>
  selectMessages(openQueue(queue.dir), compileSelection(selection, NOW), options)

const numbersOf = ({snapshot}: Selected): string[] => Array.from({length: snapshot.length}, (_, index) => String(snapshot.numberAt(index)))

const sorted = (numbers: readonly string[]): string[] => [...numbers].sort((a, b) => Number(a) - Number(b))

const byteAt = (path: string, offset: number): string => {
  const fd = openSync(path, 'r')
  try {
    const byte = Buffer.alloc(1)
    readSync(fd, byte, 0, 1, offset)
    return byte.toString('latin1')
  } finally {
    closeSync(fd)
  }
}

describe('selectMessages', () => {
  test('takes all of a thousand, with sums and a bounded preview', async () => {
    const queue = newQueue()
    const {numbers} = fillQueue(queue, 1000)
    const selected = await select(queue, {}, {preview: true})
    expect(numbersOf(selected)).toEqual(sorted(numbers))
    const sizes = Array.from({length: 1000}, (_, index) => selected.snapshot.sizeAt(index))
    expect(selected.bytes).toBe(sizes.reduce((sum, size) => sum + size, 0))
    expect(selected.preview!.first.map(({number}) => String(number))).toEqual(numbersOf(selected).slice(0, 25))
    expect(selected.preview!.senders).toHaveLength(10)
    expect(selected.preview!.senders[0]).toMatchObject({key: ''})
    expect(selected).toMatchObject({shared: 0, vanished: 0, unreadable: [], interrupted: false})
  })

  test('by recipient: offsets lead to the T of each, and other pending recipients are counted', async () => {
    const queue = newQueue()
    const mixed = addMessage(queue, {
      recipients: [
        {address: 'a@one.example'},
        {address: 'b@two.example', done: true},
        {address: 'c@two.example'},
        {address: 'local-d@two.example', channel: 'local'},
        {address: 'e@two.example', channel: 'local'},
      ],
    })
    addMessage(queue, {recipients: [{address: 'b@two.example', done: true}, {address: 'x@one.example'}]})
    const {snapshot, shared} = await select(queue, {recipient: {any: ['@two.example']}})
    expect([snapshot.length, String(snapshot.numberAt(0)), shared]).toEqual([1, mixed, 1])
    expect(snapshot.otherPendingAt(0)).toBe(1)
    const recipients = snapshot.recipientsAt(0)!
    expect(recipients.map(({channelIndex}) => channelIndex)).toEqual([0, 0, 1])
    for (const {channelIndex, offset} of recipients)
      expect(byteAt(join(queue.dir, pathOf(queue, queue.channels[channelIndex]!, mixed)), offset)).toBe('T')
    expect(recipients[2]!.offset).toBe('Ta@one.example\0Db@two.example\0'.length)
  })

  test('a hundred thousand recipients in one file', async () => {
    const queue = newQueue()
    addMailing(queue, 100_000)
    const {snapshot} = await select(queue, {recipient: {any: ['/subscriber-[0-9]*7@/']}})
    expect([snapshot.recipientsAt(0)!.length, snapshot.otherPendingAt(0)]).toEqual([10_000, 90_000])
  })

  test('a virtual domain is matched without its prefix', async () => {
    const queue = newQueue()
    mkdirSync(join(queue.dir, '../control'))
    writeFileSync(join(queue.dir, '../control/virtualdomains'), 'v.example:web\n')
    addMessage(queue, {recipients: [{address: 'web-joe@v.example', channel: 'local'}]})
    expect((await select(queue, {recipient: {any: ['joe@v.example']}})).snapshot.length).toBe(1)
    expect((await select(queue, {recipient: {any: ['web-joe@v.example']}})).snapshot.length).toBe(0)
  })

  test('in todo a recipient has no channel and no offset', async () => {
    const queue = newQueue()
    addMessage(queue, {state: 'todo', recipients: [{address: 'a@b.example'}]})
    const {snapshot} = await select(queue, {recipient: {any: ['@b.example']}})
    expect(snapshot.recipientsAt(0)).toEqual([{channelIndex: -1, offset: -1}])
    expect((await select(queue, {})).snapshot.recipientsAt(0)).toBeNull()
  })

  test('ids alone look at nothing else; an unknown one is not chosen', async () => {
    const queue = newQueue()
    const [first, , third] = sorted(fillQueue(queue, 5).numbers)
    expect(numbersOf(await select(queue, {id: {any: [third!, first!, '1']}}))).toEqual([first, third])
  })

  test('eligible leaves messages out before they are read', async () => {
    const queue = newQueue()
    addMessage(queue, {state: 'injecting'})
    const pending = addMessage(queue)
    expect(numbersOf(await select(queue, {}, {eligible: presence => presence !== 1}))).toEqual([pending])
  })

  test('^C ends it early and says so', async () => {
    const queue = newQueue()
    fillQueue(queue, 1500)
    const controller = new AbortController()
    const progress = (done: number): void => {
      if (done > 600) controller.abort()
    }
    const {snapshot, interrupted} = await select(queue, {}, {signal: controller.signal, progress})
    expect(interrupted).toBe(true)
    expect(snapshot.length).toBeLessThan(1500)
  })

  test('a message that goes away between scan and reading is left out', async () => {
    const queue = newQueue()
    const numbers = sorted(fillQueue(queue, 5, {shape: {todo: 0, bounce: 0}}).numbers)
    const gone = numbers[2]!
    const progress = (): void => undefined
    let calls = 0
    const eligible = (): boolean => {
      // Between the scan and this message's turn.
      if (++calls === 3) for (const part of ['info', 'local', 'remote', 'mess']) remove(queue, part, gone)
      return true
    }
    const selected = await select(queue, {}, {eligible, progress})
    expect(numbersOf(selected)).toEqual(numbers.filter(number => number !== gone))
    expect(selected.vanished).toBe(1)
  })

  test.each(Object.entries(oddAddresses))('odd address: %s', async (_, address) => {
    const queue = newQueue()
    addMessage(queue, {sender: address, recipients: [{address}]})
    const reader = new MessageReader(openQueue(queue.dir))
    const {snapshot} = await select(queue, {})
    reader.load(snapshot.numberAt(0), snapshot.presenceAt(0))
    expect([reader.sender(), reader.recipients()![0]!.address]).toEqual([address, address])
  })
})

const remove = (queue: Queue, part: string, number: string): void => {
  try {
    unlinkSync(join(queue.dir, pathOf(queue, part, number)))
  } catch (error) {
    // It has only one of the two channels.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

describe('sameMessage', () => {
  const chosen = async (queue: Queue) => {
    const opened = openQueue(queue.dir)
    const {snapshot} = await selectMessages(opened, compileSelection({}, NOW))
    return {opened, message: snapshot.at(0)}
  }

  test('survives chmod, utimes, a second link and a rename there and back', async () => {
    const queue = newQueue()
    const number = addMessage(queue)
    const {opened, message} = await chosen(queue)
    const path = join(queue.dir, pathOf(queue, 'mess', number))
    chmodSync(path, 0o600)
    utimesSync(path, 1, 1)
    linkSync(path, join(queue.dir, 'pid/link'))
    renameSync(path, `${path}.away`)
    expect(sameMessage(opened, message)).toBe('gone')
    renameSync(`${path}.away`, path)
    expect(sameMessage(opened, message)).toBe('same')
    expect(sameMessage(opened, message, {path: join(queue.dir, 'pid/link')})).toBe('same')
  })

  test('another file of the same name is another message, whatever it holds', async () => {
    const queue = newQueue()
    const number = addMessage(queue)
    const {opened, message} = await chosen(queue)
    const path = join(queue.dir, pathOf(queue, 'mess', number))
    // Held open, or the file system might give the number to its successor.
    const fd = openSync(path, 'r')
    const text = Buffer.alloc(statSync(path).size)
    readSync(fd, text)
    unlinkSync(path)
    writeFileSync(path, text)
    expect(sameMessage(opened, message)).toBe('other')
    closeSync(fd)
  })

  test('without a birth time to trust sender, time and first line decide', async () => {
    const queue = newQueue()
    const number = addMessage(queue)
    const {opened, message} = await chosen(queue)
    const {identityOf, fingerprintOf} = await import('../../src/effects/reading/identity.js')
    const reader = new MessageReader(opened).load(message.number, message.presence)
    const untrusted = {...message, birthMs: 0, fingerprint: fingerprintOf(reader)}
    expect(sameMessage(opened, untrusted)).toBe('same')
    utimesSync(join(queue.dir, pathOf(queue, 'info', number)), 5, 5)
    expect(sameMessage(opened, untrusted)).toBe('other')
    expect(identityOf(reader.load(message.number, 8))).toBeNull()
  })

  const {possible, reason} = canLoopMount()
  test(`a number used again is told from the message that had it${possible ? '' : ` (skipped: ${reason})`}`, {skip: !possible}, async () => {
    const mount = loopMount()
    try {
      const queue = createQueue(join(mount.path, 'queue'), {now: NOW})
      const number = addMessage(queue, {subject: 'first'})
      const {opened, message} = await chosen(queue)
      for (const part of ['info', 'remote', 'mess']) unlinkSync(join(queue.dir, pathOf(queue, part, number)))
      // Same bytes, sender and times: only the birth differs.
      const again = addMessage(queue, {subject: 'first'})
      expect(again, 'journaled ext4 gives the number to the next file').toBe(number)
      expect(sameMessage(opened, message)).toBe('other')
      expect(sameMessage(opened, (await chosen(queue)).message)).toBe('same')
    } finally {
      mount.dispose()
    }
  })
})
