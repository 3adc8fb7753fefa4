// Patterns of addresses and texts, globs, ages and sizes: what matches, what does not, what is refused.
import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {describe as describeError} from 'mailops/core'
import {parseAge} from '../../src/selection/age.js'
import {compileGlob, isGlob, unescaped} from '../../src/selection/glob.js'
import {addressMatcher, canonicalAddress} from '../../src/selection/pattern.js'
import {parseSize} from '../../src/selection/size.js'
import {textMatcher} from '../../src/selection/text-pattern.js'

const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')
const thrown = (work: () => unknown): unknown => {
  try {
    work()
  } catch (error) {
    return error // what the test is about
  }
  throw new Error('nothing was thrown')
}
const usage = (work: () => unknown): string => {
  const {code, exit, message} = describeError(thrown(work))
  expect({code, exit}).toEqual({code: 'USAGE', exit: 64})
  return message
}

describe('address patterns', () => {
  test.each([
    // pattern, matching, not matching
    ['', [''], ['a', '<>', '#@[]', '@']],
    ['<>', [''], ['<>']],
    ['a@b.example', ['a@b.example', 'a@B.Example'], ['A@b.example', 'aa@b.example', 'a@b.example.']],
    ['a@b.example', [], ['a@b', '', 'x@a@b.example']],
    ['A@B', ['A@b'], ['a@b']],
    ['#@[]', ['#@[]'], ['', '#']],
    ['root', ['root'], ['Root', 'root@x']],
    ['@b.example', ['a@b.example', 'x@y@B.EXAMPLE', '@b.example'], ['a@x.b.example', 'b.example', '']],
    ['@*.b.example', ['a@x.b.example', 'a@X.Y.b.EXAMPLE'], ['a@b.example', 'a@xb.example', 'x.b.example']],
    ['@mail?.b', ['a@mail1.b'], ['a@mail.b', 'a@mail12.b']],
    ['user*@B', ['user@b', 'user-1@b'], ['User@b', 'user@c', 'user']],
    ['*-return-*', ['list-return-5@x', 'LIST-RETURN-5@x', 'a@-return-'], ['list@x']],
    ['*', ['', 'a', 'a@b'], []],
    ['*@*', ['a@b', '@'], ['', 'a']],
    ['a\\*@b', ['a*@b'], ['ax@b', 'a\\*@b']],
    ['/^bounce/', ['bounce@x'], ['Bounce@x', 'a-bounce@x']],
    ['/bounce/i', ['a-BOUNCE@x'], ['a@b']],
    ['/^$/', [''], ['a']],
    ['/a/b/', ['xa/b'], ['a']],
    ['/C=de/S=x/@gw', ['/C=de/S=x/@GW'], ['x']],
    ['é@x', ['\xe9@x', `${utf8('é')}@x`], ['e@x']],
    ['€@x', [`${utf8('€')}@x`], ['\u20ac@x'.slice(1)]],
    ['/é$/', ['caf\xe9', utf8('café')], ['cafe']],
    ['*é@x', ['a\xe9@x', utf8('aé@x')], []],
  ] as const)('%j', (pattern, yes, no) => {
    const matches = addressMatcher([pattern], 'sender')
    for (const address of yes) expect(matches(address), address).toBe(true)
    for (const address of no) expect(matches(address), address).toBe(false)
  })

  test('bytes beyond ASCII have no case: 0xC0 is not 0xE0', () => {
    expect(addressMatcher(['a@\xc0'], 'sender')('a@\xe0')).toBe(false)
    expect(canonicalAddress('A@\xc0B')).toBe('A@\xc0b')
  })

  test('many patterns mean any of them, whatever their kinds', () => {
    const patterns = ['', 'a@b', '@c', '*x', '/y$/']
    const matches = addressMatcher(patterns, 'sender')
    const single = patterns.map(pattern => addressMatcher([pattern], 'sender'))
    for (const address of ['', 'a@b', 'q@c', 'q@x', 'q@y', 'q@z', 'a@B'])
      expect(matches(address), address).toBe(single.some(one => one(address)))
  })

  const plainAddress = fc
    .uint8Array({min: 1, max: 255, minLength: 1, maxLength: 30})
    .map(raw => Buffer.from(raw).toString('latin1').replace(/[*?\\]/g, '@'))

  test('an address matches itself, also with its domain in other case', () =>
    fc.assert(
      fc.property(plainAddress, address => {
        fc.pre(!address.startsWith('@') && !address.startsWith('/') && address !== '<>')
        const at = address.lastIndexOf('@')
        const domain = at === -1 ? '' : address.slice(at)
        const upper = address.slice(0, address.length - domain.length) + domain.replace(/[a-z]/g, c => c.toUpperCase())
        const matches = addressMatcher([address], 'sender')
        expect(matches(address)).toBe(true)
        expect(matches(upper)).toBe(true)
        expect(matches(`${address}x`)).toBe(false)
        expect(matches(`x${address}`)).toBe(false)
      }),
    ))

  test.each([
    ['/(/', /bad regular expression/],
    ['/a', /closing/],
    ['/a/g', /flags 'g'/],
    ['//', /empty/],
    ['@', /domain/],
    ['a\0b', /NUL/],
  ])('%j is refused and named', (pattern, reason) => {
    const message = usage(() => addressMatcher(['ok@x', pattern], 'not-sender'))
    expect(message).toContain(`--not-sender '${pattern}'`)
    expect(message).toMatch(reason)
  })
})

