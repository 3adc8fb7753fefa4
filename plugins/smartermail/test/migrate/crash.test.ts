// kill -9 at every call that changes a file system, in a migration, its delta and its undo: recovery brings it to before,
// or to as far as it came, from where undo leads back; never a half file, never a lost one.
import {appendFileSync, existsSync, readdirSync, rmSync, unlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {runWithFault, walk} from '../../../../test/support/faults/walk.js'
import {makeWorld, picture, type World} from './world.js'

const SCENARIO = join(import.meta.dirname, 'scenario.mjs')

const makeScene = (): World => {
  const world = makeWorld({domains: [{name: 'example.com'}], mails: 1})
  writeFileSync(join(world.target, 'domainList.xml'), '<old/>')
  writeFileSync(join(world.target, 'greyList.dat'), 'old')
  return world
}

const run = (world: World, what: string, {kill, delta = false}: {kill?: string; delta?: boolean} = {}) =>
  runWithFault([SCENARIO, what, world.installed.service, world.target, world.data, ...(delta ? ['delta'] : [])], kill === undefined ? {} : {kill}, world.env)

const succeed = async (world: World, what: string, options = {}): Promise<any> => {
  const ended = await run(world, what, options)
  expect(ended.stderr).toBe('')
  expect(ended.status).toBe(0)
  return JSON.parse(ended.stdout)
}

const all = (world: World) => ({target: picture(world.target), data: existsSync(world.data) ? picture(world.data) : {}})

/** Without times, which a file that was put back twice does not keep. */
const contents = ({target, data}: ReturnType<typeof all>) =>
  Object.fromEntries(Object.entries({...target, ...data}).map(([name, text]) => [name, text.split(' ')[2]]))

const tidy = (world: World): string[] =>
  [world.target, world.data].filter(existsSync).flatMap(path => readdirSync(path, {recursive: true}) as string[]).filter(name => /\.mailops-.*\.new$/.test(name))

/** Brings a killed run to an end and takes it back, however far it came. */
const bringBack = async (world: World, before: ReturnType<typeof all>, step: string): Promise<'undone' | 'done'> => {
  const recovered = await succeed(world, 'recover')
  expect(tidy(world), `${step}: left behind`).toEqual([])
  const changed = JSON.stringify(all(world)) !== JSON.stringify(before)
  if (changed) await succeed(world, 'undo')
  expect(all(world), `${step}: ${JSON.stringify(recovered)}`).toEqual(before)
  return changed ? 'done' : 'undone'
}

for (const half of ['', '+'])
  test(`a migration, killed ${half === '' ? 'before every call' : 'in the middle of writes'}`, {timeout: 1_500_000}, async () => {
    const outcomes = {undone: 0, done: 0}
    const steps = await walk(async n => {
      // In the middle of a write is of interest where files are written; every third call will do.
      if (half === '+' && n % 3 !== 0 && n < 90) return false
      const world = makeScene()
      const before = all(world)
      const ended = await run(world, 'apply', {kill: `${n}${half}`})
      if (ended.signal === null) {
        expect(ended.stderr).toBe('')
        return true
      }
      outcomes[await bringBack(world, before, `step ${n}${half}`)]++
      rmSync(world.base, {recursive: true})
      return false
    })
    expect(steps).toBeGreaterThan(40)
    expect(outcomes.undone).toBeGreaterThan(5)
    expect(outcomes.done).toBeGreaterThan(1)
  })

test('a delta run, killed before every call', {timeout: 1_500_000}, async () => {
  const steps = await walk(async n => {
    const world = makeScene()
    await succeed(world, 'apply')
    const mails = join(world.installed.domains, 'example.com/Users/info')
    appendFileSync(join(mails, '0.grp'), 'more')
    writeFileSync(join(mails, 'new.grp'), 'new')
    unlinkSync(join(world.installed.domains, 'example.com/accountList.xml'))
    const before = all(world)
    const ended = await run(world, 'apply', {kill: String(n), delta: true})
    if (ended.signal === null) {
      expect(ended.stderr).toBe('')
      return true
    }
    const recovered = await succeed(world, 'recover')
    // Undo would take the newest copy that stands: only when the delta run left something is it the one.
    if (['done', 'partly-done'].includes(recovered[0]?.outcome)) await succeed(world, 'undo')
    if (recovered.length > 0) expect(all(world), `step ${n}: ${JSON.stringify(recovered)}`).toEqual(before)
    rmSync(world.base, {recursive: true})
    return false
  })
  expect(steps).toBeGreaterThan(30)
})

test('an undo, killed before every call, recovered', {timeout: 1_500_000}, async () => {
  const steps = await walk(async n => {
    const world = makeScene()
    const before = all(world)
    await succeed(world, 'apply')
    const after = all(world)
    const ended = await run(world, 'undo', {kill: String(n)})
    if (ended.signal === null) return true
    const step = `step ${n}`
    const recovered = await succeed(world, 'recover')
    const now = all(world)
    // Taken back to the end, or not at all: then the migration stands whole, content by content, and the next undo gets there.
    if (recovered[0]?.outcome === 'rolled-back' || JSON.stringify(now) === JSON.stringify(after)) {
      expect(contents(now), step).toEqual(contents(after))
      await succeed(world, 'undo')
    }
    expect(all(world), `${step}: ${JSON.stringify(recovered)}`).toEqual(before)
    rmSync(world.base, {recursive: true})
    return false
  })
  expect(steps).toBeGreaterThan(25)
})
