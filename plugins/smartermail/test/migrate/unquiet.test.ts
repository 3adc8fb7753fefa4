// A source that does not hold still: files that change or go between plan and copy, and a bundle that lies half-way.
import {appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, unlinkSync, writeFileSync} from 'node:fs'
import {randomBytes} from 'node:crypto'
import {join} from 'node:path'

import {applyPlan, listJournals, statePlace, statusOf} from 'mailops/effects'
import {expect, test, vi} from 'vitest'

import {checkOutcome} from '../../dist/effects/migrate/check-outcome.js'
import {copyHandler} from '../../dist/effects/migrate/copy-handler.js'
import {openSource} from '../../dist/effects/migrate/open-source.js'
import {prepareMigration} from '../../dist/effects/migrate/prepare.js'
import {openTarget} from '../../dist/effects/migrate/target.js'
import {parseWishes} from '../../dist/migrate/wishes.js'
import {makeWorld, picture, type World} from './world.js'

const MAP = String.raw`C:\SmarterMail=D:\Mail`
const copied = (world: World): string[] => Object.keys(picture(world.data)).filter(name => !name.startsWith('.mailops-'))

test('what changes or goes while it is copied is left, named, and brought by the next run', async () => {
  const world = makeWorld({domains: [{name: 'example.com'}], mails: 3})
  for (const [name, value] of Object.entries(world.env)) vi.stubEnv(name, value)
  try {
    const place = statePlace()
    const opened = await openSource(world.installed.service, {configOnly: false, files: null, passphraseFile: undefined})
    const wishes = parseWishes({map: [MAP]})
    const migration = await prepareMigration(opened, openTarget(world.target), {wishes, domains: world.data, delta: false, force: false, place})
    const mails = join(world.installed.domains, 'example.com/Users/info')
    appendFileSync(join(mails, '0.grp'), 'more')
    unlinkSync(join(mails, '1.grp'))
    const moved = new Set<string>()
    const {bulk} = await applyPlan(migration.plan, {
      place, handlers: [copyHandler({source: opened.source, plan: migration.copy, moved})], verify: () => checkOutcome(migration, moved),
    })
    expect(new Set([...moved].map(name => name.split('/').at(-1)))).toEqual(new Set(['0.grp', '1.grp']))
    expect(bulk).toMatchObject([{complete: false}])
    expect(copied(world)).toContain('example.com/Users/info/2.grp')
    expect(copied(world)).not.toContain('example.com/Users/info/0.grp')
    expect(readdirSync(world.data).filter(name => name.startsWith('.mailops-'))).toEqual([])
    const {entries} = listJournals(place)
    expect(entries.map(entry => statusOf(entry, entries))).toEqual(['partly-done'])
  } finally {
    vi.unstubAllEnvs()
  }
  const next = world.run('smartermail', 'migrate', world.installed.service, world.target, '--map', MAP, '--domains', world.data, '--delta', '--yes')
  expect(next.status, next.stderr).toBe(0)
  expect(readFileSync(join(world.data, 'example.com/Users/info/0.grp'), 'latin1')).toMatch(/more$/)
  expect(existsSync(join(world.data, 'example.com/Users/info/1.grp'))).toBe(false)
})

test('a bundle that is damaged behind its first files leaves nothing of them', () => {
  const world = makeWorld({domains: [{name: 'example.com'}], mails: 1})
  const mails = join(world.installed.domains, 'example.com/Users/info')
  for (let n = 10; n < 20; n++) writeFileSync(join(mails, `${n}.grp`), randomBytes(1 << 20))
  const bundle = join(world.base, 'b.tar.gz')
  expect(world.run('smartermail', 'bundle', world.installed.service, '-o', bundle).status).toBe(0)
  const bytes = readFileSync(bundle)
  bytes[Math.trunc(bytes.length * 0.8)]! ^= 0x40
  writeFileSync(bundle, bytes)
  mkdirSync(world.data)
  writeFileSync(join(world.target, 'domainList.xml'), '<old/>')
  const before = picture(world.target)
  const ended = world.run('smartermail', 'migrate', bundle, world.target, '--map', MAP, '--domains', world.data, '--yes')
  expect(ended.status, ended.stderr).toBe(65)
  expect(ended.stderr).toContain('BUNDLE_DAMAGED')
  expect(readdirSync(world.data, {recursive: true})).toEqual([])
  expect(picture(world.target)).toEqual(before)
  expect(world.run('history').stdout).toContain('rolled-back')
})

test('what a delta run has replaced is told, and is no part of the next bundle', () => {
  const world = makeWorld({domains: [{name: 'example.com'}], mails: 1})
  const migrate = (...args: string[]) => world.run('smartermail', 'migrate', world.installed.service, world.target, '--map', MAP, '--domains', world.data, '--yes', ...args)
  expect(migrate().stderr).not.toContain('is kept until undone')
  appendFileSync(join(world.installed.domains, 'example.com/Users/info/0.grp'), 'more')
  expect(migrate('--delta').stderr).toContain(`is kept until undone in .mailops-* below ${world.data}`)
  expect(readdirSync(world.data).some(name => name.startsWith('.mailops-'))).toBe(true)
  const bundle = join(world.base, 'next.tar.gz')
  expect(world.run('smartermail', 'bundle', world.target, '--domains', world.data, '-o', bundle).status).toBe(0)
  expect(readFileSync(`${bundle}.manifest.json`, 'utf8')).toContain('0.grp')
  expect(readFileSync(`${bundle}.manifest.json`, 'utf8')).not.toContain('.mailops-')
})
