// Certificates and proofs must refuse what is wrong, whoever made it.
import {describe, expect, test} from 'vitest'

import {certify} from '../../src/proof/certify.js'
import {PROOF_STATES, prove} from '../../src/proof/prove.js'
import {witnesses} from '../../src/proof/witnesses.js'
import {optimizeTable, type Step} from '../../src/rewrite/optimize.js'
import {convertDialect} from '../../src/rewrite/convert-dialect.js'
import {type Engine, parseTable} from '../../src/table/index.js'

const never = (): boolean => false
const table = (text: string, engine: Engine = 'regexp') => parseTable(text, {engine})
const step = (before: string, after: string, origins: number[][]): Step => ({before: table(before), after: table(after), origins, rewrites: []})

describe('a step that is wrong has no certificate', () => {
  test.each<[string, string, string, number[][], string]>([
    ['one address more', '/^a$/ x\n/^b$/ x\n', '/^[a-c]$/ x\n', [[0, 1]], 'matches more'],
    ['one address less', '/^a$/ x\n/^b$/ x\n/^c$/ x\n', '/^[ab]$/ x\n', [[0, 1, 2]], 'matches less'],
    ['another answer', '/^a$/ x\n/^b$/ y\n', '/^[ab]$/ x\n', [[0, 1]], 'answers something else'],
    ['a rule gone that may answer', '/^a$/ x\n/b/ y\n', '/^a$/ x\n', [[0]], 'may answer'],
    ['moved past a rule that shares a key', '/^a$/ x\n/a/ y\n/^ba/ x\n', '/^b?a/ x\n/a/ y\n', [[0, 2], [1]], 'matches more'],
    ['moved past, the same words', '/^a/ x\n/a/ y\n/^ba/ x\n', '/^b?a/ x\n/a/ y\n', [[0, 2], [1]], 'moved past'],
    ['a guard gone', 'if /c/\n/a/ x\nendif\n', '/a/ x\n', [[1]], 'an if is not there'],
    ['a guard that keeps keys away', '/a/ x\n', 'if /b/\n/a/ x\nendif\n', [[0]], 'keeps keys'],
    ['a guard for a negated rule', '!/ab/ x\n', 'if /b/\n!/ab/ x\nendif\n', [[0]], 'keeps keys'],
    ['out of a guard', 'if /c/\n/^a/ x\nendif\n/^b/ x\n', 'if /c/\nendif\n/^[ab]/ x\n', [[1, 3]], 'lost a guard'],
    ['case', '/^a$/i x\n/^b$/i x\n', '/^[ab]$/ x\n', [[0, 1]], 'matches more'],
    ['an if closed that was open', 'if /a/\n/ab/ x\n', 'if /a/\n/ab/ x\nendif\n', [[1]], 'an if is not there'],
  ])('%s', (_name, before, after, origins, why) => {
    const certificate = certify(step(before, after, origins), never)
    expect(certificate).toMatchObject({verdict: 'not-proven', why: expect.stringContaining(why) as string})
    const whole = prove(table(before), table(after), [step(before, after, origins)], {states: PROOF_STATES, used: never})
    // The last case is right for all keys, since nothing follows; certificates need not know that.
    expect(whole.verdict).toBe(_name === 'an if closed that was open' ? 'proven' : 'not-proven')
  })
})

test('what is right has one, from whole tables and, without states for that, rewrite by rewrite', () => {
  const before = table('/^a@x$/ x\n/^b@x$/ x\n/^a@x$/ z\n/@y$/ y\n/^c@x$/ x\n')
  const {table: after, steps} = optimizeTable(before)
  expect(prove(before, after, steps, {states: PROOF_STATES, used: never})).toMatchObject({verdict: 'proven', method: 'whole-table'})
  expect(prove(before, after, steps, {states: 3, used: never})).toMatchObject({verdict: 'proven', method: 'per-rewrite'})
})

test('a rule that can never answer goes, and it is said which rule takes its keys', () => {
  const {rewrites, text} = optimizeTable(table('/a/ x\n/b/ y\n/xab/ z\n/[ab]c/ z\n'))
  expect(text).toBe('/a/ x\n/b/ y\n')
  expect(rewrites).toMatchObject([
    {kind: 'unreachable', lines: [3], byLines: [1]},
    {kind: 'unreachable', lines: [4], byLines: [1, 2]},
  ])
})

test('long runs of one domain get a guard, once', () => {
  const rules = Array.from({length: 40}, (_, n) => `/^user${n}@example\\.com$/ box${n}\n`).join('')
  const first = optimizeTable(table(`${rules}/x/ y\n`))
  expect(first.text).toBe(`if /@example\\.com$/\n${rules}endif\n/x/ y\n`)
  expect(optimizeTable(first.table).text).toBe(first.text)
  expect(optimizeTable(table(rules), {goal: 'memory'}).text).toBe(rules)
})

test('patterns that loop at once are not joined, those that loop in one place are', () => {
  const text = optimizeTable(table('/^Subject:.*win/ x\n/^Subject:.*won/ x\n/a.*b.*c/ x\n/d.*e.*f/ x\n')).text
  expect(text).toContain('/^subject:.*w[io]n/ x')
  expect(text).toContain('/a.*b.*c/ x\n/d.*e.*f/ x')
})

test('a pcre rule beyond what PCRE2 compiles is none that we would shorten: Postfix skips it', () => {
  const words = Array.from({length: 1500}, (_, n) => `(mailing-list-number-${n}@lists\\.example\\.com)`)
  const text = `/${words.join('|')}/ x\n/mailing/ y\n`
  expect(optimizeTable(table(text, 'pcre')).text).toBe(text)
})

test('witnesses: a hit of every rule comes before the second of any', () => {
  const list = witnesses(table('/^a(b|c)$/ x\n/^d$/ y\n/^e[0-9]+$/ z\n'))
  expect(new Set(list.slice(0, 3).map(({entry}) => entry)).size).toBe(3)
  expect(list.slice(0, 3).every(({hit}) => hit)).toBe(true)
})

describe('the other dialect', () => {
  test('$ of regexp: is the end, which pcre: writes otherwise; what Postfix skips becomes a comment', () => {
    expect(convertDialect(table('# c\n/^a(b|c)+$/ x\nif !/\\<d/i\n/e/ y\nendif\n/(?:f)/ z\n'), 'pcre')).toMatchObject({
      text: '# c\n/^a[bc]+\\z/ x\nif !/[[:<:]]d/i\n/e/ y\nendif\n# /(?:f)/ z\n',
    })
  })
  test('what cannot be said is named', () => {
    expect(convertDialect(table('/a$/ x\n/b\\d/ y\n/(c)/ $1\n/d(?!e)/ z\n', 'pcre'), 'regexp')).toMatchObject({
      refused: [{line: 1}, {line: 3}, {line: 4}],
    })
  })
})
