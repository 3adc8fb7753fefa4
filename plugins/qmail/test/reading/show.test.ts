// mailops qmail show as a process: all about a message, and the message itself without harm to a terminal.
import {spawnSync} from 'node:child_process'
import {readFileSync, statSync, utimesSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import {startFakeQmailSend} from '../../../../test/support/fake-qmail-send.js'
import {addMessage, oddSubjects, pathOf, type Queue} from '../../../../test/support/queue/index.js'
import {newQueue, NOW, qmail} from './support.js'

const show = (queue: Queue, id: string, ...args: string[]) => qmail(['show', id, '--queue', queue.dir, ...args])
const details = (queue: Queue, id: string, ...args: string[]) =>
  JSON.parse(show(queue, id, '--json', ...args).stdout) as Record<string, unknown>

const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/

describe('all about a message', () => {
  test('as a document', () => {
    const queue = newQueue()
    const id = addMessage(queue, {
      state: 'pending-bounce', sender: 'me@x.example', subject: oddSubjects.encoded, birth: NOW - 3600,
      recipients: [{address: 'gone@y.example', done: true}, {address: 'here@y.example'}],
      bounce: '<gone@y.example>:\nNo such user.\n\n',
      nextRetry: NOW + 1000,
    })
    const found = details(queue, id)
    expect(found).toMatchObject({
      queue: queue.dir, id, state: 'pending', sender: 'me@x.example', subject: 'Grüßeöö\u00c4', bounce: false, failed: true,
      recipients: [{address: 'gone@y.example', channel: 'remote', done: true}, {address: 'here@y.example', channel: 'remote', done: false}],
      expiresAt: iso(NOW - 3600 + 604_800),
      failures: [{recipient: 'gone@y.example', reason: 'No such user.'}],
      defects: [],
    })
    expect((found['files'] as {path: string}[]).map(({path}) => path)).toEqual(
      ['mess', 'info', 'remote', 'bounce'].map(part => pathOf(queue, part, id)),
    )
  })

  test('what a state means, also where the files alone do not tell', () => {
    const queue = newQueue()
    const ending = addMessage(queue, {recipients: [{address: 'a@x.example', done: true}]})
    expect(details(queue, ending)).toMatchObject({state: 'ending', meaning: expect.stringContaining('nothing is left to deliver')})
    const broken = addMessage(queue)
    writeFileSync(join(queue.dir, pathOf(queue, 'remote', broken)), 'Xwhat\0')
    expect(details(queue, broken)).toMatchObject({state: 'broken', meaning: expect.stringContaining('cannot read a record')})
    expect(details(queue, addMessage(queue))).toMatchObject({state: 'pending', meaning: 'waits for delivery'})
  })

  test('when it is due: a time while qmail-send is stopped, unknown while it runs', {skip: process.getuid?.() !== 0}, async () => {
    const queue = newQueue()
    const id = addMessage(queue, {nextRetry: NOW + 5000})
    const late = addMessage(queue, {nextRetry: NOW - 5000})
    expect(details(queue, id)['retry']).toEqual({remote: iso(NOW + 5000)})
    expect(details(queue, late)['retry']).toEqual({remote: 'at start'})
    const send = await startFakeQmailSend({queue: queue.dir})
    try {
      expect(details(queue, id)['retry']).toEqual({remote: 'unknown'})
      expect(show(queue, id).stdout).toContain('unknown (a running qmail-send keeps it in memory)')
    } finally {
      await send.stop()
    }
  })

  test('as text, with what is wrong and nothing that a terminal obeys', () => {
    const queue = newQueue()
    const id = addMessage(queue, {
      state: 'pending-bounce', sender: 'e\x1b[2J@x.example', subject: oddSubjects.escape,
      bytes: {remote: 'Ta\x1b]0;x\x07@y.example\0Xb@y.example\0'}, bounce: '<a>:\n\x1b[31mred\n\n',
    })
    const {status, stdout, stderr} = show(queue, id)
    expect({status, stderr}).toEqual({status: 0, stderr: ''})
    expect(stdout).not.toMatch(CONTROLS)
    expect(stdout).toContain('broken')
    expect(stdout).toContain('e\\x1b[2J@x.example')
    expect(stdout).toContain('defect: remote: unknown record type')
    expect(stdout).toContain('    \\x1b[31mred')
  })

  test('of every number that is none: 66, and 64 for what is no number', () => {
    const queue = newQueue()
    expect(show(queue, '999')).toMatchObject({status: 66, stdout: '', stderr: expect.stringContaining('has no message 999')})
    for (const id of ['../../etc/passwd', '007', '-1', '1e3', '99999999999999999999999'])
      expect(qmail(['show', '--queue', queue.dir, '--', id]), id).toMatchObject({status: 64, stdout: ''})
    expect(qmail(['show', '--queue', queue.dir], {input: '5\n'})).toMatchObject({status: 64})
  })
})

describe('the message itself', () => {
  const text = `Received: (qmail 1 invoked)\nSubject: ${oddSubjects.encodedEscape}\n\tfolded\n\nbody \x1b[31mred\x07\0\n\ttab \xfc \xc3\xbc\r\nlast`

  test('--raw is the file, byte for byte, and its access time stays', () => {
    const queue = newQueue()
    const id = addMessage(queue, {text: `${text}${'\xff\0\n'.repeat(100_000)}`})
    const path = join(queue.dir, pathOf(queue, 'mess', id))
    utimesSync(path, NOW - 100_000, NOW - 100_000)
    const {stdout} = spawnSync(process.execPath, [join(import.meta.dirname, '../../../../bin/run.js'), 'qmail', 'show', id, '--raw', '--queue', queue.dir], {
      encoding: 'buffer',
      maxBuffer: 1 << 28,
    })
    expect(Math.floor(statSync(path).atimeMs / 1000)).toBe(NOW - 100_000)
    expect(stdout.equals(readFileSync(path))).toBe(true)
  })

  test('--headers and --body are safe lines', () => {
    const queue = newQueue()
    const id = addMessage(queue, {text})
    expect(show(queue, id, '--headers').stdout).toBe(`Received: (qmail 1 invoked)\nSubject: ${oddSubjects.encodedEscape}\n\tfolded\n`)
    expect(show(queue, id, '--body').stdout).toBe('body \\x1b[31mred\\x07\\x00\n\ttab \xfc \xc3\xbc\nlast\n')
  })

  test('as JSON members: fields decoded, body a char a byte', () => {
    const queue = newQueue()
    const id = addMessage(queue, {text})
    expect(details(queue, id, '--headers')['headers']).toEqual([
      {name: 'Received', value: '(qmail 1 invoked)'},
      {name: 'Subject', value: '\x1b[31mred\tfolded'},
    ])
    expect(details(queue, id, '--body')['body']).toBe(text.slice(text.indexOf('\n\n') + 2))
    expect(details(queue, id, '--raw')['raw']).toBe(text)
  })

  test('a header without an end has no body; a message without mess/N neither', () => {
    const queue = newQueue()
    const endless = addMessage(queue, {text: `Subject: x\n${'X: y\n'.repeat(50_000)}`})
    expect(show(queue, endless, '--body')).toMatchObject({status: 0, stdout: ''})
    expect(show(queue, endless, '--headers').stdout.split('\n')).toHaveLength(50_002)
    const headless = addMessage(queue, {state: 'info-without-mess'})
    expect(show(queue, headless, '--raw')).toMatchObject({status: 66, stderr: expect.stringContaining('[NO_MESS]')})
    expect(show(queue, headless)).toMatchObject({status: 0, stdout: expect.stringContaining('broken')})
  })

  test('only one of them at a time', () => {
    const queue = newQueue()
    expect(show(queue, addMessage(queue), '--raw', '--body')).toMatchObject({status: 64, stdout: ''})
  })
})

const iso = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, -5)}Z`
