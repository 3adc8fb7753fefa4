// Times and texts as list and show write them.
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import fc from 'fast-check'
import {expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {walkDirectory} from '../../src/effects/reading/directory.js'
import {displayAddress, displayLines, displayText, fit, isoTime} from '../../src/listing/display.js'

test('times are those of Date, whatever came before', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({min: -(2 ** 40), max: 2 ** 40}), {minLength: 1}), all => {
      for (const seconds of all) expect(isoTime(seconds)).toBe(`${new Date(seconds * 1000).toISOString().slice(0, -5)}Z`)
    }),
  )
  expect(isoTime(1e18)).toBe('@1000000000000000000')
})

test('no text of strangers has a control character left', () => {
  fc.assert(
    fc.property(fc.uint8Array(), bytes => {
      const latin1 = Buffer.from(bytes).toString('latin1')
      expect(displayText(latin1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
      expect(displayLines(latin1).join('\n')).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/)
    }),
  )
})

test('addresses as people write them', () => {
  expect([displayAddress(null), displayAddress(''), displayAddress('gr\xc3\xbcn@x'), displayAddress('gr\xfcn@x')]).toEqual(['?', '<>', 'grün@x', 'grün@x'])
  expect([fit('abcdef', 6), fit('abcdefg', 6), fit('ü'.repeat(7), 6), fit('😀'.repeat(4), 6)]).toEqual(['abcdef', 'abcde…', 'üüüüü…', '😀😀😀😀'])
})

test('a directory too large to hold gives the same entries', () => {
  const base = temporaryDirectory('walk')
  const large = join(base, 'large')
  mkdirSync(large)
  const names = Array.from({length: 20_000}, (_, index) => `${'x'.repeat(230)}${index}`)
  for (const name of names) writeFileSync(join(large, name), '')
  const found = new Set<string>()
  expect(walkDirectory(large, (name, type) => void (type === 'file' && found.add(name)))).toBe(true)
  expect(found).toEqual(new Set(names))
})
