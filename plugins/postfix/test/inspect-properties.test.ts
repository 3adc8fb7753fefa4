// Any table: looking at it never fails, what explain asks of the engine is the table's own answer, what is converted is equal.
import fc from 'fast-check'
import {afterAll, describe, expect, test} from 'vitest'

import {AUTOMATON_LIMITS} from '../src/automaton/ruleset.js'
import {nearMisses} from '../src/automaton/witness.js'
import {convertTable} from '../src/convert/convert.js'
import {explainTag} from '../src/explain/explain.js'
import {taggedTable} from '../src/explain/tagged-table.js'
import {lintTable} from '../src/lint/index.js'
import {TableLookup} from '../src/lookup/lookup.js'
import {estimateTable} from '../src/memory/index.js'
import {parseTable} from '../src/table/index.js'
import {findPostmap, Postmap, type TableType} from './support/postmap.js'
import {randomKeys, randomTable} from './support/random-table.js'

const program = findPostmap()
const postmap = program === undefined ? undefined : new Postmap(program)
afterAll(() => postmap?.close())

const RUNS = Number(process.env['POSTFIX_PROPERTY_RUNS'] ?? 100)
const SMALL = {...AUTOMATON_LIMITS, states: 5_000, nodes: 50_000, integers: 500_000}
const COMPILE = {nodes: 20_000, members: 200_000, states: 2_000}

describe.each<TableType>(['regexp', 'pcre'])('%s', type => {
  test('estimate and lint take any table, and any bytes', () => {
    const junk = fc.uint8Array({maxLength: 400}).map(bytes => Buffer.from(bytes).toString('latin1'))
    fc.assert(
      fc.property(fc.oneof(randomTable(type), junk), source => {
        const table = parseTable(source, {engine: type})
        const {cold, warm, entries} = estimateTable(table, {limits: COMPILE})
        expect(warm).toBeGreaterThanOrEqual(cold)
        expect(entries).toHaveLength(table.entries.filter(({kind}) => kind !== 'trivia' && kind !== 'ignored').length)
        const {findings} = lintTable(table, {}, SMALL)
        // Everything that Postfix warns about is among them.
        expect(findings.length).toBeGreaterThanOrEqual(table.findings.length)
        for (const {message, line} of findings) {
          expect(message).not.toBe('')
          expect(line).toBeGreaterThan(0)
        }
      }),
      {numRuns: RUNS},
    )
  })

  test.skipIf(postmap === undefined)('the tagged table answers as the table does (needs postmap)', () => {
    let compared = 0
    fc.assert(
      fc.property(randomTable(type), randomKeys, (source, keys) => {
        const real = postmap!.ask(type, source, keys)
        fc.pre(!real.tooSlow && !/match limit|memory/i.test(real.stderr))
        const table = parseTable(source, {engine: type})
        const tagged = postmap!.ask(type, taggedTable(table), keys)
        for (const key of keys) {
          const {verdict, result} = explainTag(table, tagged.answers.get(key))
          expect({key, result: verdict === 'answered' ? result : undefined}).toEqual({key, result: real.answers.get(key)})
          compared++
        }
      }),
      // Every step of shrinking would be a process.
      {numRuns: RUNS, endOnFailure: true},
    )
    expect(compared).toBeGreaterThan(RUNS * 5)
  }, 300_000)
})

test('what is converted answers as the patterns do, in any case', () => {
  const local = fc.stringMatching(/^[a-c](b|c)?\(-\(x\|y\)\)\?$|^[a-c][bc]\?$|^\([a-c]\|b\)$|^[a-c]{1,3}$/)
  const rule = fc.tuple(local, fc.constantFrom('p', 'q'), fc.constantFrom('one', 'two')).map(([user, host, result]) => `/^${user}@${host}\\.example$/ ${result}\n`)
  const table = fc.array(rule, {minLength: 1, maxLength: 6}).map(rules => rules.join(''))
  let converted = 0
  fc.assert(
    fc.property(table, source => {
      const parsed = parseTable(source, {engine: 'regexp'})
      const result = convertTable(parsed, {automaton: SMALL, keys: 10_000, recipientDelimiter: ''})
      if (!('entries' in result)) throw new Error(result.message)
      converted++
      const indexed = new Map(result.entries)
      const lookup = new TableLookup(parsed)
      const keys = result.entries.flatMap(([key]) => [key, key.toUpperCase(), ...nearMisses(key)])
      for (const key of keys) {
        const answer = lookup.lookup(key)
        expect({key, result: indexed.get(key.toLowerCase())}).toEqual({key, result: answer.kind === 'answer' ? answer.result : undefined})
      }
    }),
    {numRuns: RUNS},
  )
  expect(converted).toBe(RUNS)
})
