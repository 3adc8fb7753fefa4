// The automata: proofs that hold for every key tried, counterexamples that are ones, limits that end the work.
import fc from 'fast-check'
import {describe, expect, test} from 'vitest'

import {
  AUTOMATON_LIMITS,
  compareRulesets,
  coveringKeys,
  disjoint,
  includedIn,
  isEmptyLanguage,
  nearMisses,
  reachability,
  sameUnion,
  tableRuleset,
} from '../src/automaton/index.js'
import {parseEre, parsePcre, PCRE_DEFAULTS, printPattern} from '../src/dialect/index.js'
import {Matcher, TableLookup} from '../src/lookup/index.js'
import type {RegexNode} from '../src/regex/index.js'
import {type Engine, parseTable} from '../src/table/index.js'
import {randomKeys, randomTable, tamePattern} from './support/random-table.js'
import {scenarioA} from './support/scenario.js'

const ere = (pattern: string, icase = true): RegexNode => {
  const parsed = parseEre(pattern, {icase, newline: false, extended: true})
  if (parsed.kind !== 'regular') throw new Error(`${pattern}: ${parsed.kind}`)
  return parsed.node
}
const pcre = (pattern: string): RegexNode => {
  const parsed = parsePcre(pattern, PCRE_DEFAULTS)
  if (parsed.kind !== 'regular') throw new Error(`${pattern}: ${parsed.kind}`)
  return parsed.node
}
const ruleset = (source: string, engine: Engine = 'regexp') => tableRuleset(parseTable(source, {engine}))

describe('comparing tables', () => {
  test.each<[string, string, string]>([
    ['order of unlike answers', '/a/ 1\n/b/ 2\n', '/b/ 2\n/a/ 1\n'],
    ['the empty key', '/^$/ 1\n', ''],
    ['the key *', '/./ 1\n', '/[^*]|..|^[^*]/ 1\n'],
    ['a newline', '/^a.b$/ 1\n', '/^a.b$/m 1\n'],
    ['high bytes', '/^[^a]$/ 1\n', '/^[[:print:][:cntrl:]]$/ 1\n'],
    ['case', '/a/ 1\n', '/a/i 1\n'],
    ['an if without endif', 'if /a/\n/b/ 1\n', '/a/ 0\n/b/ 1\n'],
  ])('%s is a difference', (_name, a, b) => {
    const answer = compareRulesets(ruleset(a), ruleset(b))
    expect(answer).toMatchObject({verdict: 'different', shortest: true})
    const key = (answer as {key: string}).key
    const [x, y] = [a, b].map(source => new TableLookup(parseTable(source, {engine: 'regexp'})).lookup(key))
    expect((x as {result?: string}).result).not.toBe((y as {result?: string}).result)
  })

  test.each<[string, string, string]>([
    ['a merged rule', '/^a@x$/ 1\n/^b@x$/ 1\n', '/^[ab]@x$/ 1\n'],
    ['order of like answers', '/a/ 1\n/b/ 1\n', '/b/ 1\n/a/ 1\n'],
    ['a guard', '/^a@x$/ 1\n/^b@x$/ 2\n', 'if /^[ab]@x$/\n/^a/ 1\n/^b/ 2\nendif\n'],
    ['a second pattern', '/a/!/b/ 1\n', 'if !/b/\n/a/ 1\nendif\n'],
    ['an unclosed if', 'if /a/\n/b/ 1\n', 'if /a/\n/b/ 1\nendif\n'],
    ['a rule that is never reached', '/a/ 1\n/ab/ 2\n', '/a/ 1\n'],
    ['what glibc calls dead', '/\\d/ 1\n/a/ 2\n', '/a/ 2\n'],
    ['an opaque rule kept in its place', '/(a)\\1/ 1\n/^x$/ 2\n/^y$/ 2\n', '/(a)\\1/ 1\n/^[xy]$/ 2\n'],
  ])('%s is no difference', (_name, a, b) => {
    expect(compareRulesets(ruleset(a), ruleset(b))).toMatchObject({verdict: 'equal'})
  })

  test('an opaque rule is not moved over an unlike answer', () => {
    expect(compareRulesets(ruleset('/(a)\\1/ 1\n/x/ 2\n'), ruleset('/x/ 2\n/(a)\\1/ 1\n'))).toMatchObject({
      verdict: 'different',
    })
  })

  test.each<Engine>(['regexp', 'pcre'])(
    '%s: equal means equal for every key tried, different shows a key',
    engine => {
      fc.assert(
        fc.property(randomTable(engine), randomTable(engine), randomKeys, fc.boolean(), (one, other, keys, near) => {
          const [a, b] = [parseTable(one, {engine}), parseTable(near ? one + other : other, {engine})]
          const answer = compareRulesets(tableRuleset(a), tableRuleset(b), {...AUTOMATON_LIMITS, states: 20_000})
          const [x, y] = [new TableLookup(a), new TableLookup(b)]
          const differs = (key: string): boolean | undefined => {
            const [left, right] = [x.lookup(key), y.lookup(key)]
            if ([left, right].some(({kind}) => kind === 'unknown' || kind === 'captures-unknown')) return undefined
            return (left as {result?: string}).result !== (right as {result?: string}).result
          }
          if (answer.verdict === 'equal')
            for (const key of keys) expect({key, differs: differs(key) === true}).toEqual({key, differs: false})
          // Unlike templates may still expand alike for this key.
          if (answer.verdict === 'different' && answer.answers.every(tag => tag === '' || tag.startsWith('=')))
            expect({key: answer.key, differs: differs(answer.key) ?? true}).toEqual({key: answer.key, differs: true})
        }),
        {numRuns: 300},
      )
    },
    300_000,
  )
})

