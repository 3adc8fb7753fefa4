// Every code of lint-regexp, and for those that Postfix warns about, its own warning.
import {afterAll, describe, expect, test} from 'vitest'

import {AUTOMATON_LIMITS} from '../src/automaton/ruleset.js'
import {confirmed, unforeseenWarnings} from '../src/effects/engine/confirm.js'
import {LINT_CODES, lintTable} from '../src/lint/index.js'
import {parseTable} from '../src/table/parse.js'
import {findPostmap, Postmap, type TableType} from './support/postmap.js'

const program = findPostmap()
const postmap = program === undefined ? undefined : new Postmap(program)
afterAll(() => postmap?.close())

interface Case {
  readonly code: string
  readonly engine?: TableType
  readonly table: string
  readonly line?: number
  /** Postfix itself warns about the line. */
  readonly warned?: boolean
  readonly use?: {file?: string; parameters?: string[]; forbidSubstitution?: string[]}
  readonly related?: number[]
}

const many = (count: number): string => Array.from({length: count}, (_, at) => `w${at * 7919}`).join('|')

const CASES: readonly Case[] = [
  {code: 'leading-whitespace', table: ' /a/ b\n/c/ d\n'},
  {code: 'null-byte', table: '/a/ b\0c\n'},
  {code: 'no-pattern', table: '!\n', warned: true},
  {code: 'no-closing-delimiter', table: '/a b\n', warned: true},
  {code: 'unknown-flag', table: '/a/OK\n', warned: true},
  {code: 'obsolete-flag', engine: 'pcre', table: '/^a@b$/X c\n', warned: true},
  {code: 'bad-pattern', table: '/a(/ b\n', warned: true},
  {code: 'bad-pattern', engine: 'pcre', table: '/^\\gutsy@b$/ c\n', warned: true},
  {code: 'bad-pattern', engine: 'pcre', table: '/^\\ka@b$/ c\n', warned: true},
  {code: 'bad-result', table: '/a/ 5$ off\n', warned: true},
  {code: 'group-out-of-range', table: '/(a)/ $2\n', warned: true},
  {code: 'negated-substitution', table: '!/(a)/ $1\n', warned: true},
  {
    code: 'substitution-forbidden',
    table: '/^(.*)@a\\.b$/ smtp:$1\n',
    use: {parameters: ['transport_maps'], forbidSubstitution: ['transport_maps']},
  },
  {code: 'empty-result', table: '/a/\n', warned: true},
  {code: 'text-after-if', table: 'if /a/ b\n/c/ d\nendif\n', warned: true},
  {code: 'text-after-endif', table: 'if /a/\n/c/ d\nendif x\n', line: 3, warned: true},
  {code: 'stray-endif', table: 'endif\n', warned: true},
  {code: 'unclosed-if', table: '/a/ b\nif /x/\n/c/ d\n', line: 2, warned: true},
  {code: 'unrecognized', table: 'hello world\n', warned: true},
  {code: 'delimiter-in-bracket', table: '/a[/]b/ c\n', warned: true},
  {code: 'delimiter-in-bracket', engine: 'pcre', table: '/a[/]b/ c\n', warned: true},
  {code: 'if-dropped', table: 'if /(x/\n/^a@b$/ c\nendif\n', warned: true},
  {code: 'rule-swallowed', table: 'if /x/\n /^a@b$/ c\nendif\n', warned: true},
  {code: 'case-sensitive-flag', table: '/^a@b$/i c\n'},
  {code: 'case-sensitive-flag', engine: 'pcre', table: '/^a@b$/i c\n'},
  {code: 'dead-escape', table: '/^\\d+@b$/ c\n'},
  {code: 'foreign-escape', table: '/^\\D@b$/ c\n'},
  {code: 'foreign-escape', engine: 'pcre', table: '/^\\<a\\>@b$/ c\n'},
  {code: 'bracket-escape', table: '/^[\\d]@b$/ c\n'},
  {code: 'odd-range', engine: 'pcre', table: '/^[A-z]@b$/ c\n'},
  {code: 'unescaped-dot', table: '/^a@example.com$/ c\n'},
  {code: 'unanchored-address', table: '/joe@example\\.com/ c\n'},
  {code: 'unanchored-address', table: '/^joe@example\\.com/ c\n'},
  {code: 'answers-star', table: '/./ c\n', use: {parameters: ['transport_maps']}},
  {code: 'duplicate-rule', table: '/^a@b$/ c\n/^a@b$/ d\n', line: 2, related: [1]},
  {code: 'shadowed-rule', table: '/^a@b$/ c\n/^x@b$/ d\n/^[abx]@b$/ e\n/^(a|x)@b$/ f\n', line: 4, related: [1, 2]},
  {code: 'shadowed-rule', table: 'if !/^a/\n/^b@c$/ x\nendif\n/^b@c$/ y\n', line: 4, related: [2]},
  {code: 'never-matches', table: '/^a$^b$/ c\n'},
  {code: 'state-explosion', table: '/(a|b)*a(a|b){11}c/ x\n'},
  {code: 'oversized-pattern', table: `/^(${many(700)})@b$/ x\n`},
  {code: 'oversized-pattern', engine: 'pcre', table: `/^(${many(9_000)})@b$/ x\n`, warned: true},
]

