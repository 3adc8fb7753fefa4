// Optimised tables against the real postmap: the same answers, proven, and nothing left to do the second time.
import fc from 'fast-check'
import {afterAll, describe, expect, test} from 'vitest'

import {compareRulesets} from '../../src/automaton/compare.js'
import {AUTOMATON_LIMITS} from '../../src/automaton/ruleset.js'
import {tableRuleset} from '../../src/automaton/table-ruleset.js'
import {TableLookup} from '../../src/lookup/lookup.js'
import {certify} from '../../src/proof/certify.js'
import {witnesses} from '../../src/proof/witnesses.js'
import {optimizeTable} from '../../src/rewrite/optimize.js'
import {parseTable, type Table} from '../../src/table/index.js'
import {findPostmap, Postmap, type TableType} from '../support/postmap.js'
import {randomTable} from '../support/random-table.js'
import {scenarioA} from '../support/scenario.js'
import {mapKeys, randomMap} from './random-map.js'

const program = findPostmap()
const postmap = program === undefined ? undefined : new Postmap(program)
afterAll(() => postmap?.close())

const RUNS = Number(process.env['POSTFIX_PROPERTY_RUNS'] ?? 300)

const rules = (table: Table): number => table.entries.filter(({kind}) => kind === 'rule').length
const keysOf = (table: Table, more: readonly string[]): string[] =>
  [...new Set([...witnesses(table).slice(0, 150).map(({key}) => key), ...more, '*'])].filter(key => key.trim() === key)

const comparedWithPostmap = (type: TableType, source: string, more: readonly string[]): {joined: number; text: string} => {
  const table = parseTable(source, {engine: type})
  const {table: after, text, steps} = optimizeTable(table)
  const whole = compareRulesets(tableRuleset(table), tableRuleset(after), {...AUTOMATON_LIMITS, states: 20_000})
  expect(whole.verdict === 'different' ? {source, text, ...whole} : 'same').toBe('same')
  // As the command proves it: a certificate sees one step, and not which keys earlier rules have taken already.
  if (whole.verdict !== 'equal') for (const step of steps) expect(certify(step, () => false)).toEqual({verdict: 'proven'})
  const keys = keysOf(table, more)
  const [old, now] = [postmap!.ask(type, source, keys), postmap!.ask(type, text, keys)]
  fc.pre(!old.tooSlow && !/match limit|memory/i.test(old.stderr))
  const different = keys.filter(key => old.answers.get(key) !== now.answers.get(key))
  expect({source, text, different}).toEqual({source, text, different: []})
  return {joined: rules(table) - rules(after), text}
}

describe.each<TableType>(['regexp', 'pcre'])('%s', type => {
  test.skipIf(postmap === undefined)(
    'tables as people write them: the same answers, and a second run changes nothing (needs postmap)',
    () => {
      let joined = 0
      fc.assert(
        fc.property(randomMap(type), mapKeys, (source, keys) => {
          const done = comparedWithPostmap(type, source, keys)
          joined += done.joined
          expect(optimizeTable(parseTable(done.text, {engine: type})).text).toBe(done.text)
        }),
        {numRuns: RUNS, endOnFailure: true},
      )
      // Else the test says nothing about rewriting.
      expect(joined).toBeGreaterThan(RUNS / 2)
    },
    600_000,
  )

  test.skipIf(postmap === undefined)(
    'tables of any text: the same answers (needs postmap)',
    () => {
      fc.assert(
        fc.property(randomTable(type), mapKeys, (source, keys) => {
          comparedWithPostmap(type, source, keys)
        }),
        {numRuns: RUNS, endOnFailure: true},
      )
    },
    600_000,
  )

  test('every goal answers the same, comments are all there', () => {
    fc.assert(
      fc.property(randomMap(type), mapKeys, fc.constantFrom('memory', 'speed', 'readable' as const), (source, keys, goal) => {
        const table = parseTable(source, {engine: type})
        const {table: after, text, steps} = optimizeTable(table, {goal})
        for (const step of steps) expect(certify(step, () => false)).toEqual({verdict: 'proven'})
        const [old, now] = [new TableLookup(table), new TableLookup(after)]
        for (const key of keys) {
          const [a, b] = [old.lookup(key), now.lookup(key)]
          if (a.kind === 'answer' || a.kind === 'none')
            expect({key, source, text, result: 'result' in b ? b.result : b.kind}).toEqual({
              key, source, text, result: 'result' in a ? a.result : a.kind,
            })
        }
        const comments = (of: string): string[] => [...new Set(of.split('\n').filter(line => /^\s*#./.test(line)))].toSorted()
        expect(comments(text)).toEqual(comments(source))
      }),
      {numRuns: RUNS},
    )
  }, 300_000)

  test('70 lists with 21 addresses each become one rule', () => {
    const {table, rewrites, text} = optimizeTable(parseTable(scenarioA().original, {engine: type}))
    expect(rules(table)).toBe(1)
    expect(text.length).toBeLessThan(type === 'pcre' ? 900 : 760)
    expect(rewrites).toMatchObject([{kind: 'merge'}])
    expect(rewrites[0]!.lines).toHaveLength(1470)
  })
})

test('a table with CRLF: no pattern is broken in two, which would put a carriage return into it', () => {
  const words = ['one of your credentials was compromised', 'we have some unpleasant news for you', 'a free mortgage quote', 'repair your credit today']
  const source = words.map(word => `/${word}/ REJECT\r\n`).join('')
  const table = parseTable(source, {engine: 'regexp'})
  const {table: after, text} = optimizeTable(table)
  expect(rules(after)).toBe(1)
  const lookup = new TableLookup(after)
  for (const word of words) expect(lookup.lookup(word)).toMatchObject({kind: 'answer', result: 'REJECT'})
  expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
})