describe('languages', () => {
  test('disjoint, included, empty, equal unions', () => {
    expect(disjoint(ere('^a'), ere('^b'))).toEqual({verdict: 'yes'})
    expect(disjoint(ere('a'), ere('b'))).toEqual({verdict: 'no', key: 'ab'})
    expect(includedIn(ere('^foo$'), [ere('^f'), ere('x')])).toEqual({verdict: 'yes'})
    expect(includedIn(ere('^f'), [ere('^fo')])).toEqual({verdict: 'no', key: 'f'})
    expect(isEmptyLanguage(ere('\\d'))).toEqual({verdict: 'yes'})
    expect(isEmptyLanguage(ere('a^b'))).toEqual({verdict: 'yes'})
    expect(sameUnion([ere('^a$'), ere('^b$')], [ere('^[ab]$')])).toMatchObject({verdict: 'equal'})
    // `$` of PCRE2 also stands before a final newline.
    expect(sameUnion([pcre('^a$')], [pcre('^a\\z')])).toMatchObject({verdict: 'different', key: 'a\n'})
    expect(sameUnion([pcre('^a$')], [pcre('^a\\n?\\z')])).toMatchObject({verdict: 'equal'})
    expect(sameUnion([pcre('a$\\n?b*\\z')], [pcre('a\\n?\\z')])).toMatchObject({verdict: 'equal'})
  })

  test('limits end the work', () => {
    const hard = ere('(a|b)*a(a|b){14}c', false)
    expect(sameUnion([hard], [hard], {...AUTOMATON_LIMITS, states: 1000})).toMatchObject({
      verdict: 'budget',
      limit: 'states',
    })
    expect(disjoint(ere('((a{99}){99}){99}'), ere('b'), {...AUTOMATON_LIMITS, nodes: 10_000})).toMatchObject({
      verdict: 'budget',
      limit: 'nodes',
    })
    expect(sameUnion([hard], [hard], {...AUTOMATON_LIMITS, stop: () => true})).toMatchObject({
      verdict: 'budget',
      limit: 'stopped',
    })
  })
})

