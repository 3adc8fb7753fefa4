// Prose broken into lines: every word stays, in order, and no line is too long but for one word.
import fc from 'fast-check'
import {expect, test} from 'vitest'

import {wrapped} from '../../src/output/wrap.js'

test('every word stays, and only a single word is longer than a line', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[!-~]{1,30}$/)), fc.integer({min: 1, max: 40}), (words, width) => {
      const lines = wrapped(words.join(' '), width)
      expect(lines.join(' ')).toBe(words.join(' '))
      for (const line of lines) if (line.includes(' ')) expect(line.length).toBeLessThanOrEqual(width)
    }),
  )
  expect(wrapped('one two three', 7)).toEqual(['one two', 'three'])
  expect(wrapped('', 7)).toEqual([''])
})