const lint = ({engine = 'regexp', table, use = {}}: Case) => {
  const parsed = parseTable(table, {engine, forbidSubstitution: use.forbidSubstitution !== undefined})
  return {parsed, ...lintTable(parsed, use, AUTOMATON_LIMITS)}
}

test.each(CASES)('$code: $engine $table', item => {
  const {findings} = lint(item)
  const found = findings.find(({code}) => code === item.code)
  expect(found, findings.map(({code}) => code).join()).toMatchObject({line: item.line ?? 1})
  expect(found!.message).toMatch(/^[^\n]+$/)
  if (item.related !== undefined) expect(found!.related).toEqual(item.related)
})

test.skipIf(postmap === undefined).each(CASES.filter(({warned}) => warned))(
  'Postfix warns as well: $code: $engine $table (needs postmap)',
  ({engine = 'regexp', table, line = 1}) => {
    const {warnings} = postmap!.ask(engine, table, ['some key'])
    expect(warnings.map(warning => warning.line)).toContain(line)
  },
)

describe.skipIf(postmap === undefined)('what only the engine can tell (needs postmap)', () => {
  test.each([
    ['/^(a+)+$/ x\n', 1],
    ['/.*.*.*.*=x/ x\n', 1],
    ['/^([a-z]+)*@b$/ x\n', 1],
    ['/^[a-z]+@example\\.com$/ x\n', 0],
    ['/^.*@.*\\.example\\.com$/ x\n', 0],
    ['/^(go|qa)(-(join|leave))?@x$/ x\n', 0],
  ])('catastrophic backtracking: %s', async (table, count) => {
    const {parsed, suspicions} = lint({code: '', engine: 'pcre', table})
    const findings = await confirmed(parsed, suspicions, {})
    expect(findings.map(({code}) => code)).toEqual(count === 1 ? ['catastrophic-backtracking'] : [])
  })

  test('a warning that nothing foresaw is passed on', async () => {
    const source = '/^(?<n>x)(?&zz)$/ x\n/^a@b$/ y\n'
    const findings = await unforeseenWarnings(parseTable(source, {engine: 'pcre'}), {source})
    expect(findings).toMatchObject([{code: 'postfix-warning', line: 1}])
  })
})

test('an address within a header is none that lacks its anchors, whether or not the use is known', () => {
  const codes = (table: string): string[] => lint({code: '', engine: 'pcre', table}).findings.map(({code}) => code)
  expect(codes('/^From:.*@example\\.com/ REJECT\n/<a@example\\.com>/ REJECT\n/mail a@example\\.com now/ REJECT\n')).toEqual([])
  expect(codes('/a@example\\.com/ REJECT\n')).toEqual(['unanchored-address'])
})

test('header and body checks are known by the name of their file where no parameter tells', () => {
  const codes = (use: NonNullable<Case['use']>): string[] => lint({code: '', table: '/^(To|From).*@example\\.com/ REJECT\n', use}).findings.map(({code}) => code)
  for (const file of ['header_checks', 'smtp_header_checks.regexp', 'body_checks', 'mime_headers'])
    expect(codes({file}), file).toEqual([])
  expect(codes({file: 'header_checks', parameters: ['virtual_alias_maps']})).toEqual(['unanchored-address'])
  expect(codes({file: 'access'})).toEqual(['unanchored-address'])
})

