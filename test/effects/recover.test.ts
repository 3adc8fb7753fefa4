// Recovery beside others and after odd ends: an apply that finishes meanwhile, torn journals, files of others, copies.
import * as fs from 'node:fs'
import {join} from 'node:path'

import type {Plan} from 'mailops/core'
import {
  applyPlan,
  findJournal,
  listJournals,
  readSeen,
  recover,
  statusOf,
  undoPlan,
  type BulkHandler,
  type StatePlace,
} from 'mailops/effects'
import {beforeEach, describe, expect, test} from 'vitest'

import {temporaryDirectory} from '../support/temporary.js'

let base: string
let dir: string
let place: StatePlace
beforeEach(() => {
  base = temporaryDirectory('recover')
  dir = join(base, 'tree')
  fs.mkdirSync(dir)
  const state = join(base, 'state')
  place = {state, journal: join(state, 'journal'), backups: join(state, 'backups'), run: join(base, 'run')}
})

const path = (name: string): string => join(dir, name)
const read = (name: string): string => fs.readFileSync(path(name), 'utf8')
const recoverAll = (handlers: readonly BulkHandler[] = []) => recover({handlers, place, talk: {}})

const write = (name: string, text: string): Plan['changes'][number] => ({
  kind: 'write',
  path: path(name),
  before: readSeen(path(name), {digest: true}),
  after: Buffer.from(text),
  why: '',
})

const statuses = (): string[] => {
  const {entries} = listJournals(place)
  return entries.map(entry => statusOf(entry, entries))
}

const linesOf = (file: string): string[] => fs.readFileSync(file, 'utf8').split('\n').filter(line => line !== '')

/** Makes the last journal look as if a crash had come before its record of that type. */
const cutBefore = (type: string, rest = ''): void => {
  const {path: file} = findJournal(place, 'last')
  const lines = linesOf(file)
  const at = lines.findIndex(line => (JSON.parse(line) as {type: string}).type === type)
  fs.writeFileSync(file, `${lines.slice(0, at).join('\n')}\n${rest}`)
}

test('a change that comes to its end while recover is at work is not taken back', async () => {
  fs.writeFileSync(path('a'), 'old')
  const other = join(base, 'other')
  fs.mkdirSync(other)
  let goOn: () => void = () => undefined
  let applied: Promise<unknown> = Promise.resolve()
  // Recovered first, being the newer: while that goes on the older, which was listed as unfinished, ends.
  const handler: BulkHandler = {
    name: 'test.slow',
    apply: async () => ({result: {}, complete: true}),
    undo: async () => ({result: {}, complete: true}),
    describeUndo: () => '',
    recover: async () => {
      goOn()
      await applied
      return 'undone'
    },
  }
  const held = new Promise<void>(resolve => (goOn = resolve))
  const started = new Promise<void>(resolve => {
    applied = applyPlan({subject: 'test', resource: dir, changes: [write('a', 'new')]}, {
      place,
      verify: () => {
        resolve()
        return held
      },
    })
  })
  await started
  await applyPlan({
    subject: 'test bulk',
    resource: other,
    changes: [{kind: 'bulk', handler: 'test.slow', direction: 'apply', args: {}, undoable: true, summary: '', why: ''}],
  }, {place, handlers: [handler]})
  cutBefore('done')
  const recovered = await recoverAll([handler])
  expect(read('a')).toBe('new')
  expect(recovered).toMatchObject([{subject: 'test bulk', outcome: 'rolled-back'}])
  expect(statuses()).toEqual(['done', 'rolled-back'])
})

test('what a bulk change did until it was cut off is told in the words of the history', async () => {
  const handler: BulkHandler = {
    name: 'test.part',
    apply: async () => ({result: {}, complete: true}),
    undo: async () => ({result: {}, complete: true}),
    describeUndo: () => '',
    recover: async () => 'done',
  }
  await applyPlan({
    subject: 'test bulk',
    resource: dir,
    changes: [{kind: 'bulk', handler: 'test.part', direction: 'apply', args: {}, undoable: true, summary: '', why: ''}],
  }, {place, handlers: [handler]})
  cutBefore('done')
  expect(await recoverAll([handler])).toMatchObject([{outcome: 'partly-done'}])
  expect(statuses()).toEqual(['partly-done'])
})

