// Programs of a change that was cut off: never begun without being known, waited for by recovery, ended after their time.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync} from 'node:fs'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {childrenEnded, noted} from '../../src/effects/children.js'
import {identityOf, isAlive} from '../../src/effects/lock/identity.js'
import {run} from '../../src/effects/process.js'
import type {JsonObject} from '../../src/plan.js'
import {temporaryDirectory} from '../support/temporary.js'

const asRecords = (notes: readonly JsonObject[]) => notes.map(note => ({type: 'note' as const, n: 0, note}))

test('a program is in the journal before it begins, and gets its arguments, input and status as without', async () => {
  const notes: JsonObject[] = []
  const argv = ['/bin/sh', '-c', 'read line; echo "$line $1"; exit 3', 'x', "a 'b"] as const
  const {status, stdout} = await run(argv, {input: 'hello\n', ...noted(argv, 5000, note => void notes.push(note))})
  expect({status, stdout}).toEqual({status: 3, stdout: "hello a 'b\n"})
  expect(notes).toMatchObject([{child: {pid: expect.any(Number), what: expect.stringContaining('/bin/sh -c')}}])
})

test('a journal that cannot be written keeps it from beginning', async () => {
  const mark = join(temporaryDirectory('children'), 'begun')
  const argv = ['/bin/sh', '-c', `touch ${mark}`] as const
  await expect(run(argv, noted(argv, 5000, () => { throw new Error('no room') }))).rejects.toThrow('no room')
  expect(existsSync(mark)).toBe(false)
})

const sleeper = () => {
  const child = spawn('sleep', ['60'], {detached: true, stdio: 'ignore'})
  return {child, identity: identityOf(child.pid!)!}
}

test('recovery waits for what still runs', async () => {
  const {child, identity} = sleeper()
  const said: string[] = []
  let isOver = false
  const waiting = childrenEnded(asRecords([{child: {...identity, until: Date.now() + 60_000, what: 'sleep 60'}}]), {warn: text => void said.push(text)}).then(() => (isOver = true))
  await expect.poll(() => said).toEqual([expect.stringContaining(`process ${identity.pid}`)])
  expect(isOver).toBe(false)
  child.kill('SIGKILL')
  await waiting
})

test('and ends it when its time is over, but never another process of the same number', async () => {
  const {child, identity} = sleeper()
  const note = {child: {...identity, until: 0, what: 'sleep 60'}}
  await childrenEnded(asRecords([{child: {...note.child, start: 'of another'}}]), {})
  expect(isAlive(identity)).toBe(true)
  const ended = once(child, 'exit')
  await childrenEnded(asRecords([note]), {})
  expect((await ended)[1]).toBe('SIGKILL')
})

test('^C ends the waiting, not the program', async () => {
  const {child, identity} = sleeper()
  try {
    await expect(childrenEnded(asRecords([{child: {...identity, until: Date.now() + 60_000, what: 'sleep 60'}}]), {signal: AbortSignal.abort()}))
      .rejects.toMatchObject({code: 'INTERRUPTED'})
    expect(isAlive(identity)).toBe(true)
  } finally {
    child.kill('SIGKILL')
  }
})