describe('rules that can never answer', () => {
  test('are named with those that take their keys', () => {
    const table = parseTable('/^foo/ a\n/^foobar$/ b\nif /y/\n/^$/ n\nendif\n!/z/ e\n/./ f\n/q/ g\n', {
      engine: 'regexp',
    })
    expect(reachability(table).map(({entry, ...rest}) => [entry, 'by' in rest ? rest.by : rest.verdict])).toEqual([
      [0, 'reachable'],
      [1, [0]],
      [3, []],
      [5, 'reachable'],
      [6, 'reachable'],
      [7, [5, 6]],
    ])
  })
})

describe('writing patterns', () => {
  test.each<Engine>(['regexp', 'pcre'])(
    '%s: reading back gives the same language',
    engine => {
      fc.assert(
        fc.property(tamePattern, fc.boolean(), (pattern, icase) => {
          const parsed = parseEre(pattern, {icase, newline: false, extended: true})
          fc.pre(parsed.kind === 'regular')
          const printed = printPattern(parsed.node, {engine, icase})
          fc.pre('text' in printed)
          const again =
            engine === 'regexp'
              ? parseEre(printed.text, {icase, newline: false, extended: true})
              : parsePcre(printed.text, {...PCRE_DEFAULTS, caseless: icase})
          expect({text: printed.text, kind: again.kind}).toEqual({text: printed.text, kind: 'regular'})
          const answer = sameUnion([parsed.node], [(again as {node: RegexNode}).node], {
            ...AUTOMATON_LIMITS,
            states: 20_000,
          })
          expect({text: printed.text, verdict: answer.verdict}).not.toEqual({text: printed.text, verdict: 'different'})
        }),
        {numRuns: 600},
      )
    },
    300_000,
  )

  test.each<Engine>(['regexp', 'pcre'])(
    '%s: any set of bytes',
    engine => {
      fc.assert(
        fc.property(fc.uint8Array({minLength: 1, maxLength: 60}), fc.boolean(), fc.boolean(), (list, negate, dense) => {
          const set = new Uint32Array(8)
          for (const byte of list) set[(dense ? byte % 128 : byte) >> 5]! |= 1 << ((dense ? byte % 128 : byte) & 31)
          const node: RegexNode = {kind: 'class', set: negate ? set.map(word => ~word) : set}
          const printed = printPattern(node, {engine, icase: false})
          if (!('text' in printed)) return
          const again =
            engine === 'regexp'
              ? parseEre(printed.text, {icase: false, newline: false, extended: true})
              : parsePcre(printed.text, {...PCRE_DEFAULTS, caseless: false})
          expect(again).toMatchObject({kind: 'regular'})
          expect(sameUnion([node], [(again as {node: RegexNode}).node])).toMatchObject({verdict: 'equal'})
        }),
        {numRuns: 1000},
      )
    },
    300_000,
  )
})

test('covering keys match, near misses are near', () => {
  const node = ere('^(a|bc|d+)(-x)?@[e-g]{2,4}\\.h$')
  const matcher = new Matcher(node, 'regexp')
  const keys = coveringKeys(node)
  expect(keys.length).toBeGreaterThanOrEqual(5)
  for (const key of keys) expect({key, hit: matcher.match(key) !== undefined}).toEqual({key, hit: true})
  expect(nearMisses('a@ee.h')).toContain('a+ext@ee.h')
})

test('scenario A: 1470 rules are the product of two tries, within seconds', () => {
  const {original, product} = scenarioA()
  const started = process.cpuUsage()
  expect(compareRulesets(ruleset(original), ruleset(product))).toMatchObject({verdict: 'equal'})
  expect(
    compareRulesets(ruleset(original.replace('abuse-ops-info@', 'abuse-ops-infx@')), ruleset(product)),
  ).toMatchObject({
    verdict: 'different',
    key: 'abuse-ops-info@lists.example.com',
  })
  expect(process.cpuUsage(started).user).toBeLessThan(8_000_000)
})
