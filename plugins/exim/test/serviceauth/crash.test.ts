// kill -9 at every instant of a renewal of keys and of its undo: the old keys are never lost, and recovery brings them back.
import {existsSync, mkdirSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {afterAll, beforeAll, expect, test} from 'vitest'

import {runWithFault, walk} from '../../../../test/support/faults/walk.js'
import {emulateCpanel, type EmulatedCpanel} from '../support/cpanel.js'

const SCENARIO = join(import.meta.dirname, '../support/serviceauth-scenario.mjs')
const ASIDE = /^serviceauth\.mailops-scenario/

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'mailops-serviceauth-'))
})
afterAll(() => rmSync(root, {recursive: true, force: true}))

interface Scene {
  readonly directory: string
  readonly cpanel: EmulatedCpanel
  readonly before: Record<string, string>
  run(what: string, kill?: string): ReturnType<typeof runWithFault>
}

const createScene = (name: string): Scene => {
  const directory = join(root, name)
  mkdirSync(directory)
  const cpanel = emulateCpanel(directory)
  const env = {MAILOPS_STATE_DIR: join(directory, 'state'), MAILOPS_RUN_DIR: join(directory, 'run')}
  return {
    directory,
    cpanel,
    before: cpanel.picture(),
    run: (what, kill) =>
      runWithFault([SCENARIO, what, cpanel.base, cpanel.restart], kill === undefined ? {} : {kill}, env),
  }
}

const succeed = async (scene: Scene, what: string, step: string): Promise<any> => {
  const ended = await scene.run(what)
  expect(ended.stderr, step).toBe('')
  expect(ended.status, step).toBe(0)
  return JSON.parse(ended.stdout)
}

/** Every old key file is somewhere whole: in serviceauth, or aside. */
const expectKeysExist = ({cpanel, before}: Scene, step: string): void => {
  const now = new Set(Object.values(cpanel.picture()))
  const old = Object.entries(before).filter(([path]) => /\/(send|recv)$/.test(path))
  expect(old).toHaveLength(4)
  for (const [path, seen] of old) expect(now.has(seen), `${step}: ${path}`).toBe(true)
}

const isRenewed = ({cpanel, before}: Scene): boolean =>
  cpanel.picture()['serviceauth/exim/send'] !== before['serviceauth/exim/send']

test(
  'kill -9 before every step of a renewal, then recover: old keys back, or new ones that undo takes back',
  {timeout: 600_000},
  async () => {
    let [kept, rolledBack] = [0, 0]
    const steps = await walk(async n => {
      const scene = createScene(`apply-${n}`)
      const ended = await scene.run('apply', String(n))
      if (ended.signal === null) {
        expect(ended.stderr).toBe('')
        return true
      }
      const step = `step ${n}`
      expectKeysExist(scene, step)
      const movedAside = Object.keys(scene.cpanel.picture()).some(path => ASIDE.test(path) && path.endsWith('/send'))
      await succeed(scene, 'recover', step)
      if (isRenewed(scene)) {
        kept++
        await succeed(scene, 'undo', step)
      } else if (movedAside) {
        rolledBack++
        expect(scene.cpanel.restarts(), `${step}: restarted again`).toBeGreaterThan(0)
      }
      expect(scene.cpanel.picture(), step).toEqual(scene.before)
      expect(existsSync(`${scene.cpanel.base}.mailops-scenario`), step).toBe(false)
      rmSync(scene.directory, {recursive: true})
      return false
    })
    expect(steps).toBeGreaterThan(15)
    expect(kept).toBeGreaterThan(0)
    expect(rolledBack).toBeGreaterThan(2)
  },
)

test('kill -9 before every step of its undo, then recover: the old keys are back', {timeout: 600_000}, async () => {
  const steps = await walk(async n => {
    const scene = createScene(`undo-${n}`)
    await succeed(scene, 'apply', `step ${n}`)
    const ended = await scene.run('undo', String(n))
    if (ended.signal === null) {
      expect(ended.stderr).toBe('')
      return true
    }
    const step = `step ${n}`
    expectKeysExist(scene, step)
    await succeed(scene, 'recover', step)
    // Killed before its journal said anything: nothing was begun, and the undo is still to be had.
    if (isRenewed(scene)) await succeed(scene, 'undo', step)
    expect(scene.cpanel.picture(), step).toEqual(scene.before)
    rmSync(scene.directory, {recursive: true})
    return false
  })
  expect(steps).toBeGreaterThan(8)
})

test('kill -9 before every step of a recovery', {timeout: 600_000}, async () => {
  // By the command that makes no keys: cut off while it waits is what recovery usually finds.
  const cut = 20
  await walk(async n => {
    const scene = createScene(`recover-${n}`)
    await scene.run('apply', String(cut))
    const ended = await scene.run('recover', String(n))
    expectKeysExist(scene, `step ${n}`)
    await succeed(scene, 'recover', `step ${n}`)
    if (isRenewed(scene)) await succeed(scene, 'undo', `step ${n}`)
    expect(scene.cpanel.picture(), `step ${n}`).toEqual(scene.before)
    rmSync(scene.directory, {recursive: true})
    return ended.signal === null
  })
})
