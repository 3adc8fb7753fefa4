// A list large enough for worker threads: the same lines in the same order, and a quiet end when nobody reads on.
import {spawn} from 'node:child_process'
import {mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {afterAll, beforeAll, expect, test} from 'vitest'

import {createQueue, fillQueue, pathOf, type Queue} from '../../../../test/support/queue/index.js'
import {NOW, qmail, rowsOf} from './support.js'

const MESSAGES = 10_300
const base = mkdtempSync(join(tmpdir(), 'mailops-large-'))
let queue: Queue
let numbers: string[]

beforeAll(() => {
  queue = createQueue(join(base, 'queue'), {now: NOW})
  numbers = fillQueue(queue, MESSAGES, {shape: {bodyBytes: 10}}).numbers.sort((a, b) => Number(a) - Number(b))
}, 300_000)
afterAll(() => rmSync(base, {recursive: true}))

const list = (...args: string[]) => qmail(['list', '--queue', queue.dir, ...args])
const withoutAge = (text: string): string => text.replaceAll(/"ageSeconds":\d+/g, '')

test('as JSON and as a table the lines are those of a list that uses no threads', () => {
  const all = list('--json')
  expect(rowsOf(all.stdout).map(({id}) => id)).toEqual(numbers)
  expect(withoutAge(all.stdout)).toBe(withoutAge(list('--json', '--limit', '1000000').stdout))
  const columns = ['--columns', 'id,state,size,sender,subject']
  const table = list(...columns)
  expect(table).toMatchObject({status: 0, stderr: `${MESSAGES.toLocaleString('en-US')} messages\n`})
  expect(table.stdout).toBe(list(...columns, '--limit', '1000000').stdout)
})

test('a selection and an order pass through the threads', () => {
  const chosen = rowsOf(list('--json', '--bounces', '--reverse').stdout)
  expect(chosen.length).toBeGreaterThan(500)
  expect(chosen.every(({sender}) => sender === '' || sender === '#@[]')).toBe(true)
  const ids = chosen.map(({id}) => Number(id))
  expect(ids).toEqual([...ids].sort((a, b) => b - a))
})

test('a split directory that cannot be read is named once, and the status says so', () => {
  const number = numbers.find(candidate => Number(candidate) % 23 === 5)!
  const path = join(queue.dir, pathOf(queue, 'info', '5').replace(/\/5$/, ''))
  const secret = join(base, 'elsewhere')
  renameSync(path, secret)
  symlinkSync(secret, path)
  try {
    const {status, stdout, stderr} = list('--json')
    expect({status, warnings: stderr.split('\n').filter(line => line.includes('symbolic link')).length}).toEqual({status: 65, warnings: 1})
    expect(rowsOf(stdout).map(({id}) => id)).toEqual(numbers.filter(candidate => Number(candidate) % 23 !== 5))
    expect(stdout).not.toContain(`"${number}"`)
  } finally {
    rmSync(path)
    renameSync(secret, path)
  }
})

test('| head -1 ends it, quietly', async () => {
  const run = join(import.meta.dirname, '../../../../bin/run.js')
  const child = spawn(process.execPath, [run, 'qmail', 'list', '--queue', queue.dir, '--json'])
  let errors = ''
  child.stderr.on('data', chunk => (errors += String(chunk)))
  child.stdout.once('data', () => child.stdout.destroy())
  const status = await new Promise(resolve => child.once('close', resolve))
  expect({status, errors}).toEqual({status: 0, errors: ''})
})

test('a link in the place of a message is not followed by a thread either', () => {
  const number = numbers[100]!
  const path = join(queue.dir, pathOf(queue, 'mess', number))
  const away = join(base, 'away')
  renameSync(path, away)
  writeFileSync(join(base, 'target'), 'Subject: secret\n\n')
  symlinkSync(join(base, 'target'), path)
  try {
    const {status, stdout} = list('--json', '--columns', 'subject')
    expect(status).toBe(0)
    expect(stdout).not.toContain('"subject":"secret"')
    expect(rowsOf(stdout).find(({id}) => id === number)).toMatchObject({state: 'broken', sizeBytes: null, subject: null})
  } finally {
    rmSync(path)
    renameSync(away, path)
  }
})
