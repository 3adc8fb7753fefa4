// Our reading of tables against the real postmap: the same rules skipped, the same answer to every key.
import fc from 'fast-check'
import {afterAll, describe, expect, test} from 'vitest'

import {buildMachines} from '../src/automaton/machines.js'
import {entryTag, tableRuleset} from '../src/automaton/table-ruleset.js'
import {type Answer, TableLookup} from '../src/lookup/lookup.js'
import {parseTable, type Table} from '../src/table/index.js'
import {findPostmap, Postmap, type TableType} from './support/postmap.js'
import {randomKeys, randomTable} from './support/random-table.js'

const program = findPostmap()
const postmap = program === undefined ? undefined : new Postmap(program)
afterAll(() => postmap?.close())

const RUNS = Number(process.env['POSTFIX_PROPERTY_RUNS'] ?? 250)
/** Warnings without a line of the table: nothing to compare with. */
const WITHOUT_LINE = new Set(['leading-whitespace', 'null-byte'])

const lines = (found: readonly {line: number}[]): number[] =>
  [...new Set(found.map(({line}) => line))].toSorted((a, b) => a - b)

/** Patterns that only the engine may judge: whether such a rule is skipped is not ours to say. */
const judged = (table: Table): boolean =>
  table.entries.every(
    entry =>
      (entry.kind !== 'rule' && entry.kind !== 'if') ||
      [entry.pattern, ...(entry.kind === 'rule' && entry.second ? [entry.second] : [])].every(
        ({parsed}) => parsed.kind !== 'opaque' || parsed.certain,
      ),
  )

const text = (answer: Answer): string | undefined => (answer.kind === 'answer' ? answer.result : undefined)

describe.each<TableType>(['regexp', 'pcre'])('%s tables against the real postmap', type => {
  test.skipIf(postmap === undefined)(
    'random tables: the same answers and the same lines warned about (needs postmap)',
    () => {
      let compared = 0
      fc.assert(
        fc.property(randomTable(type), randomKeys, (source, keys) => {
          const real = postmap!.ask(type, source, keys)
          // A run-time error of the engine is not the language of the pattern.
          fc.pre(!real.tooSlow && !/match limit|memory/i.test(real.stderr))
          const table = parseTable(source, {engine: type})
          if (judged(table))
            expect(lines(table.findings.filter(({code}) => !WITHOUT_LINE.has(code)))).toEqual(lines(real.warnings))
          const lookup = new TableLookup(table)
          const machine = buildMachines([tableRuleset(table, 'entry')])[0]!
          for (const key of keys) {
            const answer = lookup.lookup(key)
            if (answer.kind === 'unknown' || answer.kind === 'captures-unknown') continue
            compared++
            expect({key, result: text(answer)}).toEqual({key, result: real.answers.get(key)})
            expect({key, tag: machine.tags.name(machine.run(key))}).toEqual({
              key,
              tag: answer.kind === 'answer' ? entryTag(answer.entry) : '',
            })
          }
        }),
        // Every step of shrinking would be a process.
        {numRuns: RUNS, endOnFailure: true},
      )
      // Most keys must have been comparable, or the test says nothing.
      expect(compared).toBeGreaterThan(RUNS * 15)
    },
    600_000,
  )

  test.skipIf(postmap === undefined)(
    'keys with newlines (needs postmap)',
    () => {
      const anchors = [
        '^a',
        'a$',
        '^$',
        '.',
        '^.*$',
        'a.b',
        '[^b]',
        '^b',
        '\\bb',
        'a\\b',
        '\\W$',
        'a$.',
        '(a$|b)',
        '^a$',
        '\\`b',
        "b\\'",
      ]
      const more =
        type === 'pcre'
          ? ['a\\Z', 'a\\z', '\\Aa', '\\N+$', 'a\\Rb', '\\R$', '^\\R', '(?m:^b)', '(?m:a$)', '(?m:^$)', '(?m:^)\\z']
          : []
      const flags = type === 'pcre' ? ['', 'm', 's', 'E', 'mE', 'A'] : ['', 'm', 'i']
      const keys = ['a\n', '\n', 'a\nb', 'b\na', '\n\n', 'a\n\nb', 'a\r\nb', 'b\n']
      const rules = [...anchors, ...more].flatMap(pattern => flags.map(letters => `/${pattern}/${letters} ok`))
      for (const rule of rules) {
        const table = parseTable(`${rule}\n`, {engine: type})
        const lookup = new TableLookup(table)
        const machine = buildMachines([tableRuleset(table, 'entry')])[0]!
        for (const key of [
          keys[rules.indexOf(rule) % keys.length]!,
          keys[(rules.indexOf(rule) * 3 + 1) % keys.length]!,
        ]) {
          const real = postmap!.askOne(type, `${rule}\n`, key)
          const answer = lookup.lookup(key)
          if (answer.kind === 'unknown') continue
          expect({rule, key, result: text(answer)}).toEqual({rule, key, result: real})
          expect({rule, key, hit: machine.run(key) !== 0}).toEqual({rule, key, hit: real !== undefined})
        }
      }
    },
    300_000,
  )
})
