// The language of tables: every trap of the facts that does not need an engine to show.
import fc from 'fast-check'
import {describe, expect, test} from 'vitest'

import {emitTable, type Entry, inlineTable, parseTable, readResult, writeResult} from '../src/table/index.js'

const rules = (source: string, engine: 'regexp' | 'pcre' = 'regexp') =>
  parseTable(source, {engine}).entries.filter((entry): entry is Entry & {kind: 'rule'} => entry.kind === 'rule')
const codes = (source: string, engine: 'regexp' | 'pcre' = 'regexp') =>
  parseTable(source, {engine}).findings.map(({code, line, effect}) => `${line} ${code} ${effect}`)

describe('logical lines', () => {
  test('comments and blank lines vanish, inside a continuation too, and leading blanks stay', () => {
    const [rule] = rules('# c\n\n/a\n# in\n\n b/ x\n\ty\n')
    expect(rule).toMatchObject({line: 3, lastLine: 7, pattern: {text: 'a b'}, result: {text: 'x\ty'}})
  })

  test('an indented first line is dropped with what continues it', () => {
    expect(codes(' /a/ b\n  c\n/d/ e\n')).toEqual(['1 leading-whitespace line-ignored'])
    expect(rules(' /a/ b\n  c\n/d/ e\n').map(({line}) => line)).toEqual([3])
  })

  test('CRLF, a missing final newline and a NUL', () => {
    expect(rules('/a/ b\r\n/c/ d')).toMatchObject([{result: {text: 'b'}}, {result: {text: 'd'}}])
    expect(rules('/a/ b\0 /c/ d\n')).toMatchObject([{result: {text: 'b'}}])
  })

  test('comment lines right above a rule are its own', () => {
    expect(rules('# far\n\n# near\n#\n/a/ b\n')[0]!.comments).toEqual(['# near', '#'])
  })
})

describe('patterns', () => {
  test.each([
    ['/a/ x', 'a', false],
    ['!/a/ x', 'a', true],
    ['!! ! /a/ x', 'a', true],
    ['{a{ x', 'a', false],
    ['!xbx x', 'b', true],
    ['/a\\/b/ x', 'a\\/b', false],
  ])('%s', (source, text, negated) => {
    expect(rules(source)).toMatchObject([{pattern: {text, negated}}])
  })

  test('flags are switches, and `x` of regexp: means basic syntax', () => {
    expect(rules('/a/i x')).toMatchObject([{pattern: {dialect: {icase: false}}}])
    expect(rules('/a/ii x')).toMatchObject([{pattern: {dialect: {icase: true}}}])
    expect(rules('/a\\|b/x x')).toMatchObject([{pattern: {dialect: {extended: false}, parsed: {node: {kind: 'alt'}}}}])
    expect(codes('/a/z x')).toEqual(['1 unknown-flag rule-skipped'])
    expect(codes('/a/OK')).toEqual(['1 unknown-flag rule-skipped'])
    expect(codes('/a/X x', 'pcre')).toEqual(['1 obsolete-flag none'])
  })

  test('a bracket does not hide the delimiter', () => {
    expect(codes('/a[/]b/ x')).toEqual(['1 unknown-flag rule-skipped'])
  })

  test('a second pattern in regexp: only', () => {
    expect(rules('/a/!/b/i x')).toMatchObject([
      {pattern: {negated: false}, second: {negated: true, dialect: {icase: false}}},
    ])
    expect(rules('/a/!!/b/ x')).toMatchObject([{second: {negated: false}}])
    expect(codes('/a/!/b/ x', 'pcre')).toEqual(['1 unknown-flag rule-skipped'])
  })
})

describe('if and endif', () => {
  test('guards nest; any case; `if!` works', () => {
    const source = 'If /a/\nif!/b/\n/c/ x\nendif\n/d/ y\nENDIF\n/e/ z\n'
    expect(rules(source).map(({guards}) => guards)).toEqual([[0, 1], [0], []])
    expect(codes(source)).toEqual([])
  })

  test('a broken if leaves its rules unguarded and its endif stray', () => {
    expect(codes('if /(/\n/a/ x\nendif\n')).toEqual(['1 bad-pattern if-dropped', '3 stray-endif line-ignored'])
    expect(rules('if /(/\n/a/ x\nendif\n')[0]!.guards).toEqual([])
  })

  test('a rule indented below an if is lost', () => {
    expect(codes('if /a/\n /b/ x\nendif\n')).toEqual(['1 text-after-if text-lost'])
  })

  test('unclosed, stray, unrecognized', () => {
    expect(codes('if /a/\n/b/ x\n')).toEqual(['1 unclosed-if rest-hidden'])
    expect(codes('endif x\nfoo\n')).toEqual(['1 stray-endif line-ignored', '2 unrecognized line-ignored'])
  })
})