test('what cannot be recovered is told, and does not keep the others from it', async () => {
  fs.writeFileSync(path('a'), 'old')
  const gone = join(base, 'gone')
  fs.mkdirSync(gone)
  await applyPlan({subject: 'first', resource: dir, changes: [write('a', 'new')]}, {place})
  cutBefore('end')
  await applyPlan({subject: 'second', resource: gone, changes: [{kind: 'mkdir', path: join(gone, 'x'), why: ''}]}, {place})
  cutBefore('end')
  fs.rmSync(gone, {recursive: true})
  const recovered = await recoverAll()
  expect(recovered).toMatchObject([
    {subject: 'second', outcome: 'interrupted', error: {code: 'RESOURCE_GONE', exit: 66}},
    {subject: 'first', outcome: 'rolled-back'},
  ])
  expect(read('a')).toBe('old')
})

describe('finishing what was cut off', () => {
  const finishing = (): Plan => ({
    subject: 'test finish',
    resource: dir,
    onCrash: 'finish',
    changes: [write('a', 'new a'), write('b', 'new b'), write('c', 'new c')],
  })
  beforeEach(() => {
    for (const name of ['a', 'b', 'c']) fs.writeFileSync(path(name), `old ${name}`)
  })

  /** As after a crash right behind `begin` of the second change. */
  const cutOff = async (): Promise<void> => {
    const plan = finishing()
    await applyPlan(plan, {place})
    const {path: file, id} = findJournal(place, 'last')
    const lines = linesOf(file)
    const at = lines.findIndex(line => line === '{"type":"begin","n":1}')
    fs.writeFileSync(file, `${lines.slice(0, at + 1).join('\n')}\n`)
    const temporaries = linesOf(file).flatMap(line => {
      const {n, saved} = JSON.parse(line) as {n?: number; saved?: {temporary: string}}
      return n === undefined || n === 0 || saved === undefined ? [] : [{n, file: saved.temporary}]
    })
    for (const {n, file: temporary} of temporaries) {
      const name = ['a', 'b', 'c'][n] ?? ''
      fs.writeFileSync(temporary, `new ${name}`)
      fs.writeFileSync(path(name), `old ${name}`)
    }
    expect(fs.existsSync(join(place.backups, id))).toBe(true)
  }

  test('leaves a change that can be undone as a whole', async () => {
    await cutOff()
    expect(await recoverAll()).toMatchObject([{outcome: 'done'}])
    expect(['a', 'b', 'c'].map(read)).toEqual(['new a', 'new b', 'new c'])
    const entry = findJournal(place, 'last')
    await applyPlan(undoPlan(entry, {entries: listJournals(place).entries, handlers: [], place}), {place, undoOf: entry.id})
    expect(['a', 'b', 'c'].map(read)).toEqual(['old a', 'old b', 'old c'])
  })

  test('is given up, and taken back, when somebody has changed what is still to be done', async () => {
    await cutOff()
    fs.writeFileSync(path('c'), 'mine')
    expect(await recoverAll()).toMatchObject([{outcome: expect.stringMatching(/rolled-back|conflict/)}])
    expect(['a', 'b', 'c'].map(read)).toEqual(['old a', 'old b', 'mine'])
    expect(await recoverAll()).toEqual([])
  })

  test('is not begun while it was being taken back', async () => {
    const plan: Plan = {...finishing(), changes: [write('a', 'new a'), {kind: 'mkdir', path: path('made'), why: ''}]}
    await expect(applyPlan(plan, {place, verify: () => Promise.reject(new Error('no'))})).rejects.toThrow('no')
    // As if the crash had come in the middle of that: the directory is gone, the file not yet back.
    cutBefore('end')
    fs.writeFileSync(path('a'), 'new a')
    const {path: file, id} = findJournal(place, 'last')
    fs.writeFileSync(file, `${linesOf(file).filter(line => line !== '{"type":"reverted","n":0}').join('\n')}\n`)
    fs.mkdirSync(join(place.backups, id))
    fs.writeFileSync(join(place.backups, id, '0'), 'old a')
    expect(await recoverAll()).toMatchObject([{outcome: 'rolled-back'}])
    expect(read('a')).toBe('old a')
    expect(fs.existsSync(path('made'))).toBe(false)
  })
})

