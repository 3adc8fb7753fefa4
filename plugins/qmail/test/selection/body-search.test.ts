// Search in bodies that come in pieces: the pieces must make no difference.
import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {bodySearch, REGEX_WINDOW, type BodySearch} from '../../src/selection/body-search.js'

const found = (search: BodySearch, message: string, sizes: readonly number[]): boolean => {
  search.reset()
  const bytes = Buffer.from(message, 'latin1')
  // A reused buffer, as a reader has it: what a search keeps must be its own.
  const reused = Buffer.alloc(Math.max(1, ...sizes) + 2)
  for (let offset = 0, i = 0; offset < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    reused.fill('Z')
    const copied = bytes.copy(reused, 1, offset, offset + size)
    if (search.push(reused, 1, 1 + copied)) return true
    offset += copied
  }
  return search.finish()
}
const anyHow = (pattern: string, body: string, header = 'Subject: needle\n\n'): boolean => {
  const search = bodySearch([pattern], 'body')
  const answers = [[1], [2], [3, 1], [7], [1000], [100_000]].map(sizes => found(search, header + body, sizes))
  expect(new Set(answers).size, JSON.stringify(answers)).toBe(1)
  return answers.includes(true)
}

describe('body search', () => {
  test.each([
    ['needle', 'a NeeDle b', true],
    ['needle', 'a needl e b', false],
    ['needle', 'needle', true],
    ['needle', '', false],
    ['a.c', 'abc', false],
    ['a.c', 'a.c', true],
    ['[x]\\*', 'y[X]*', true],
    ['what?', 'WHAT?', true],
    ['a\\b', 'a\\b', true],
    ['/^foo$/', 'a\nfoo\nb', true],
    ['/^foo$/', 'xfoo\nfoox', false],
    ['/foo$/', 'foobar', false],
    ['/foo$/', 'bar foo', true],
    ['/foo(?!bar)/', 'foobar foobar', false],
    ['/foo(?!bar)/', 'foobar foob', true],
    ['/\\bneedle\\b/', 'needles', false],
    ['/NEEDLE/i', 'a needle', true],
    ['/a[^]*z/', `a${'b'.repeat(200)}z`, true],
  ])('%s in %j: %s', (pattern, body, expected) => expect(anyHow(pattern, body)).toBe(expected))

  test('the header is not searched, however it ends', () => {
    expect(anyHow('needle', 'x', 'A: needle\nB: needle\n\n')).toBe(false)
    expect(anyHow('needle', 'needle', 'A: x\r\n\r\n')).toBe(true)
    expect(anyHow('needle', 'needle', '\n')).toBe(true)
    expect(anyHow('needle', '', 'A: needle\nno body needle\n')).toBe(false)
    expect(anyHow('/^needle/', 'needle', 'A: x\n\n')).toBe(true)
  })

  test('^ is a line begin and no chunk begin, far into the body too', () => {
    const body = `${'x'.repeat(20_000)}foo${'y'.repeat(20_000)}`
    expect(anyHow('/^foo/', body)).toBe(false)
    expect(anyHow('/foo$/', body)).toBe(false)
    expect(anyHow('/^foo/', body.replace('xf', '\nf'))).toBe(true)
    expect(anyHow('/^/', 'x')).toBe(true)
  })

  test('a match of up to the window is found over any border', () => {
    const body = `${'x'.repeat(9_000)}<${'m'.repeat(REGEX_WINDOW - 2)}>${'y'.repeat(9_000)}`
    const search = bodySearch(['/<m*>/'], 'body')
    for (const size of [1, 100, 4096, 4097, 65_536]) expect(found(search, `\n${body}`, [size]), `${size}`).toBe(true)
  })

  test('a match that runs on for ever is found', () => {
    const search = bodySearch(['/foo[^]*/'], 'body')
    const message = `\nfoo${'x'.repeat(50_000)}`
    for (const size of [10, 1000, 65_536]) expect(found(search, message, [size]), `${size}`).toBe(true)
  })

  test('several patterns mean any', () => {
    const search = bodySearch(['one', '/t.o/'], 'body')
    expect(found(search, '\nx ONE', [2])).toBe(true)
    expect(found(search, '\ntwo', [2])).toBe(true)
    expect(found(search, '\nthree', [2])).toBe(false)
  })

  test('UTF-8 text is found as UTF-8, other letters do not fold', () => {
    expect(anyHow('é', Buffer.from('café', 'utf8').toString('latin1'))).toBe(true)
    expect(anyHow('é', 'caf\xe9')).toBe(true)
    expect(anyHow('é', 'caf\xc9')).toBe(false)
  })

  test('a plain text is found wherever the borders are', () =>
    fc.assert(
      fc.property(
        fc.stringMatching(/^[ab\n.]{1,5}$/),
        fc.stringMatching(/^[abAB\n.]{0,60}$/),
        fc.array(fc.integer({min: 1, max: 20}), {minLength: 1, maxLength: 5}),
        (pattern, body, sizes) =>
          found(bodySearch([pattern], 'body'), `H: v\n\n${body}`, sizes) === body.toLowerCase().includes(pattern),
      ),
      {numRuns: 2000},
    ))

  test('a regex is found wherever the borders are', () =>
    fc.assert(
      fc.property(
        fc.constantFrom('^a', 'b$', 'a+b', '\\ba', 'a(?=b)', '(?<=a)b', 'a(?!b)', '^$', 'a\\n+b'),
        fc.stringMatching(/^[ab\n ]{0,40}$/).map(text => text.repeat(20)),
        fc.array(fc.integer({min: 1, max: 300}), {minLength: 1, maxLength: 5}),
        (source, body, sizes) => {
          const expected = body !== '' && new RegExp(source, 'm').test(body)
          return found(bodySearch([`/${source}/`], 'body'), `H: v\n\n${body}`, sizes) === expected
        },
      ),
      {numRuns: 2000},
    ))

  test('the empty text and a bad regex are refused', () => {
    expect(() => bodySearch([''], 'body')).toThrow(/empty text/)
    expect(() => bodySearch(['/(/'], 'not-body')).toThrow(/--not-body '\/\(\/'/)
  })
})
