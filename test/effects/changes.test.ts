// The kinds of change at their edges: links that come back, names as long as names can be, odd names, changes half made.
import * as fs from 'node:fs'
import {join} from 'node:path'

import type {Change, Plan} from 'mailops/core'
import {applyPlan, findJournal, listJournals, lockFileBackend, readSeen, setDirectoryAttributes, tryLock, undoPlan, type BulkHandler, type StatePlace} from 'mailops/effects'
import {beforeEach, expect, test} from 'vitest'

import {mkdirEffect} from '../../src/effects/changes/mkdir.js'
import {temporaryDirectory} from '../support/temporary.js'

let base: string
let dir: string
let place: StatePlace
beforeEach(() => {
  base = temporaryDirectory('changes')
  dir = join(base, 'tree')
  fs.mkdirSync(dir)
  const state = join(base, 'state')
  place = {state, journal: join(state, 'journal'), backups: join(state, 'backups'), run: join(base, 'run')}
})

const path = (name: string): string => join(dir, name)
const planOf = (...changes: Change[]): Plan => ({subject: 'test', resource: dir, changes})
const seen = (name: string) => readSeen(path(name), {digest: true})!
const undo = async (handlers: readonly BulkHandler[] = []) => {
  const entry = findJournal(place, 'last')
  const plan = undoPlan(entry, {entries: listJournals(place).entries, handlers, place})
  await applyPlan(plan, {place, handlers, undoOf: entry.id})
}

test('a removed symbolic link comes back with its owner, goes again, and what it points at is never touched', async () => {
  fs.writeFileSync(path('target'), 'target')
  fs.symlinkSync('target', path('link'))
  if (process.getuid?.() === 0) fs.lchownSync(path('link'), 65534, 65534)
  const before = fs.lstatSync(path('link'))
  await applyPlan(planOf({kind: 'remove', path: path('link'), before: seen('link'), why: ''}), {place})
  expect(fs.readdirSync(dir)).toEqual(['target'])
  await undo()
  expect(fs.readlinkSync(path('link'))).toBe('target')
  expect(fs.lstatSync(path('link'))).toMatchObject({uid: before.uid, gid: before.gid})
  await undo()
  expect(fs.readdirSync(dir)).toEqual(['target'])
  expect(fs.readFileSync(path('target'), 'utf8')).toBe('target')
})

test('a removed symbolic link comes back when a later step fails', async () => {
  fs.symlinkSync('nowhere', path('link'))
  const plan = planOf({kind: 'remove', path: path('link'), before: seen('link'), why: ''}, {kind: 'run', argv: ['false'], why: ''})
  await expect(applyPlan(plan, {place})).rejects.toMatchObject({code: 'COMMAND_FAILED'})
  expect(fs.readlinkSync(path('link'))).toBe('nowhere')
})

for (const [what, name] of [['of 255 bytes', 'n'.repeat(255)], ['with blanks and newlines', ' a\n b \u001b[2J'], ['of dashes', '--']] as const)
  test(`a file whose name is ${what} is replaced, removed and brought back`, async () => {
    fs.writeFileSync(path(name), 'old')
    await applyPlan(planOf({kind: 'write', path: path(name), before: seen(name), after: Buffer.from('new'), why: ''}), {place})
    expect(fs.readFileSync(path(name), 'utf8')).toBe('new')
    await undo()
    expect(fs.readFileSync(path(name), 'utf8')).toBe('old')
    await applyPlan(planOf({kind: 'remove', path: path(name), before: seen(name), why: ''}), {place})
    await undo()
    expect(fs.readFileSync(path(name), 'utf8')).toBe('old')
    expect(fs.readdirSync(dir)).toEqual([name])
  })

test('taking a directory back in which somebody keeps files now is refused in one line', async () => {
  await applyPlan(planOf({kind: 'mkdir', path: path('made'), why: ''}), {place})
  fs.writeFileSync(path('made/theirs'), 'theirs')
  await expect(undo()).rejects.toMatchObject({code: 'ENOTEMPTY', oclif: {exit: 75}})
  expect(fs.readFileSync(path('made/theirs'), 'utf8')).toBe('theirs')
})

test('a change that ended before its second bulk step is undone without it', async () => {
  const undone: unknown[] = []
  const handler: BulkHandler = {
    name: 'test.parts',
    apply: async () => {
      throw new Error('half-way')
    },
    undo: async change => {
      undone.push(change.args['part'])
      return {result: {}, complete: true}
    },
    describeUndo: args => {
      if (args['part'] === 2) throw new Error('there is nothing of part 2')
      return 'take back'
    },
    recover: async () => 'done',
  }
  const part = (n: number): Change => ({kind: 'bulk', handler: 'test.parts', direction: 'apply', args: {part: n}, undoable: true, summary: '', why: ''})
  const warnings: string[] = []
  const warn = (text: string): void => void warnings.push(text)
  await expect(applyPlan(planOf(part(1), part(2)), {place, handlers: [handler], warn})).rejects.toThrow('half-way')
  expect(warnings).toEqual([expect.stringMatching(/^what was done until then stands; take it back with: mailops undo \d{8}-/)])
  await undo([handler])
  expect(undone).toEqual([1])
})

test('a lock file finds its run directory made', async () => {
  const lock = await tryLock(dir, {backend: lockFileBackend, runDir: join(base, 'run/not/yet')})
  expect(lock?.held()).toBe(true)
  await lock?.release()
})

test('owner and mode of a directory are never set through a link that somebody put in its place', () => {
  const victim = path('victim')
  fs.mkdirSync(victim, {mode: 0o700})
  fs.symlinkSync('victim', path('made'))
  const change = {kind: 'mkdir', path: path('made'), mode: 0o777, why: ''} as const
  expect(() => mkdirEffect.complete?.(change)).toThrow(/ELOOP|ENOTDIR/)
  expect(() => setDirectoryAttributes(path('made'), {mode: 0o777})).toThrow(/ELOOP|ENOTDIR/)
  expect(fs.statSync(victim).mode & 0o777).toBe(0o700)
})
