// Header fields and RFC 2047 words, from well-formed to hostile.
import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {decodeHeader} from '../../src/message/encoded-words.js'
import {bodyStart, fieldReader, headerFields, headerText, isFieldName} from '../../src/message/header.js'
import {subjectOf} from '../../src/message/subject.js'

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')

describe('header', () => {
  test.each([
    ['A: b\n\nbody', 6],
    ['A: b\r\n\r\nbody', 8],
    ['\nbody', 1],
    ['A: b\n', -1],
    ['A: b\n\n', 6],
    ['A: b\n\r', -1],
    ['', -1],
  ])('body of %j begins at %i', (text, offset) => {
    const buffer = latin1(`\n\n${text}\n\n`)
    expect(bodyStart(buffer, 2, 2 + text.length)).toBe(offset === -1 ? -1 : offset + 2)
    expect(headerText(buffer, 2, 2 + text.length)).toBe(offset === -1 ? text : text.slice(0, offset))
  })

  const header = [
    'Received: (qmail 7 invoked by uid 0); 1 Jan 2026 00:00:00 -0000',
    '>From somebody',
    'subject : one',
    '\ttwo',
    '   three ',
    'X-Subject: no',
    'To: a@b,\r',
    ' c@d\r',
    'SUBJECT: second',
    'Empty:',
    '',
    'Subject: in the body',
  ].join('\n')
  const text = headerText(latin1(header), 0, header.length)

  test('fields are unfolded, found in any case, and only in the header', () => {
    expect(fieldReader('Subject')(text)).toEqual(['one\ttwo   three', 'second'])
    expect(fieldReader('to')(text)).toEqual(['a@b, c@d'])
    expect(fieldReader('empty')(text)).toEqual([''])
    expect(fieldReader('From')(text)).toEqual([])
    const names = ['Received', 'subject', 'X-Subject', 'To', 'SUBJECT', 'Empty']
    expect(headerFields(text).map(({name}) => name)).toEqual(names)
  })

  test('a name is taken literally', () => {
    expect(fieldReader('X.Y+')('X.Y+: 1\nXaYY: 2\n')).toEqual(['1'])
    expect(fieldReader('$&')('$&: 1\n')).toEqual(['1'])
    expect(['Subject', 'X-1', '$'].every(isFieldName)).toBe(true)
    expect(['', 'a b', 'a:', 'é', 'a\n'].some(isFieldName)).toBe(false)
  })

  test('a megabyte of folding is read in a moment', () => {
    const long = `Subject: ${'x\n '.repeat(300_000)}\nTo: a\n`
    expect(fieldReader('To')(long)).toEqual(['a'])
    expect(headerFields(' :'.repeat(500_000))).toEqual([])
  })
})

describe('encoded words', () => {
  test.each([
    ['plain', 'plain'],
    ['=?utf-8?Q?caf=C3=A9_au_lait?=', 'café au lait'],
    ['=?ISO-8859-1?q?caf=e9?=', 'café'],
    ['=?utf-8?B?5pel5pys?=', '日本'],
    ['=?utf-8?b?5pel5pys?= =?utf-8?b?6Kqe?=', '日本語'],
    ['=?utf-8?B?5pc=?= \t =?UTF-8?B?pQ==?=', '日'],
    ['=?utf-8?Q?a?= b =?utf-8?Q?c?=', 'a b c'],
    ['=?utf-8?Q?a?==?utf-8?Q?b?=', 'ab'],
    ['=?iso-8859-1?Q?=e9?= =?utf-8?Q?=C3=A9?=', 'éé'],
    ['=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=', '日本'],
    ['=?koi8-r?B?8NLJ18XU?=', 'Привет'],
    ['=?us-ascii*en?Q?hi?=', 'hi'],
    ['Re: =?utf-8?Q?x?= [list]', 'Re: x [list]'],
    ['=?utf-8?B?YQ?=', 'a'],
    // Malformed or unknown: as it is.
    ['=?no-such-charset?Q?a?=', '=?no-such-charset?Q?a?='],
    ['=?utf-8?X?a?=', '=?utf-8?X?a?='],
    ['=?utf-8?Q?a=?=', '=?utf-8?Q?a=?='],
    ['=?utf-8?Q?=ZZ?=', '=?utf-8?Q?=ZZ?='],
    ['=?utf-8?B?a?=', '=?utf-8?B?a?='],
    ['=?utf-8?B?a*b?=', '=?utf-8?B?a*b?='],
    ['=?utf-8?Q?a b?=', '=?utf-8?Q?a b?='],
    ['=?utf-8?Q?a', '=?utf-8?Q?a'],
    ['=?utf-8?Q?a?= =?bad?Q?b?=', 'a =?bad?Q?b?='],
    // Not encoded at all.
    ['caf\xc3\xa9', 'café'],
    ['caf\xe9', 'café'],
    ['=?utf-8?Q?a?= \xc3\xa9', 'a é'],
  ])('%j is %j', (value, decoded) => expect(decodeHeader(value)).toBe(decoded))

  const graphemes = fc.string({unit: 'grapheme', minLength: 1})

  test('any text, cut into words anywhere, comes back', () =>
    fc.assert(
      fc.property(graphemes, fc.boolean(), fc.integer({min: 1, max: 5}), (text, b, step) => {
        const bytes = Buffer.from(text, 'utf8')
        const words: string[] = []
        for (let i = 0; i < bytes.length; i += step) {
          const part = bytes.subarray(i, i + step)
          const q = [...part].map(byte => `=${byte.toString(16).padStart(2, '0')}`).join('')
          words.push(b ? `=?utf-8?B?${part.toString('base64')}?=` : `=?UTF-8?q?${q}?=`)
        }
        return decodeHeader(words.join(' ')) === text
      }),
    ))

  test('any bytes give an answer, and long near-words a quick one', () => {
    fc.assert(fc.property(fc.stringMatching(/^[=?\x20-\xff]*$/), text => typeof decodeHeader(text) === 'string'))
    expect(decodeHeader('=?'.repeat(50_000))).toHaveLength(100_000)
    expect(decodeHeader('=?a?q?'.repeat(20_000))).toHaveLength(120_000)
  })

  test('subject of a header', () => {
    expect(subjectOf('Subject: =?utf-8?Q?a?=\n =?utf-8?Q?b?=\nSubject: two\n')).toBe('ab')
    expect(subjectOf('To: x\n')).toBe('')
  })
})
