// Broken and hostile files: refused with file, line and column, or read without harm; every row of the facts' table
import {describe, expect, test} from 'vitest'

import {openDocument, walk} from '../../dist/document/document.js'
import {patch} from '../../dist/document/patch.js'
import {spotOf, type Spot} from '../../dist/document/edit.js'
import {Places} from '../../dist/text/position.js'
import {verifyPatch} from '../../dist/document/verify.js'
import {readConfig} from '../../dist/inventory/read-config.js'

const read = (format: 'xml' | 'json', content: string | Uint8Array) =>
  readConfig(`file.${format}`, typeof content === 'string' ? Buffer.from(content) : content, {format, both: true})

const entities = Array.from({length: 20}, (_, n) => `<!ENTITY e${n + 1} "&e${n};&e${n};">`).join('')

describe('XML', () => {
  test.each([
    ['billion laughs', `<!DOCTYPE r [<!ENTITY e0 "ha">${entities}]><r>&e20;</r>`, 'DOCTYPE'],
    ['an external entity', '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>', 'DOCTYPE'],
    ['a bare document type', '<!DOCTYPE html><r/>', 'DOCTYPE'],
    ['mismatched tags', '<r><a></b></r>', 'BROKEN_XML'],
    ['an attribute twice', '<r a="1" a="2"/>', 'BROKEN_XML'],
    ['two roots', '<r/><r/>', 'BROKEN_XML'],
    ['a NUL', '<r>a\0b</r>', 'BROKEN_XML'],
    ['an unknown entity', '<r>&nbsp;</r>', 'BROKEN_XML'],
    ['a bare ampersand', '<r>a & b</r>', 'BROKEN_XML'],
    ['nothing', '', 'BROKEN_XML'],
    ['white space', ' \r\n ', 'BROKEN_XML'],
    ['a cut', '<r><a>C:\\Mail\\', 'BROKEN_XML'],
    ['deep nesting', '<a>'.repeat(200_000) + '</a>'.repeat(200_000), 'TOO_DEEP'],
    ['text behind the end', '<r/>x', 'BROKEN_XML'],
    ['no XML at all', 'MZ\u0090', 'BROKEN_XML'],
    ['bytes that are no UTF-8', Buffer.from('<r>\n caf\xe9</r>', 'latin1'), 'ENCODING'],
    ['UTF-16 cut in a character', Buffer.concat([Buffer.from('\ufeff<r/>', 'utf16le'), Buffer.from([0x41])]), 'ENCODING'],
    ['half a surrogate pair', Buffer.from('\ufeff<r>\ud800</r>', 'utf16le'), 'ENCODING'],
    ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x3c, 0, 0, 0]), 'ENCODING'],
    ['an encoding of several bytes', '<?xml version="1.0" encoding="Shift_JIS"?><r/>', 'ENCODING'],
  ])('%s', (_, content, code) => expect(read('xml', content).problem).toMatchObject({code}))

  test('the place is that of the mistake', () => {
    expect(read('xml', '<r>\n  <a>x</b>\n</r>').problem).toMatchObject({line: 2, column: expect.toSatisfy((n: number) => n >= 7 && n <= 10)})
    expect(read('xml', Buffer.from('<r>\n caf\xe9</r>', 'latin1')).problem).toMatchObject({line: 2, column: 5})
  })

  test('names of JavaScript objects are names like others', () => {
    const {problem, values} = read('xml', String.raw`<__proto__ constructor="C:\a\b"><__proto__ toString="C:\c\d">C:\e\f</__proto__><hasOwnProperty>C:\g\h</hasOwnProperty></__proto__>`)
    expect(problem).toBeNull()
    expect(values.map(({value}) => value).toSorted()).toEqual([String.raw`C:\a\b`, String.raw`C:\c\d`, String.raw`C:\e\f`, String.raw`C:\g\h`])
    expect(({} as Record<string, unknown>)['constructor']).toBe(Object)
  })

  test('an attribute that xml2js loses is refused, not lost', () => {
    expect(read('xml', '<r __proto__="C:\\c\\d"/>').problem).toMatchObject({code: 'PARSERS_DISAGREE'})
  })

  test('a namespace without a declaration, comments and CDATA pass', () => {
    expect(read('xml', '<r xsi:nil="true"><!-- a --><x:y><![CDATA[a]]><![CDATA[b]]></x:y><?pi?></r>').problem).toBeNull()
  })

  test('a long single line is read', {timeout: 60_000}, () => {
    expect(read('xml', `<r>${'<p a="C:\\Mail\\x"/>'.repeat(50_000)}</r>`).values).toHaveLength(50_000)
  })
})

