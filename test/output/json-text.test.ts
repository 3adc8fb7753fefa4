// JSON on a terminal: the same value, and nothing in it that a terminal obeys.
import fc from 'fast-check'
import {expect, test} from 'vitest'

import {jsonText} from '../../src/output/json-text.js'

test('DEL, C1 controls and bidirectional marks are escaped; the value stays', () => {
  expect(jsonText({subject: 'a\u009b2J\u007f\u202eb\u{e0041}\n'})).toBe(String.raw`{"subject":"a\u009b2J\u007f\u202eb\udb40\udc41\n"}`)
  expect(jsonText(['ü', 1], 2)).toBe('[\n  "ü",\n  1\n]')
})

test('whatever the value, it is read back as it was and has no control character but the ends of lines', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({unit: 'binary'}), fc.constantFrom(0, 2), (value, text, indent) => {
      const all = JSON.parse(JSON.stringify({value, [text]: text})) as unknown
      const out = jsonText(all, indent)
      expect(JSON.parse(out)).toEqual(all)
      expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
    }),
  )
})
