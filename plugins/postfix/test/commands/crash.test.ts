// kill -9 at every instant of --in-place --reload and of its undo: the map is whole all the time, recovery brings it to
// done or undone, and then the daemons have read what lies there.
import {chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {afterAll, beforeAll, expect, test} from 'vitest'

import {runWithFault, walk} from '../../../../test/support/faults/walk.js'

const SCENARIO = join(import.meta.dirname, '../support/in-place-scenario.mjs')
const OLD = '# two\n/^a$/ x\n/^b$/ x\n'
const NEW = '/^(a|b)$/ x\n'

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'mailops-in-place-'))
})
afterAll(() => rmSync(root, {recursive: true, force: true}))

interface Scene {
  readonly directory: string
  map(): string
  /** What the daemons read at the last reload; at first the old map. */
  loaded(): string
  run(what: string, kill?: string): ReturnType<typeof runWithFault>
}

const createScene = (name: string): Scene => {
  const directory = join(root, name, 'etc')
  mkdirSync(directory, {recursive: true})
  const map = join(directory, 'map.regexp')
  const loaded = join(root, name, 'loaded')
  for (const file of [map, loaded]) writeFileSync(file, OLD)
  chmodSync(map, 0o640)
  writeFileSync(join(directory, 'postfix'), `#!/bin/sh\ncase "$*" in *reload*) cp ${map} ${loaded};; esac\n`, {mode: 0o755})
  const env = {MAILOPS_STATE_DIR: join(root, name, 'state'), MAILOPS_RUN_DIR: join(root, name, 'run')}
  return {
    directory,
    map: () => readFileSync(map, 'utf8'),
    loaded: () => readFileSync(loaded, 'utf8'),
    run: (what, kill) => runWithFault([SCENARIO, what, directory], kill === undefined ? {} : {kill}, env),
  }
}

const succeed = async (scene: Scene, what: string, step: string): Promise<void> => {
  const ended = await scene.run(what)
  expect(ended.stderr, step).toBe('')
  expect(ended.status, step).toBe(0)
}

/** The map is whole, nothing lies beside it, and what the daemons have is what lies there. */
const expectSettled = (scene: Scene, step: string): void => {
  expect([OLD, NEW], step).toContain(scene.map())
  expect(scene.loaded(), `${step}: what was loaded`).toBe(scene.map())
  expect(statSync(join(scene.directory, 'map.regexp')).mode & 0o777, step).toBe(0o640)
  expect(readdirSync(scene.directory).toSorted(), step).toEqual(['map.regexp', 'postfix'])
}

const walkThrough = (what: 'apply' | 'undo', outcomes: Set<string>): Promise<number> =>
  walk(async n => {
    const scene = createScene(`${what}-${n}`)
    const step = `${what}, step ${n}`
    if (what === 'undo') await succeed(scene, 'apply', step)
    const ended = await scene.run(what, String(n))
    if (ended.signal === null) {
      expect(ended.stderr).toBe('')
      return true
    }
    expect([OLD, NEW], `${step}: torn`).toContain(scene.map())
    await succeed(scene, 'recover', step)
    expectSettled(scene, step)
    outcomes.add(scene.map())
    if (what === 'apply' && scene.map() === NEW) await succeed(scene, 'undo', step)
    expectSettled(scene, step)
    if (what === 'apply') expect(scene.map(), step).toBe(OLD)
    rmSync(join(root, `${what}-${n}`), {recursive: true})
    return false
  })

test('kill -9 before every step of --in-place --reload, then recover', {timeout: 300_000}, async () => {
  const outcomes = new Set<string>()
  expect(await walkThrough('apply', outcomes)).toBeGreaterThan(10)
  expect(outcomes).toContain(OLD)
})

test('kill -9 before every step of its undo, then recover', {timeout: 300_000}, async () => {
  const outcomes = new Set<string>()
  expect(await walkThrough('undo', outcomes)).toBeGreaterThan(8)
  expect(outcomes).toContain(NEW)
})