describe('JSON', () => {
  test.each([
    ['nothing', ''], ['a cut', '{"a": "C:\\\\Ma'], ['a cut after a comma', '{"a": 1,'], ['a trailing comma', '{"a": 1,}'], ['comments', '{/* x */}'], ['single quotes', "{'a': 1}"],
    ['a leading zero', '[01]'], ['NaN', '[NaN]'], ['text behind the end', '{} x'], ['a raw line end in a string', '["a\nb"]'], ['a bad escape', String.raw`["\x"]`], ['a NUL', '["a\0b"]'], ['two values', '1 2'],
  ])('%s', (_, content) => expect(read('json', content).problem).toMatchObject({code: 'BROKEN_JSON', line: expect.any(Number)}))

  test('deep nesting', () => expect(read('json', '['.repeat(200_000)).problem).toMatchObject({code: 'TOO_DEEP'}))

  test('twice the same member is told, and both are found', () => {
    const {duplicates, values, problem} = read('json', String.raw`{"a": {"p": "C:\\x\\y", "p": "C:\\z\\y"}, "__proto__": {"p": "C:\\q\\r"}}`)
    expect(problem).toBeNull()
    expect(duplicates).toMatchObject([{pointer: '/a/p', line: 1}])
    expect(values.map(({location}) => location)).toEqual(['/a/p', '/a/p#2', '/__proto__/p'])
    expect(({} as Record<string, unknown>)['p']).toBeUndefined()
  })

  test('a string of thirty megabytes is no harm', {timeout: 60_000}, () => {
    expect(read('json', `{"a": "${'x'.repeat(30_000_000)}"}`).problem).toBeNull()
  })
})

describe('places that are odd', () => {
  const edit = (format: 'xml' | 'json', content: string | Uint8Array, location: string, after: string) => {
    const document = openDocument('f', typeof content === 'string' ? Buffer.from(content) : content, format)
    let spot: Spot | undefined
    walk(document, [{leaf: leaf => leaf.location() === location && (spot = spotOf('f', leaf, new Places(document.decoded.text)))}])
    const edits = [{...spot!, kind: 'other' as const, after, why: ''}]
    const bytes = patch(document, edits)
    verifyPatch(document, bytes, edits)
    return Buffer.from(bytes).toString('utf8')
  }
  test.each([
    ['<r><a /></r>', '/r/a', 'x&y', '<r><a>x&amp;y</a></r>'],
    ['<r><a  b = "1"/></r>', '/r/a', 'x', '<r><a  b = "1">x</a></r>'],
    ['<r><a></a></r>', '/r/a', 'x', '<r><a>x</a></r>'],
    ['<r><a>x</a></r>', '/r/a', '', '<r><a></a></r>'],
    ['<r><a><![CDATA[x]]></a></r>', '/r/a', 'a]]>b', '<r><a><![CDATA[a]]]]><![CDATA[>b]]></a></r>'],
    ["<r a='x' b=\"y\"/>", '/r/@a', 'it\'s "<"', "<r a='it&apos;s \"&lt;\"' b=\"y\"/>"],
    ['<r b=">" a="x"/>', '/r/@a', 'y', '<r b=">" a="y"/>'],
    ['<r ba="x" a="x"/>', '/r/@a', 'y', '<r ba="x" a="y"/>'],
    ['<r>\u{1f600}<a>x</a></r>', '/r/a', 'y', '<r>\u{1f600}<a>y</a></r>'],
    ['<r><a>x</a><a>y</a></r>', '/r/a[2]', 'z', '<r><a>x</a><a>z</a></r>'],
    ['<r><a>x</a></r>', '/r/a', 'a\rb', '<r><a>a&#13;b</a></r>'],
  ])('%s', (content, location, after, wanted) => expect(edit('xml', content, location, after)).toBe(wanted))

  test('a character that the encoding lacks becomes a reference', () => {
    const bytes = Buffer.from('<?xml version="1.0" encoding="iso-8859-1"?><r caf\xe9="x">\xe9</r>', 'latin1')
    expect(Buffer.from(edit('xml', bytes, '/r/@caf\xe9', '\u4e2d'))).toBeTruthy()
    expect(edit('xml', bytes, '/r/@caf\xe9', '\u4e2d')).toContain('&#20013;')
  })
  test.each([['[1, "a"]', '/0', '25', '[25, "a"]'], ['[1, "a"]', '/0', 'x', '["x", "a"]'], ['{"a/b": "é\\u00e9"}', '/a~1b', 'C:\\x "y"', String.raw`{"a/b": "C:\\x \"y\""}`]])('%s', (content, location, after, wanted) =>
    expect(edit('json', content, location, after)).toBe(wanted))
  test('a value that comments or elements stand in is never written over', () => {
    expect(() => edit('xml', '<r><a>C:\\x<!-- y --></a></r>', '/r/a', 'z')).toThrow(/cannot be changed/)
  })
})