test('a name at every domain, and signs that are looked for anywhere, lack no anchors', () => {
  const codes = (table: string): string[] => lint({code: '', engine: 'pcre', table}).findings.map(({code}) => code)
  expect(codes('/^abuse\\@/ OK\n/^\\@/ REJECT\n/[!%\\@].*\\@/ REJECT\n/[^!-~]+@[|&]/ REJECT\n')).toEqual([])
  expect(codes('/abuse\\@/ OK\n')).toEqual(['unanchored-address'])
  expect(codes('/[0-9]@example\\.com$/ OK\n')).toEqual(['unanchored-address'])
})

describe('what a backslash does in a bracket of regexp:', () => {
  test.each([
    ['/^Received:[^\\n]*(.*)/ x\n', 'warning', '[^\\n] takes anything but a backslash and n', 'the flag m'],
    ['/^[^a\\s]+x/ x\n', 'warning', '[^\\s] takes anything but a backslash and s', 'write [^[:space:]]'],
    ['/^[0-9\\.]+[a\\d]$/ x\n', 'warning', '[\\d] is a backslash or d', 'write [[:digit:]]'],
    ['/^[^a][0-9\\.]+$/ x\n', 'note', '[\\.] is a backslash or .', 'write [.]'],
  ])('%s', (table, severity, message, hint) => {
    const [found] = lint({code: '', table}).findings.filter(({code}) => code === 'bracket-escape')
    expect(found).toMatchObject({severity, message: expect.stringContaining(message), hint: expect.stringContaining(hint)})
  })

  test.skipIf(postmap === undefined)('the real engine agrees (needs postmap)', () => {
    const {answers} = postmap!.ask('regexp', '/^R:[^\\n]*(.*)/ <$1>\n', ['R: from foo.net'])
    expect(answers.get('R: from foo.net')).toBe('<net>')
  })
})

test('a rule that no key passing its if can match is told so', () => {
  const message = (table: string): string | undefined => lint({code: '', table}).findings.find(({code}) => code === 'never-matches')?.message
  expect(message('if /dsl|dyn/\n/^cable\\.example$/ x\nendif\n')).toBe('no key that passes the if of line 1 can match this rule')
  expect(message('if /dsl/\nif /^a/\n/^cable\\.example$/ x\nendif\nendif\n')).toBe('no key that passes the ifs of lines 1, 2 can match this rule')
  expect(message('/^a$^b$/ x\n')).toBe('no key can match this rule')
})

test('an oversized pattern of repetitions is not sent to optimize-regexp, which leaves it alone', () => {
  const found = (engine: TableType, table: string) => lint({code: '', engine, table}).findings.find(({code}) => code === 'oversized-pattern')
  for (const table of ['/^(abc){0,5000}$/ x\n', '/^(abc){5000}$/ x\n', '/^((a){0,250}b){0,250}$/ x\n'])
    for (const engine of ['pcre', 'regexp'] as const) expect(found(engine, table), table).toMatchObject({hint: expect.stringContaining('repeat less often')})
  expect(found('regexp', '/^a{0,32767}$/ x\n')!.message).toContain('more than')
  expect(found('pcre', `/^(${many(9_000)})@b$/ x\n`)!.hint).toBe('write it as several rules')
  expect(found('regexp', `/^(${many(700)})@b$/ x\n`)!.hint).toBe('mailops postfix optimize-regexp')
})

test('a sound table has nothing to find, and every code but two has its case', () => {
  for (const engine of ['regexp', 'pcre'] as const)
    for (const table of ['/^a@example\\.com$/ b\n', '/@example\\.com$/ b\n', 'if /@x$/\n/^(.*)@x$/ $1@y\nendif\n', '!/@/ REJECT\n'])
      expect(lint({code: '', engine, table, use: {parameters: ['virtual_alias_maps']}}).findings).toEqual([])
  const covered = new Set(CASES.map(({code}) => code))
  expect(LINT_CODES.filter(code => !covered.has(code))).toEqual(['catastrophic-backtracking', 'postfix-warning'])
})
