// Trashes are found in a directory of the queue's user: what he plants there must not hold us.
import {spawnSync} from 'node:child_process'
import * as fs from 'node:fs'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {sweepTrashes} from '../../src/effects/trash/discard.js'
import {listTrashes} from '../../src/effects/trash/place.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'

test('a pipe or a link in the place of a manifest is told, not waited for', () => {
  const queue = temporaryDirectory('trash')
  const [pipe, link] = ['20260303-094512-5f0a', '20260303-094512-5f0b'].map(id => join(queue, '.mailops-trash', id)) as [string, string]
  for (const path of [pipe, link]) fs.mkdirSync(path, {recursive: true, mode: 0o700})
  expect(spawnSync('mkfifo', [join(pipe, 'manifest.jsonl')]).status).toBe(0)
  fs.symlinkSync('/etc/passwd', join(link, 'manifest.jsonl'))
  expect(listTrashes(queue)).toMatchObject({trashes: [], broken: [{problem: 'its manifest is empty'}, {problem: expect.stringContaining('link')}]})
})

test('a link in the place of a trash that is being emptied goes, and what is behind it stays', () => {
  const base = temporaryDirectory('trash')
  const [queue, victim] = ['queue', 'victim'].map(name => join(base, name)) as [string, string]
  const trash = join(queue, '.mailops-trash')
  fs.mkdirSync(join(trash, '20260303-094512-5f0a.emptying/mess/0'), {recursive: true})
  fs.mkdirSync(join(victim, 'deep'), {recursive: true})
  for (const path of [join(victim, 'kept'), join(victim, 'deep/kept'), join(trash, '20260303-094512-5f0a.emptying/mess/0/17')]) fs.writeFileSync(path, '')
  fs.symlinkSync(victim, join(trash, '20260303-094512-5f0b.emptying'))
  fs.symlinkSync(victim, join(trash, '20260303-094512-5f0a.emptying/mess/1'))
  const before = process.cwd()
  sweepTrashes(queue)
  expect(process.cwd()).toBe(before)
  expect(fs.existsSync(trash)).toBe(false)
  expect(new Set(fs.readdirSync(victim, {recursive: true, encoding: 'utf8'}))).toEqual(new Set(['deep', 'deep/kept', 'kept']))
})

test('a directory that is exchanged while it is emptied: what has come into its place stays', () => {
  const base = temporaryDirectory('trash')
  const [queue, victim] = ['queue', 'victim'].map(name => join(base, name)) as [string, string]
  const condemned = join(queue, '.mailops-trash/20260303-094512-5f0a.emptying')
  fs.mkdirSync(condemned, {recursive: true})
  fs.mkdirSync(victim)
  fs.writeFileSync(join(victim, 'kept'), '')
  const {chdir} = process
  const before = process.cwd()
  process.chdir = path => {
    if (String(path).endsWith('.emptying')) {
      fs.rmdirSync(condemned)
      fs.symlinkSync(victim, condemned)
    }
    chdir(path)
  }
  try {
    expect(() => sweepTrashes(queue)).toThrow(/another directory than a moment ago/)
  } finally {
    process.chdir = chdir
  }
  expect(process.cwd()).toBe(before)
  expect(fs.readdirSync(victim)).toEqual(['kept'])
})
