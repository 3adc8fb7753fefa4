// mailops qmail list as a process: rows, order, columns, odd bytes, wrong queues, closed directories, early ends.
import {spawn, spawnSync, type ChildProcess} from 'node:child_process'
import {chmodSync, chownSync, renameSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {runCommand} from '@oclif/test'
import {describe, expect, test} from 'vitest'

import {
  addMailing, addMessage, brokenRecords, createQueue, fillQueue, legalStates, oddSubjects, pathOf, type Queue,
} from '../../../../test/support/queue/index.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {newQueue, NOW, qmail, rowsOf} from './support.js'

const ROOT = join(import.meta.dirname, '../../../..')
const RUN = join(ROOT, 'bin/run.js')

const list = (queue: Queue, ...args: string[]) => qmail(['list', '--queue', queue.dir, ...args])
const rows = (queue: Queue, ...args: string[]) => {
  const {status, stdout, stderr} = list(queue, '--json', ...args)
  expect({status, stderr}).toMatchObject({status: 0})
  return rowsOf(stdout)
}
const ids = (queue: Queue, ...args: string[]) => rows(queue, ...args).map(({id}) => id)

describe('rows', () => {
  test('have what the files say, members in this order', () => {
    const queue = newQueue()
    const id = addMessage(queue, {
      state: 'pending-bounce',
      sender: '',
      birth: NOW - 7200,
      text: 'Subject: x\n\nbody\n',
      recipients: [{address: 'a@one.example', done: true}, {address: 'l@here.example', channel: 'local'}],
    })
    const [row] = rows(queue)
    expect(row).toEqual({
      id,
      state: 'pending',
      sender: '',
      recipients: [
        {address: 'l@here.example', channel: 'local', done: false},
        {address: 'a@one.example', channel: 'remote', done: true},
      ],
      queuedAt: `${new Date((NOW - 7200) * 1000).toISOString().slice(0, -5)}Z`,
      ageSeconds: expect.any(Number),
      sizeBytes: 17,
      bounce: true,
      failed: true,
    })
    expect(row!['ageSeconds']).toBeGreaterThanOrEqual(7200)
    expect(row!['ageSeconds']).toBeLessThan(7260)
    expect(Object.keys(row!)).toEqual(['id', 'state', 'sender', 'recipients', 'queuedAt', 'ageSeconds', 'sizeBytes', 'bounce', 'failed'])
  })

  test('know every state, ending included', () => {
    const queue = newQueue()
    const states = {
      injecting: 'injecting', enveloping: 'injecting', todo: 'todo', 'todo-without-intd': 'todo', preprocessing: 'todo',
      pending: 'pending', 'pending-bounce': 'pending', finished: 'finished', bouncing: 'bouncing',
    } as const satisfies Partial<Record<keyof typeof legalStates, string>>
    const expected: Record<string, string> = {}
    for (const [state, name] of Object.entries(states)) expected[addMessage(queue, {state: state as keyof typeof states})] = name
    expected[addMessage(queue, {recipients: [{address: 'a@b.example', done: true}]})] = 'ending'
    expected[addMessage(queue, {state: 'info-without-mess'})] = 'broken'
    expected[addMessage(queue, {bytes: {remote: 'Xa@b.example\0'}})] = 'broken'
    expect(Object.fromEntries(rows(queue).map(({id, state}) => [id, state]))).toEqual(expected)
    expect(ids(queue, '--state', 'ending')).toHaveLength(1)
    expect(ids(queue, '--not-state', 'broken')).toHaveLength(Object.keys(expected).length - 2)
  })

  test('have the bytes of an address as U+0080 to U+00FF, and the subject decoded where asked', () => {
    const queue = newQueue()
    const bytes = Array.from({length: 128}, (_, index) => String.fromCharCode(128 + index)).join('')
    addMessage(queue, {sender: `${bytes}@b.example`, recipients: [{address: `\x1b[31m${bytes}@b.example`}], subject: oddSubjects.encoded})
    const [row] = rows(queue, '--columns', 'id,subject')
    expect(row).toMatchObject({sender: `${bytes}@b.example`, recipients: [{address: `\x1b[31m${bytes}@b.example`}], subject: 'Grüßeöö\u00c4'})
  })

  test('a hundred thousand recipients, and a todo without a channel', () => {
    const queue = newQueue()
    addMailing(queue, 100_000)
    addMessage(queue, {state: 'todo', recipients: [{address: 'a@b.example'}]})
    const found = rows(queue, '--sort', 'size')
    const lengths = found.map(({recipients}) => (recipients as unknown[]).length).sort((a, b) => a - b)
    expect(lengths).toEqual([1, 100_000])
    expect(found.find(({state}) => state === 'todo')!['recipients']).toEqual([{address: 'a@b.example', channel: null, done: false}])
  })

  test('broken records neither stop it nor hide a message', () => {
    const queue = newQueue()
    const made = Object.values(brokenRecords).flatMap(breakIt => [
      addMessage(queue, {bytes: {info: breakIt('Fa@b.example\0')}}),
      addMessage(queue, {bytes: {remote: breakIt('Ta@b.example\0')}}),
      addMessage(queue, {state: 'todo', bytes: {todo: breakIt('u1\0p2\0Fa@b.example\0Tc@d.example\0')}}),
      addMessage(queue),
    ])
    const {status, stdout, stderr} = list(queue, '--json', '--columns', 'subject')
    expect({status, stderr}).toEqual({status: 0, stderr: ''})
    expect(new Set(rowsOf(stdout).map(({id}) => id))).toEqual(new Set(made))
  })
})

describe('choice and order', () => {
  test('sort, reverse and limit', () => {
    const queue = newQueue()
    const make = (sender: string, age: number, length: number) =>
      addMessage(queue, {sender, birth: NOW - age, text: `Subject: x\n\n${'x'.repeat(length)}`})
    const [b, a, c] = [make('b@x.example', 100, 300), make('a@x.example', 300, 100), make('c@x.example', 200, 200)]
    expect(ids(queue, '--sort', 'sender')).toEqual([a, b, c])
    expect(ids(queue, '--sort', 'age')).toEqual([a, c, b])
    expect(ids(queue, '--sort', 'size', '--limit', '2')).toEqual([b, c])
    expect(ids(queue, '--reverse')).toEqual([b, a, c].sort((x, y) => Number(y) - Number(x)))
    expect(ids(queue, '--sort', 'sender', '--not-sender', 'a@x.example', '--reverse')).toEqual([c, b])
  })

  test('ids from stdin only for --id -', () => {
    const queue = newQueue()
    const {numbers} = fillQueue(queue, 5)
    const piped = qmail(['list', '--queue', queue.dir, '--json', '--id', '-'], {input: `${numbers[0]}\n${numbers[3]} 1\n`})
    expect(new Set(rowsOf(piped.stdout).map(({id}) => id))).toEqual(new Set([numbers[0], numbers[3]]))
    expect(rowsOf(qmail(['list', '--queue', queue.dir, '--json'], {input: `${numbers[0]}\n`}).stdout)).toHaveLength(5)
    expect(qmail(['list', '--queue', queue.dir, '--id', '-'])).toMatchObject({status: 64, stdout: '', stderr: expect.stringContaining('[NO_IDS]')})
  })

  test.each([
    [['--sender', '/('], "--sender '/(': "],
    [['--older-than', '2'], "--older-than '2': an age without a unit"],
    [['--id', '12x'], "--id '12x': not a message number"],
    [['--state', 'pnding'], "--state 'pnding': no such state"],
    [['--bounces', '--not-bounces'], 'contradicts --not-bounces'],
    [['--columns', 'id,subjct'], "--columns 'subjct': no such column"],
    [['--sendr', 'x'], 'Nonexistent flag: --sendr'],
    [['--sort', 'date'], 'date'],
  ])('%j is 64 and says why', async (args, message) => {
    const {error, stdout} = await runCommand(['qmail', 'list', '--queue', newQueue().dir, ...args], {root: ROOT})
    expect({exit: error?.oclif?.exit, stdout}).toEqual({exit: 64, stdout: ''})
    expect(error?.message).toContain(message)
  })
})

describe('as text', () => {
  test('fits 80 columns, shows no control character, says how many', () => {
    const queue = newQueue()
    for (const subject of Object.values(oddSubjects)) addMessage(queue, {subject, sender: 'e\x1bsc\n@x.example'})
    addMessage(queue, {recipients: [1, 2, 3].map(n => ({address: `${'very-long-'.repeat(9)}${n}@x.example`}))})
    const {status, stdout, stderr} = list(queue, '--columns', 'id,state,age,size,sender,recipients,subject')
    expect({status, stderr}).toEqual({status: 0, stderr: `${Object.keys(oddSubjects).length + 1} messages\n`})
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    expect(Math.max(...stdout.split('\n').map(line => [...line].length))).toBeLessThanOrEqual(80)
    expect(list(queue).stdout).toMatch(/very-l.*… \+2/)
  })

  test('a number that is not there does not make the queue empty', () => {
    const queue = newQueue()
    addMessage(queue)
    expect(list(queue, '--id', '7')).toMatchObject({status: 0, stdout: '', stderr: `no message of ${queue.dir} matches\n`})
  })

  test('a number that is none is told in one line', () => {
    const {status, stderr} = list(newQueue(), '--limit', '0')
    expect(status).toBe(64)
    expect(stderr).toMatch(/^mailops: --limit: expected an integer greater than or equal to 1 but received: 0 \[USAGE\]\n/)
  })

  test('a field behind a megabyte of folded header is found', () => {
    const queue = newQueue()
    const id = addMessage(queue, {text: `Subject: long\n${' folded on and on\n'.repeat(70_000)}To: last@x.example\n\nbody\n`})
    expect(ids(queue, '--header', 'To: last@x.example')).toEqual([id])
    expect(ids(queue, '--not-header', 'To: last@x.example')).toEqual([])
  })

  test('an empty queue and an empty choice say so on stderr', () => {
    const queue = newQueue()
    expect(list(queue)).toEqual(expect.objectContaining({status: 0, stdout: '', stderr: `${queue.dir} is empty\n`}))
    addMessage(queue)
    expect(list(queue, '--bounces').stderr).toBe(`no message of ${queue.dir} matches\n`)
    expect(list(queue, '--bounces', '--quiet').stderr).toBe('')
  })
})

describe('a queue that is wrong', () => {
  test('none, a file, an empty directory, its parent', () => {
    const base = temporaryDirectory('wrong')
    writeFileSync(join(base, 'file'), '')
    expect(qmail(['list', '--queue', join(base, 'x')])).toMatchObject({status: 66, stderr: expect.stringContaining(`${base}/x`)})
    expect(qmail(['list', '--queue', join(base, 'file')])).toMatchObject({status: 65})
    expect(qmail(['list', '--queue', base])).toMatchObject({status: 65, stderr: expect.stringContaining('has no mess')})
    const {status, stdout} = qmail(['list', '--queue', base, '--json'])
    expect({status, error: JSON.parse(stdout).error.code}).toEqual({status: 65, error: 'NOT_A_QUEUE'})
  })

  test('MAILOPS_QMAIL_QUEUE names the queue where --queue does not', () => {
    const queue = newQueue()
    const id = addMessage(queue)
    const found = qmail(['list', '--json'], {env: {MAILOPS_QMAIL_QUEUE: queue.dir}})
    expect(rowsOf(found.stdout).map(row => row['id'])).toEqual([id])
  })

  test('links and FIFOs in place of files are not followed and not waited for', () => {
    const queue = newQueue()
    const secret = join(temporaryDirectory('secret'), 'shadow')
    writeFileSync(secret, 'Froot-secret@x.example\0')
    const number = String(23 * 5_000_003)
    symlinkSync(secret, join(queue.dir, pathOf(queue, 'info', number)))
    symlinkSync(secret, join(queue.dir, pathOf(queue, 'mess', number)))
    makeFifo(join(queue.dir, pathOf(queue, 'remote', number)))
    const sound = addMessage(queue)
    const {status, stdout} = list(queue, '--json', '--columns', 'subject')
    expect(status).toBe(0)
    expect(rowsOf(stdout).map(({id}) => id)).toEqual([sound])
    expect(stdout).not.toContain('secret')
  })

  test('a linked split directory: the rest is listed, then 65', () => {
    const queue = newQueue({split: 2})
    fillQueue(queue, 20)
    const elsewhere = join(temporaryDirectory('elsewhere'), '0')
    renameSync(join(queue.dir, 'mess/0'), elsewhere)
    symlinkSync(elsewhere, join(queue.dir, 'mess/0'))
    const {status, stdout, stderr} = list(queue, '--json')
    expect(status).toBe(65)
    expect(stderr).toContain(`${queue.dir}/mess/0 is a symbolic link`)
    const found = rowsOf(stdout)
    expect(found.length).toBeGreaterThan(0)
    expect(found.every(({id}) => Number(id) % 2 === 1)).toBe(true)
  })
})

describe('without the right', {skip: process.getuid?.() !== 0}, () => {
  const NOBODY = 65_534
  const owned = (queue: Queue): Queue => {
    for (const path of [join(queue.dir, '..'), queue.dir]) chmodSync(path, 0o755)
    return queue
  }
  const asNobody = (queue: Queue, ...args: string[]) => qmail(['list', '--queue', queue.dir, ...args], {uid: NOBODY})

  test('a queue that may not be entered is 77', () => {
    const queue = newQueue()
    chmodSync(join(queue.dir, '..'), 0o700)
    expect(asNobody(queue)).toMatchObject({status: 77, stdout: '', stderr: expect.stringContaining(queue.dir)})
  })

  test('info/ that may not be read is 77 and named: no state could be told', () => {
    const queue = owned(newQueue())
    for (const name of ['mess', 'todo', 'bounce', 'local', 'remote', 'intd']) chmodSync(join(queue.dir, name), 0o755)
    const {status, stdout, stderr} = asNobody(queue, '--json')
    expect({status, stdout: JSON.parse(stdout).error.exit}).toEqual({status: 77, stdout: 77})
    expect(`${stdout}${stderr}`).toContain(`${queue.dir}/info`)
  })

  test('one split directory and one file that may not be read: the rest is listed, then 77', () => {
    const queue = owned(createQueue(join(temporaryDirectory('closed'), 'queue'), {split: 2, now: NOW, owners: allNobody}))
    const {numbers} = fillQueue(queue, 20, {shape: {todo: 0}})
    const closed = join(queue.dir, 'mess/0')
    chownSync(closed, 0, 0)
    const file = numbers.find(number => Number(number) % 2 === 1)!
    chownSync(join(queue.dir, pathOf(queue, 'info', file)), 0, 0)
    const {status, stdout, stderr} = asNobody(queue, '--json')
    expect(status).toBe(77)
    expect(stderr).toContain(`cannot read ${closed}: permission denied`)
    expect(stderr).toContain(`/${file}: permission denied`)
    expect(new Set(rowsOf(stdout).map(({id}) => id))).toEqual(new Set(numbers.filter(number => Number(number) % 2 === 1)))
  })
  const allNobody = {qmailq: NOBODY, qmails: NOBODY, qmailr: NOBODY, qmail: NOBODY, caller: NOBODY}
})

describe('in a pipe and on a busy queue', () => {
  test('| head -1 ends it quietly', async () => {
    const queue = newQueue()
    fillQueue(queue, 3000)
    const {status, stderr} = await throughHead(queue)
    expect({status, stderr}).toEqual({status: 0, stderr: ''})
  })

  test('messages that go while it lists are left out, never an error', async () => {
    const queue = newQueue()
    const {numbers} = fillQueue(queue, 3000)
    const child = spawn(process.execPath, [RUN, 'qmail', 'list', '--queue', queue.dir, '--json', '--columns', 'subject'])
    const remover = spawn('find', [queue.dir, '-type', 'f', '-not', '-path', '*/lock/*', '-delete'])
    const [output, errors, status] = await Promise.all([textOf(child.stdout), textOf(child.stderr), ended(child), ended(remover)])
    expect({status, errors: errors.replace(`${queue.dir} is empty\n`, '').replace(/^no message of .* matches\n$/, '')}).toEqual({status: 0, errors: ''})
    const known = new Set(numbers)
    const found = rowsOf(output)
    expect(found.every(({id, sizeBytes, state}) => known.has(id as string) && (sizeBytes !== null || state === 'broken'))).toBe(true)
  })
})

const textOf = async (stream: AsyncIterable<Buffer>): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const ended = (child: ChildProcess): Promise<number | null> => new Promise(resolve => child.once('close', resolve))

/** Reads a line, closes the pipe, and gives the status of the list, not of head. */
const throughHead = async (queue: Queue): Promise<{status: number | null; stderr: string}> => {
  const child = spawn(process.execPath, [RUN, 'qmail', 'list', '--queue', queue.dir, '--json'])
  child.stdout.once('data', () => child.stdout.destroy())
  const [stderr, status] = await Promise.all([textOf(child.stderr), ended(child)])
  return {status, stderr}
}

const makeFifo = (path: string): void => {
  const {status, stderr} = spawnSync('mkfifo', [path], {encoding: 'utf8'})
  if (status !== 0) throw new Error(stderr)
}
