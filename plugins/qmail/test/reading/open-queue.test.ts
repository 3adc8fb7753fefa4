// Finding and opening a queue: what is one, what is none, and what is said about it.
import {chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import {addMessage, createQueue, splitDirectories} from '../../../../test/support/queue/index.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {chooseQueue, findQueues, openQueue} from '../../src/effects/reading/index.js'
import {newQueue} from './support.js'

const failure = (work: () => unknown): {code: string; message: string; exit: number} => {
  try {
    work()
  } catch (error) {
    const {code, message, oclif} = error as Error & {code: string; oclif: {exit: number}}
    return {code, message, exit: oclif.exit}
  }
  throw new Error('it did not fail')
}

describe('findQueues', () => {
  test('one queue, reached by its name and by a link, is one', () => {
    const base = temporaryDirectory('find')
    createQueue(join(base, 'queue'))
    symlinkSync(join(base, 'queue'), join(base, 'again'))
    expect(findQueues([join(base, 'queue'), join(base, 'again'), join(base, 'nowhere')]).queues).toEqual([join(base, 'queue')])
    expect(chooseQueue(undefined, [join(base, 'again')])).toBe(join(base, 'queue'))
  })

  test('a base with queue1, queue2, queue10 has them in this order; naming none of them is 64 and names all', () => {
    const base = temporaryDirectory('find')
    for (const name of ['queue10', 'queue2', 'queue1']) createQueue(join(base, name))
    mkdirSync(join(base, 'control'))
    const queues = ['queue1', 'queue2', 'queue10'].map(name => join(base, name))
    expect(findQueues([base]).queues).toEqual(queues)
    const {code, message, exit} = failure(() => chooseQueue(undefined, [base]))
    expect({code, exit}).toEqual({code: 'SEVERAL_QUEUES', exit: 64})
    for (const queue of queues) expect(message).toContain(queue)
    expect(chooseQueue(queues[1], [base])).toBe(queues[1])
  })

  test('none is 66 and says where it looked', () => {
    const base = temporaryDirectory('find')
    expect(failure(() => chooseQueue(undefined, [join(base, 'x')]))).toEqual({
      code: 'NO_QUEUE',
      exit: 66,
      message: `no qmail queue at ${base}/x, nor in a directory in one of them`,
    })
  })
})

describe('openQueue', () => {
  test.each([{}, {split: 1}, {split: 151, bigtodo: true}, {extraChannels: ['suppl0', 'suppl1'], bigtodo: true}])('%j', options => {
    const queue = newQueue(options)
    const opened = openQueue(queue.dir)
    expect(opened.layout).toEqual({split: queue.split, bigTodo: queue.bigtodo, channels: queue.channels})
    expect(opened).toMatchObject({path: queue.dir, problems: [], mounts: [], control: undefined})
  })

  test('a link to a queue is resolved once', () => {
    const queue = newQueue()
    const link = join(temporaryDirectory('link'), 'q')
    symlinkSync(queue.dir, link)
    expect(openQueue(link).path).toBe(queue.dir)
  })

  test('owners come from mess and info', {skip: process.getuid?.() !== 0}, () => {
    const queue = newQueue({owners: {qmailq: 1001, qmails: 1002, qmailr: 1003, qmail: 1004}})
    expect(openQueue(queue.dir).owners).toEqual({queueUid: 1001, sendUid: 1002, gid: 1004})
  })

  test('the control directory beside the queue is found; --control wins', () => {
    const queue = newQueue()
    const control = join(queue.dir, '../control')
    mkdirSync(control)
    writeFileSync(join(control, 'virtualdomains'), 'virtual.example:alias-virtual\n')
    expect(openQueue(queue.dir)).toMatchObject({control, routing: {prefixes: new Map([['virtual.example', 'alias-virtual']])}})
    const other = temporaryDirectory('control')
    expect(openQueue(queue.dir, {control: other}).control).toBe(other)
    expect(failure(() => openQueue(queue.dir, {control: join(other, 'x')})).exit).toBe(66)
  })

  test('nothing there is 66, a file 65, an empty directory 65 that names what is missing', () => {
    const base = temporaryDirectory('none')
    writeFileSync(join(base, 'file'), '')
    expect(failure(() => openQueue(join(base, 'x')))).toMatchObject({code: 'ENOENT', exit: 66})
    expect(failure(() => openQueue(join(base, 'file')))).toMatchObject({exit: 65})
    expect(failure(() => openQueue(base))).toEqual({
      code: 'NOT_A_QUEUE',
      exit: 65,
      message: `${base} is not a qmail queue: it has no mess, no info, no local, no remote, no todo, no intd, no bounce, no lock, no pid`,
    })
  })

  test('/var/qmail, the parent of a queue, is no queue', () => {
    expect(failure(() => openQueue(join(newQueue().dir, '..'))).message).toContain('is not a qmail queue: it has no mess')
  })

  test('a linked mess/ is refused, whatever it leads to', () => {
    const queue = newQueue()
    const elsewhere = join(temporaryDirectory('elsewhere'), 'mess')
    renameSync(join(queue.dir, 'mess'), elsewhere)
    symlinkSync(elsewhere, join(queue.dir, 'mess'))
    expect(failure(() => openQueue(queue.dir))).toMatchObject({code: 'NOT_A_QUEUE', exit: 65, message: expect.stringContaining('mess is a symbolic link')})
  })

  test('a lost split directory and a missing channel are problems, not the end', () => {
    const queue = newQueue()
    rmSync(join(queue.dir, 'info/7'), {recursive: true})
    rmSync(join(queue.dir, 'local'), {recursive: true})
    const codes = openQueue(queue.dir).problems.map(({code, path}) => `${code} ${path}`)
    expect(codes).toEqual(expect.arrayContaining(['split-gap info', 'missing-directory local']))
  })

  test('a copy of a channel is not taken for one', () => {
    const queue = newQueue()
    addMessage(queue)
    mkdirSync(join(queue.dir, 'remote.old/0'), {recursive: true})
    writeFileSync(join(queue.dir, 'remote.old/0/23'), 'Tx@y\0')
    const {layout, problems} = openQueue(queue.dir)
    expect(layout.channels).toEqual(['local', 'remote'])
    expect(problems.map(({code}) => code)).toEqual(['unknown-channel'])
  })

  test('every split directory is looked for', () => {
    const queue = newQueue({split: 3})
    for (const directory of splitDirectories(queue)) chmodSync(join(queue.dir, directory, '2'), 0o700)
    expect(openQueue(queue.dir).layout.split).toBe(3)
  })
})