describe('globs', () => {
  // The definition, exponential and all.
  const slow = (pattern: string, text: string): boolean => {
    if (pattern === '') return text === ''
    if (pattern[0] === '*') return slow(pattern.slice(1), text) || (text !== '' && slow(pattern, text.slice(1)))
    return text !== '' && (pattern[0] === '?' || pattern[0] === text[0]) && slow(pattern.slice(1), text.slice(1))
  }

  test('as the definition says', () =>
    fc.assert(
      fc.property(fc.stringMatching(/^[ab*?]{0,8}$/), fc.stringMatching(/^[ab]{0,10}$/), (pattern, text) => {
        expect(compileGlob(pattern)(text)).toBe(slow(pattern, text))
      }),
      {numRuns: 5000},
    ))

  test('escapes', () => {
    expect(isGlob('a\\*b')).toBe(false)
    expect(isGlob('a\\\\*b')).toBe(true)
    expect(unescaped('a\\*\\?\\\\\\x')).toBe('a*?\\\\x')
    expect(compileGlob('\\**\\?')('*abc?')).toBe(true)
    expect(compileGlob('\\**\\?')('xabc?')).toBe(false)
  })

  test('no pattern is catastrophic', () => {
    const text = 'a'.repeat(5_000)
    expect(compileGlob(`${'*a'.repeat(500)}*b`)(text)).toBe(false)
    expect(compileGlob(`${'*?a'.repeat(500)}*b*`)(text)).toBe(false)
    expect(compileGlob(`${'*'.repeat(5_000)}a`)(text)).toBe(true)
  })
})

describe('text patterns', () => {
  test.each([
    ['invoice', ['Your INVOICE', 'invoice'], ['in voice', '']],
    ['Re: *', ['re: x', 'RE: '], ['x Re: y']],
    ['*café?', ['ein CAFÉ!'], ['café']],
    ['really\\?', ['Oh REALLY?'], ['really!']],
    ['', [''], ['a']],
    ['/^\\d+$/', ['12'], ['a12']],
    ['@spam.example', ['Joe <joe@spam.example>'], ['joe@ham.example']],
  ] as const)('%j', (pattern, yes, no) => {
    const matches = textMatcher(pattern, 'subject', 'text')
    for (const text of yes) expect(matches(text), text).toBe(true)
    for (const text of no) expect(matches(text), text).toBe(false)
  })

  test('bytes: a word typed in UTF-8 is found in UTF-8 and in latin1', () => {
    const matches = textMatcher('café', 'header', 'bytes')
    expect([utf8('un café'), 'un caf\xe9', 'un cafe'].map(matches)).toEqual([true, true, false])
  })

  test('a bad regex is refused', () =>
    expect(usage(() => textMatcher('/[/', 'subject', 'text'))).toContain("--subject '/[/'"))
})

describe('ages and sizes', () => {
  test.each([
    ['90m', 5_400],
    ['36h', 129_600],
    ['2d', 172_800],
    ['1w', 604_800],
    ['1d12h', 129_600],
    ['1w1d1h1m1s', 694_861],
    ['0s', 0],
  ])('age %s is %i seconds', (text, seconds) => expect(parseAge(text, 'older-than')).toBe(seconds))

  test.each(['', '2', 'd', '2D', '2 d', '-2d', '1.5d', '12h1d', '1d1d', '2days', '99999999999999999w', '2d\n'])(
    'age %j is refused',
    text => expect(usage(() => parseAge(text, 'older-than'))).toContain(`--older-than '${text}'`),
  )

  test.each([
    ['0', 0],
    ['512', 512],
    ['10k', 10_240],
    ['10K', 10_240],
    ['1M', 1_048_576],
    ['1.5m', 1_572_864],
    ['2G', 2_147_483_648],
    ['1t', 1_099_511_627_776],
  ])('size %s is %i bytes', (text, bytes) => expect(parseSize(text, 'larger-than')).toBe(bytes))

  test.each(['', 'k', '-1', '1.5', '1kB', '10 k', '1e3', '1,5M', '9999999T', '5constructor'])(
    'size %j is refused',
    text => expect(usage(() => parseSize(text, 'larger-than'))).toContain(`--larger-than '${text}'`),
  )
})
