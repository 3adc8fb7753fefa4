// Applying plans: preconditions, two at once, room, roll-back, conflicts, bulk handlers.
import {spawn} from 'node:child_process'
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
  tryLock,
  undoPlan,
  type BulkHandler,
  type StatePlace,
} from 'mailops/effects'
import {beforeEach, describe, expect, test} from 'vitest'

import {temporaryDirectory} from '../support/temporary.js'

let dir: string
let place: StatePlace
beforeEach(() => {
  const base = temporaryDirectory('apply')
  dir = join(base, 'tree')
  fs.mkdirSync(dir)
  const state = join(base, 'state')
  place = {state, journal: join(state, 'journal'), backups: join(state, 'backups'), run: join(base, 'run')}
})

const path = (name: string): string => join(dir, name)
const bytes = (text: string): Uint8Array => Buffer.from(text)
const read = (name: string): string => fs.readFileSync(path(name), 'utf8')

const replace = (name: string, text: string): Plan => ({
  subject: 'test replace',
  resource: dir,
  changes: [{kind: 'write', path: path(name), before: readSeen(path(name), {digest: true}), after: bytes(text), why: ''}],
})

const undo = async (name: string) => {
  const entry = findJournal(place, name)
  const plan = undoPlan(entry, {entries: listJournals(place).entries, handlers: [], place})
  return applyPlan(plan, {place, undoOf: entry.id})
}

describe('one file', () => {
  test('is replaced with its owner and mode, and comes back with its time', async () => {
    fs.writeFileSync(path('a'), 'old', {mode: 0o604})
    fs.utimesSync(path('a'), 1_000_000, 1_000_000)
    const {journalId} = await applyPlan(replace('a', 'new'), {place})
    expect(read('a')).toBe('new')
    expect(fs.statSync(path('a')).mode & 0o777).toBe(0o604)
    await undo(journalId)
    expect(read('a')).toBe('old')
    expect(fs.statSync(path('a')).mtimeMs).toBe(1_000_000_000)
    const {entries} = listJournals(place)
    expect(entries.map(entry => statusOf(entry, entries))).toEqual(['undone', 'done'])
  })

  test('an undo can itself be undone', async () => {
    fs.writeFileSync(path('a'), 'old')
    const {journalId} = await applyPlan(replace('a', 'new'), {place})
    const again = await undo(journalId)
    await undo(again.journalId)
    expect(read('a')).toBe('new')
    const {entries} = listJournals(place)
    expect(statusOf(entries[0]!, entries)).toBe('done')
    await expect(undo(again.journalId)).rejects.toMatchObject({code: 'ALREADY_UNDONE', oclif: {exit: 64}})
  })

  test('changed since the plan was made: 75, nothing is changed, no journal', async () => {
    fs.writeFileSync(path('a'), 'old')
    const plan = replace('a', 'new')
    fs.writeFileSync(path('a'), 'mine')
    await expect(applyPlan(plan, {place})).rejects.toMatchObject({code: 'CHANGED', oclif: {exit: 75}})
    expect(read('a')).toBe('mine')
    expect(listJournals(place).entries).toEqual([])
  })

  test('changed since it was applied: undo refuses', async () => {
    fs.writeFileSync(path('a'), 'old')
    const {journalId} = await applyPlan(replace('a', 'new'), {place})
    fs.writeFileSync(path('a'), 'mine')
    await expect(undo(journalId)).rejects.toMatchObject({code: 'CHANGED', oclif: {exit: 75}})
    expect(read('a')).toBe('mine')
  })

  test('a symbolic link in its place is never written through', async () => {
    fs.writeFileSync(path('victim'), 'victim')
    fs.symlinkSync('victim', path('a'))
    const plan = replace('a', 'new')
    await expect(applyPlan(plan, {place})).rejects.toMatchObject({code: 'NOT_A_FILE', oclif: {exit: 65}})
    expect(read('victim')).toBe('victim')
    expect(fs.readdirSync(dir).toSorted()).toEqual(['a', 'victim'])
  })
})

