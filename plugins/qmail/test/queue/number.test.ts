// Message numbers: what counts as one, and that no two forms of one number exist.
import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {canonical, compareNumbers, formatNumber, parseNumber, splitOf} from '../../src/queue/number.js'

const anyNumber = fc.bigInt({min: 1n, max: 2n ** 64n - 1n}).map(canonical)

describe('message numbers', () => {
  test.each(['1', '23', '999999999999999', '9007199254740991', '9007199254740993', '18446744073709551615'])(
    '%s is one',
    name => expect(String(parseNumber(name))).toBe(name),
  )

  test.each([
    '',
    '0',
    '007',
    '-1',
    '+1',
    '1.5',
    '1e3',
    '0x10',
    ' 1',
    '1 ',
    '1\n',
    '.',
    '..',
    '../../etc',
    '١',
    '18446744073709551616',
    '99999999999999999999',
    '123456789012345678901',
    '1234567890123456789x',
  ])('%j is none', name => expect(parseNumber(name)).toBeUndefined())

  test('a number is a bigint only beyond 2^53 - 1', () => {
    expect(parseNumber('9007199254740991')).toBe(9007199254740991)
    expect(parseNumber('9007199254740992')).toBe(9007199254740992n)
  })

  test('parse and format are inverse, for every unsigned long', () =>
    fc.assert(fc.property(anyNumber, n => parseNumber(formatNumber(n)) === n)))

  test('what is parsed is what the name says, whatever the name', () =>
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{0,21}$/)), name => {
        const n = parseNumber(name)
        return n === undefined || formatNumber(n) === name
      }),
    ))

  test('the split is the remainder, for every unsigned long', () =>
    fc.assert(
      fc.property(anyNumber, fc.integer({min: 1, max: 5000}), (n, split) =>
        BigInt(splitOf(n, split)) === BigInt(n) % BigInt(split),
      ),
    ))

  test('order is numeric across both types', () =>
    fc.assert(
      fc.property(anyNumber, anyNumber, (a, b) => {
        const [x, y] = [BigInt(a), BigInt(b)]
        return compareNumbers(a, b) === (x < y ? -1 : x > y ? 1 : 0)
      }),
    ))
})
