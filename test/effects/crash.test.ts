// kill -9 at every instant of applying, undoing and recovering a plan that has every kind of change.
import {chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, relative} from 'node:path'

import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import {listJournals, statePlace} from 'mailops/effects'

import {runWithFault, walk} from '../support/faults/walk.js'

const SCENARIO = join(import.meta.dirname, '../support/faults/apply-scenario.mjs')

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'mailops-crash-'))
})
afterAll(() => rmSync(root, {recursive: true, force: true}))

interface World {
  readonly dir: string
  readonly env: Record<string, string>
}

const createWorld = (name: string): World => {
  const base = join(root, name)
  const dir = join(base, 'tree')
  mkdirSync(dir, {recursive: true})
  for (const file of ['replaced', 'moved', 'modes', 'removed']) writeFileSync(join(dir, file), `${file}, as it was\n`)
  chmodSync(join(dir, 'modes'), 0o644)
  chmodSync(join(dir, 'removed'), 0o604)
  mkdirSync(join(dir, 'empty'))
  return {dir, env: {MAILOPS_STATE_DIR: join(base, 'state'), MAILOPS_RUN_DIR: join(base, 'run')}}
}

/** Names, kinds, modes and contents; not inodes, since a replaced file that comes back is another file. */
const pictureOf = (dir: string): string[] =>
  readdirSync(dir, {recursive: true, withFileTypes: true})
    .map(entry => {
      const path = join(entry.parentPath, entry.name)
      const mode = (lstatSync(path).mode & 0o7777).toString(8)
      return `${relative(dir, path)} ${mode} ${entry.isFile() ? readFileSync(path, 'utf8') : 'directory'}`
    })
    .toSorted()

const run = (what: string, world: World, fault: {kill?: string; fail?: string; calls?: string} = {}, ...more: string[]) =>
  runWithFault([SCENARIO, what, world.dir, ...more], fault, world.env)

const succeed = async (what: string, world: World, ...more: string[]): Promise<string> => {
  const ended = await run(what, world, {}, ...more)
  expect(ended.stderr).toBe('')
  expect(ended.status).toBe(0)
  return ended.stdout
}

const pictures = async (...more: string[]): Promise<{before: string[]; after: string[]}> => {
  const world = createWorld(`reference${more.join('')}`)
  const before = pictureOf(world.dir)
  await succeed('apply', world, ...more)
  const after = pictureOf(world.dir)
  rmSync(join(world.dir, '..'), {recursive: true})
  return {before, after}
}

/** The numbers of the calls of an undisturbed run whose name fits. */
const callsThat = async (name: RegExp, ...more: string[]): Promise<{numbers: Set<number>; total: number}> => {
  const world = createWorld(`calls${more.join('')}`)
  const list = join(world.dir, '../calls')
  await run('apply', world, {calls: list}, ...more)
  const names = readFileSync(list, 'utf8').trim().split('\n').map(line => line.split(' ')[1] ?? '')
  rmSync(join(world.dir, '..'), {recursive: true})
  return {numbers: new Set(names.flatMap((call, index) => (name.test(call) ? [index + 1] : []))), total: names.length}
}

const expectOneOf = (world: World, {before, after}: {before: string[]; after: string[]}, step: string): void => {
  const now = pictureOf(world.dir)
  const wanted = JSON.stringify(now) === JSON.stringify(after) ? after : before
  expect(now, step).toEqual(wanted)
}

/** The state directory keeps nothing of ours lying about: no temporary file, no lock. */
const expectTidy = (world: World): void => {
  const state = world.env['MAILOPS_STATE_DIR'] ?? ''
  const names = existsSync(state) ? (readdirSync(state, {recursive: true}) as string[]) : []
  expect(names.filter(name => /tmp|\.lock/.test(name))).toEqual([])
  const {entries} = listJournals({...statePlace(world.env), state})
  for (const {records} of entries) expect(records.at(-1)?.type).toBe('end')
}

