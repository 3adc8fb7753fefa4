// bounce/N on its way into the trash and back: two become one, and a link in the place of one leads nowhere.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {moveBounce} from '../../src/effects/live/bounces.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'

test('a bounce joins one that is there', () => {
  const base = temporaryDirectory('bounces')
  const [from, to] = [join(base, 'from'), join(base, 'to')]
  fs.writeFileSync(from, 'two')
  fs.writeFileSync(to, 'one ')
  expect(moveBounce(from, to)).toBe(true)
  expect(fs.readFileSync(to, 'utf8')).toBe('one two')
  expect(moveBounce(from, to)).toBe(false)
})

test('a link that the user of the queue put in its place is not read: its file would end in a bounce that he sends', () => {
  const base = temporaryDirectory('bounces')
  const [secret, from, to] = ['secret', 'from', 'to'].map(name => join(base, name)) as [string, string, string]
  fs.writeFileSync(secret, 'of root')
  fs.symlinkSync(secret, from)
  fs.writeFileSync(to, 'one ')
  expect(() => moveBounce(from, to)).toThrow(/ELOOP|link/)
  expect(fs.readFileSync(to, 'utf8')).toBe('one ')
})