describe('a program that does not take its work back', () => {
  const failing = (): Plan => ({
    subject: 'test run',
    resource: dir,
    changes: [write('a', 'new'), {kind: 'run', argv: ['true'], undo: ['false'], why: ''}, {kind: 'run', argv: ['false'], why: ''}],
  })

  test('is told, the rest is taken back, and the first error is not lost', async () => {
    fs.writeFileSync(path('a'), 'old')
    await expect(applyPlan(failing(), {place})).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/^false ended with status 1; left .*false/),
    })
    expect(read('a')).toBe('old')
    expect(statuses()).toEqual(['conflict'])
    expect(await recoverAll()).toEqual([])
  })
})

describe('journals as a power cut leaves them', () => {
  const apply = async (): Promise<string> => {
    fs.writeFileSync(path('a'), 'old')
    await applyPlan({subject: 'test', resource: dir, changes: [write('a', 'new')]}, {place})
    return findJournal(place, 'last').path
  }

  test('the last record torn in two, newlines in between', async () => {
    const file = await apply()
    cutBefore('done', '{"type":"done","n":0,"aft\n\n\n\n12\n\n4321"}}\n\n\n')
    expect(await recoverAll()).toMatchObject([{outcome: 'rolled-back'}])
    expect(read('a')).toBe('old')
    for (const line of linesOf(file)) expect(JSON.parse(line)).toHaveProperty('type')
  })

  test('the last record whole but for its newline', async () => {
    const file = await apply()
    cutBefore('end')
    fs.truncateSync(file, fs.statSync(file).size - 1)
    const before = linesOf(file)
    expect(await recoverAll()).toMatchObject([{outcome: 'rolled-back'}])
    expect(linesOf(file).slice(0, before.length)).toEqual(before)
    expect(statuses()).toEqual(['rolled-back'])
  })

  test('a record in the middle that is none: the file is told, nothing is guessed', async () => {
    const file = await apply()
    const [first = '', , ...rest] = linesOf(file)
    fs.writeFileSync(file, [first, '"no record"', ...rest, ''].join('\n'))
    const {entries, unreadable} = listJournals(place)
    expect(entries).toEqual([])
    expect(unreadable).toMatchObject([{path: file, error: {code: 'JOURNAL_DAMAGED', message: expect.stringContaining(':2: ')}}])
  })

  test('a journal that stands below /run and at home, the move having been cut off, is one change', async () => {
    const file = await apply()
    const below = join(place.run, 'journal')
    fs.mkdirSync(below, {recursive: true, mode: 0o700})
    fs.copyFileSync(file, join(below, file.split('/').at(-1) ?? ''))
    expect(listJournals(place).entries.length).toBe(1)
    expect(findJournal(place, 'last').path).toBe(file)
  })
})

test('journals in a directory that somebody else made are not believed', async context => {
  if (process.getuid?.() !== 0) return context.skip('needs root, to make a directory of another user')
  const below = join(place.run, 'journal')
  fs.mkdirSync(below, {recursive: true})
  fs.chownSync(below, 65534, 65534)
  expect(() => listJournals(place)).toThrow(expect.objectContaining({code: 'NOT_OURS', oclif: {exit: 77}}))
  fs.rmSync(below, {recursive: true})
  fs.mkdirSync(join(base, 'elsewhere'))
  fs.symlinkSync(join(base, 'elsewhere'), below)
  return expect(recoverAll()).rejects.toMatchObject({code: 'NOT_OURS'})
})

test('an undo whose plan was made before another undo finished is refused', async () => {
  let undone = 0
  const handler: BulkHandler = {
    name: 'test.once',
    apply: async () => ({result: {}, complete: true}),
    undo: async () => {
      undone++
      return {result: {}, complete: true}
    },
    describeUndo: () => 'take back',
    recover: async () => 'undone',
  }
  const options = {place, handlers: [handler]}
  await applyPlan({
    subject: 'test',
    resource: dir,
    changes: [{kind: 'bulk', handler: 'test.once', direction: 'apply', args: {}, undoable: true, summary: '', why: ''}],
  }, options)
  const entry = findJournal(place, 'last')
  const plan = undoPlan(entry, {entries: listJournals(place).entries, handlers: [handler], place})
  await applyPlan(plan, {...options, undoOf: entry.id})
  await expect(applyPlan(plan, {...options, undoOf: entry.id})).rejects.toMatchObject({code: 'ALREADY_UNDONE', oclif: {exit: 75}})
  expect(undone).toBe(1)
})