for (const half of ['', '+'])
  for (const onCrash of ['rollback', 'finish'])
    describe(`kill -9 ${half === '' ? 'before' : 'within'} every step, on crash ${onCrash}`, () => {
      test('applying leaves what recover brings to done or undone', {timeout: 1_500_000}, async () => {
        const reference = await pictures(onCrash)
        const writes = await callsThat(/^write/, onCrash)
        const steps = await walk(async n => {
          // Only a write has a middle.
          if (half !== '' && n <= writes.total && !writes.numbers.has(n)) return false
          const world = createWorld(`apply-${half}${onCrash}-${n}`)
          const ended = await run('apply', world, {kill: `${n}${half}`}, onCrash)
          if (ended.signal === null) {
            expect(ended.stderr).toBe('')
            return true
          }
          expect(ended.signal).toBe('SIGKILL')
          await succeed('recover', world)
          expectOneOf(world, reference, `step ${n}`)
          expectTidy(world)
          // And once more: nothing is left to be recovered.
          expect(await succeed('recover', world)).toBe('[]\n')
          rmSync(join(world.dir, '..'), {recursive: true})
          return false
        })
        expect(steps).toBeGreaterThan(40)
      })
    })

test('kill -9 at every step of an undo', {timeout: 1_500_000}, async () => {
  const reference = await pictures()
  const steps = await walk(async n => {
    const world = createWorld(`undo-${n}`)
    await succeed('apply', world)
    const ended = await run('undo', world, {kill: String(n)})
    if (ended.signal === null) {
      expect(ended.stderr).toBe('')
      expect(pictureOf(world.dir)).toEqual(reference.before)
      return true
    }
    await succeed('recover', world)
    expectOneOf(world, reference, `step ${n}`)
    rmSync(join(world.dir, '..'), {recursive: true})
    return false
  })
  expect(steps).toBeGreaterThan(40)
})

for (const onCrash of ['rollback', 'finish'])
  test(`kill -9 at every step of recover itself, for a plan cut off near its end, on crash ${onCrash}`, {timeout: 1_500_000}, async () => {
    const reference = await pictures(onCrash)
    const {total: count} = await callsThat(/^write/, onCrash)
    // Just before the last record, and in the middle.
    for (const cut of [count - 3, Math.floor(count / 2)]) {
      const steps = await walk(async n => {
        const world = createWorld(`recover-${onCrash}-${cut}-${n}`)
        expect((await run('apply', world, {kill: String(cut)}, onCrash)).signal).toBe('SIGKILL')
        const ended = await run('recover', world, {kill: String(n)})
        if (ended.signal !== null) await succeed('recover', world)
        expectOneOf(world, reference, `cut ${cut} step ${n}`)
        expect(await succeed('recover', world)).toBe('[]\n')
        // What was finished has to be as good as applied: it can be undone as a whole.
        if (JSON.stringify(pictureOf(world.dir)) === JSON.stringify(reference.after)) {
          await succeed('undo', world)
          expect(pictureOf(world.dir), `cut ${cut} step ${n}, undone`).toEqual(reference.before)
        }
        rmSync(join(world.dir, '..'), {recursive: true})
        return ended.signal === null
      })
      expect(steps).toBeGreaterThan(5)
    }
  })

for (const code of ['ENOSPC', 'EIO'])
  test(`${code} at every step of applying leaves all as it was, or what recover brings there`, {timeout: 1_500_000}, async () => {
    const reference = await pictures(code)
    const steps = await walk(async n => {
      const world = createWorld(`fail-${code}-${n}`)
      const ended = await run('apply', world, {fail: `${n}:${code}`})
      if (ended.status === 0) {
        expect(pictureOf(world.dir), `step ${n}`).toEqual(reference.after)
        // A failure that nothing depends on (the note of who holds the lock) is no reason to stop.
        const calls = Number(ended.stdout.trim() || 0)
        rmSync(join(world.dir, '..'), {recursive: true})
        return n > calls
      }
      await succeed('recover', world)
      expectOneOf(world, reference, `step ${n}`)
      expectTidy(world)
      rmSync(join(world.dir, '..'), {recursive: true})
      return false
    })
    expect(steps).toBeGreaterThan(40)
  })