test('two at once: the second says who holds the lock', async () => {
  fs.writeFileSync(path('a'), 'old')
  const holder = spawn('flock', ['-x', dir, 'sh', '-c', 'echo locked; exec sleep 60'], {stdio: ['ignore', 'pipe', 'inherit'], detached: true})
  try {
    await new Promise(resolve => holder.stdout.once('data', resolve))
    await expect(applyPlan(replace('a', 'new'), {place})).rejects.toMatchObject({
      oclif: {exit: 75},
      message: expect.stringMatching(/is in use by .*\(pid \d+/),
    })
    expect(read('a')).toBe('old')
  } finally {
    process.kill(-holder.pid!, 'SIGKILL')
  }
})

test('a failing verification rolls everything back', async () => {
  fs.writeFileSync(path('a'), 'old')
  const verify = async (): Promise<void> => {
    expect(read('a')).toBe('new')
    throw new Error('not as it should be')
  }
  await expect(applyPlan(replace('a', 'new'), {place, verify})).rejects.toThrow('not as it should be')
  expect(read('a')).toBe('old')
  const {entries} = listJournals(place)
  expect(statusOf(entries[0]!, entries)).toBe('rolled-back')
})

test('a program that fails rolls the steps before it back, and names itself', async () => {
  fs.writeFileSync(path('a'), 'old')
  const plan = replace('a', 'new')
  const failing: Plan = {...plan, changes: [...plan.changes, {kind: 'run', argv: ['false'], why: ''}]}
  await expect(applyPlan(failing, {place})).rejects.toMatchObject({code: 'COMMAND_FAILED', message: expect.stringContaining('false')})
  expect(read('a')).toBe('old')
})

test('a running journal is not recovered under the feet of its owner', async () => {
  fs.writeFileSync(path('a'), 'old')
  let inside: unknown
  const verify = async (): Promise<void> => {
    inside = await recover({handlers: [], place, talk: {}})
  }
  await applyPlan(replace('a', 'new'), {place, verify})
  expect(inside).toMatchObject([{outcome: 'running'}])
  expect(read('a')).toBe('new')
})

describe('bulk', () => {
  const marks: string[] = []
  const handler: BulkHandler = {
    name: 'test.bulk',
    apply: async (change, context) => {
      context.note({began: true})
      fs.writeFileSync(path('bulk'), 'x')
      if (change.args['fail'] === true) throw new Error('half-way')
      return {result: {made: 1}, complete: true}
    },
    undo: async () => {
      fs.unlinkSync(path('bulk'))
      return {result: {taken: 1}, complete: true}
    },
    describeUndo: () => 'take the file away',
    recover: async (_change, {notes}) => {
      marks.push(JSON.stringify(notes))
      fs.rmSync(path('bulk'), {force: true})
      return 'undone'
    },
  }
  const plan = (args: {fail: boolean}): Plan => ({
    subject: 'test bulk',
    resource: dir,
    changes: [{kind: 'bulk', handler: 'test.bulk', direction: 'apply', args, undoable: true, summary: 'make it', why: ''}],
  })

  test('is applied and undone by its handler', async () => {
    const applied = await applyPlan(plan({fail: false}), {place, handlers: [handler]})
    expect(applied.bulk).toEqual([{result: {made: 1}, complete: true}])
    const entry = findJournal(place, 'last')
    const inverse = undoPlan(entry, {entries: listJournals(place).entries, handlers: [handler], place})
    expect(inverse.changes).toMatchObject([{direction: 'undo', summary: 'take the file away', undoable: false}])
    await applyPlan(inverse, {place, handlers: [handler], undoOf: entry.id})
    expect(fs.existsSync(path('bulk'))).toBe(false)
  })

  test('that throws is recovered at once', async () => {
    await expect(applyPlan(plan({fail: true}), {place, handlers: [handler]})).rejects.toThrow('half-way')
    expect(marks).toEqual(['[{"began":true}]'])
    const {entries} = listJournals(place)
    expect(statusOf(entries[0]!, entries)).toBe('rolled-back')
  })

  test('without its plugin is refused by name', async () => {
    await applyPlan(plan({fail: false}), {place, handlers: [handler]})
    const entry = findJournal(place, 'last')
    expect(() => undoPlan(entry, {entries: [entry], handlers: [], place})).toThrow(/no plugin here knows the change test.bulk/)
  })
})

test('an unfinished change of the same resource comes first', async () => {
  fs.writeFileSync(path('a'), 'old')
  await applyPlan(replace('a', 'new'), {place})
  const entry = findJournal(place, 'last')
  // As a crash leaves it: all records but the last.
  const lines = fs.readFileSync(entry.path, 'utf8').trim().split('\n')
  fs.writeFileSync(entry.path, `${lines.slice(0, -1).join('\n')}\n{"type":"en`)
  await expect(applyPlan(replace('a', 'newer'), {place})).rejects.toMatchObject({code: 'UNFINISHED', hint: 'mailops recover'})
  expect(await recover({handlers: [], place, talk: {}})).toMatchObject([{outcome: 'rolled-back'}])
  expect(read('a')).toBe('old')
  await applyPlan(replace('a', 'newer'), {place})
  expect(read('a')).toBe('newer')
})

test('one damaged journal is told and does not hide the others', async () => {
  fs.writeFileSync(path('a'), 'old')
  await applyPlan(replace('a', 'new'), {place})
  fs.writeFileSync(join(place.journal, '20200101-000000-abcd.jsonl'), 'not json\n{"type":"plan"}\n')
  const {entries, unreadable} = listJournals(place)
  expect(entries.length).toBe(1)
  expect(unreadable).toMatchObject([{id: '20200101-000000-abcd'}])
})

test('journal and backups are closed to others, also when the directory was open', async () => {
  fs.mkdirSync(place.state, {mode: 0o755})
  fs.mkdirSync(place.journal, {mode: 0o777})
  fs.writeFileSync(path('a'), 'old')
  const {journalId} = await applyPlan(replace('a', 'new'), {place})
  const mode = (name: string): number => fs.statSync(name).mode & 0o777
  expect(mode(place.journal)).toBe(0o700)
  expect(mode(place.backups)).toBe(0o700)
  expect(mode(join(place.journal, `${journalId}.jsonl`))).toBe(0o600)
  expect(mode(join(place.backups, journalId, '0'))).toBe(0o600)
})

test('the journal lock is free once the change is done', async () => {
  fs.writeFileSync(path('a'), 'old')
  await applyPlan(replace('a', 'new'), {place})
  const lock = await tryLock(findJournal(place, 'last').path)
  expect(lock).not.toBeNull()
  await lock?.release()
})