describe('results', () => {
  test.each([
    ['a$$b', ['a$b']],
    ['$1-x', [1, '-x']],
    ['${10}$(2)', [10, 2]],
    ['$01', [1]],
  ])('%s', (source, parts) => {
    const read = readResult(source)
    expect('result' in read && (read.result.kind === 'text' ? [read.result.text] : read.result.parts)).toEqual(parts)
  })

  test.each(['$0', '$1x', '5$ off', 'x$', '${1?x}', '${}', '${1', '$x'])('%s is wrong', source => {
    expect(readResult(source)).toHaveProperty('problem.code', 'bad-result')
  })

  test('groups out of range, under a negation, or where the parameter forbids them', () => {
    expect(codes('/(a)/ $2')).toEqual(['1 group-out-of-range rule-skipped'])
    expect(codes('!/(a)/ $1')).toEqual(['1 negated-substitution rule-skipped'])
    expect(codes('!!/(a)/ $1')).toEqual([])
    expect(parseTable('/(a)/ $1', {engine: 'pcre', forbidSubstitution: true}).findings).toMatchObject([
      {code: 'substitution-forbidden', effect: 'rule-skipped'},
    ])
    expect(codes('/a/\n')).toEqual(['1 empty-result none'])
  })

  test('writing gives back what was read', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('$', '1', '{', '}', '(', ')', 'a', '$$', '${1}', '$2')), parts => {
        const read = readResult(parts.join(''))
        fc.pre('result' in read)
        expect(readResult(writeResult(read.result))).toEqual(read)
      }),
    )
  })
})

test('inline tables', () => {
  expect(inlineTable('{{/a/ b}, { /c{2}/ d } {/e/ $1}}')).toBe('/a/ b\n/c{2}/ d\n/e/ $1\n')
  expect(() => inlineTable('{/a/ b}')).toThrow('inline table')
  expect(() => inlineTable('{{/a/ b}')).toThrow("missing '}'")
})

describe('any bytes at all', () => {
  const bytes = fc.oneof(
    fc.uint8Array({maxLength: 300}),
    fc
      .array(
        fc.constantFrom(
          '/',
          '(',
          ')',
          '[',
          ']',
          '{',
          '}',
          '\\',
          '\n',
          ' ',
          'a',
          '*',
          '|',
          '$',
          '1',
          ',',
          '!',
          'if ',
          'endif',
          '^',
          '?',
          '#',
          '\0',
          ':',
        ),
        {
          maxLength: 120,
        },
      )
      .map(parts => Buffer.from(parts.join(''), 'latin1')),
  )
  test.each(['regexp', 'pcre'] as const)('%s: the source comes back byte for byte', engine => {
    fc.assert(
      fc.property(bytes, source => {
        const table = parseTable(source, {engine})
        expect(Buffer.from(emitTable(table), 'latin1').equals(Buffer.from(source))).toBe(true)
      }),
      {numRuns: 3000},
    )
  })

  test.each(['regexp', 'pcre'] as const)('%s: big and deep patterns end soon', engine => {
    const started = process.cpuUsage()
    for (const pattern of [
      '('.repeat(100_000),
      '(a'.repeat(5000) + ')'.repeat(5000),
      'a{32767}'.repeat(100),
      '[a'.repeat(50_000),
      '((((a{9}){9}){9}){9}){9}',
      'a|'.repeat(50_000),
      '\\Q'.repeat(50_000),
      '{'.repeat(20_000),
      `a${'*'.repeat(100_000)}`,
      `a${'{2}'.repeat(30_000)}`,
    ])
      parseTable(`/${pattern}/ x\n`, {engine})
    expect(process.cpuUsage(started).user).toBeLessThan(5_000_000)
    expect(() =>
      parseTable('x'.repeat(101), {engine, limits: {tableBytes: 100, patternBytes: 10, nesting: 10}}),
    ).toThrow('more than the limit of 100')
  })
})
