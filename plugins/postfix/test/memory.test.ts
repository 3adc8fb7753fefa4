// The memory model: against malloc's own account of regcomp(3), and against what real postmap processes hold.
import {describe, expect, test} from 'vitest'

import {coveringKeys} from '../src/automaton/witness.js'
import {measureTables} from '../src/effects/measure/measure.js'
import {estimatePattern, estimateTable, pcreCodeBytes, tableKeys} from '../src/memory/index.js'
import {CompiledPattern} from '../src/memory/glibc/compiled.js'
import {parseEre, parsePcre, PCRE_DEFAULTS} from '../src/dialect/index.js'
import {parseTable, type Rule} from '../src/table/index.js'
import {findPostmap} from './support/postmap.js'
import {scenarioA} from './support/scenario.js'

const postmap = findPostmap()

/** mallinfo2(3) around regcomp(3) of glibc 2.36 with REG_EXTENDED|REG_ICASE, tcache off; without and with REG_NOSUB. */
const MALLOC: readonly [string, number, number][] = [
  ['^x$', 2320, 2320],
  ['x', 992, 992],
  ['^[a-z]{0,20}x$', 20768, 20768],
  ['(a|b|c|d|e|f|g|h)', 3504, 4816],
  ['(a+)+', 1968, 2944],
  ['^(a|b)*c$', 3680, 4992],
  ['\\bfoo\\b', 3264, 3264],
  ['^foo|bar$', 3424, 3424],
  ['^(a(b|c)?|d)(-(x|y+))?@z$', 4640, 8448],
  ['(xy){2,4}', 2560, 4096],
  ['(a|(b|(c|d)*)+)?e', 3856, 9232],
  ['\\b(foo|bar)*\\b', 8096, 10592],
  ['((a))b', 1408, 1536],
  ['()', 1184, 1184],
  ['a|', 1152, 1152],
  ['(^|x)*y', 3536, 5312],
]

describe('glibc, pattern by pattern', () => {
  test.each(MALLOC)('%s takes what malloc says', (pattern, plain, capturing) => {
    const parsed = parseEre(pattern, {icase: true, newline: false, extended: true})
    if (parsed.kind !== 'regular') throw new Error('not regular')
    const cold = (captures: boolean): number =>
      new CompiledPattern(parsed.node, {patternBytes: pattern.length, groups: parsed.groups, captures, newline: false}).coldBytes
    // Where malloc leaves a rest too small for a chunk of its own, a chunk is 16 bytes bigger.
    expect(Math.abs(cold(false) - plain)).toBeLessThanOrEqual(32)
    expect(Math.abs(cold(true) - capturing)).toBeLessThanOrEqual(32)
  })

  // mallinfo2(3) after regexec(3) with pmatch of the covering keys.
  test.each([
    ['(a|b|c|d|e|f|g|h)', 10_976],
    ['^(a|b)*c$', 12_400],
    ['^(a(b|c)?|d)(-(x|y+))?@z$', 31_440],
    ['(a|(b|(c|d)*)+)?e', 26_400],
    ['^(.*)@(.*)\\.example$', 37_376],
    ['^.+@(a|b)\\.c$', 19_632],
  ])('%s takes what malloc says after matching with groups', (pattern, warm) => {
    const parsed = parseEre(pattern, {icase: true, newline: false, extended: true})
    if (parsed.kind !== 'regular') throw new Error('not regular')
    const compiled = new CompiledPattern(parsed.node, {patternBytes: pattern.length, groups: parsed.groups, captures: true, newline: false})
    for (const key of coveringKeys(parsed.node, 50).filter(text => /^[^\t\n]+$/.test(text))) compiled.match(key)
    expect(Math.abs(compiled.bytes / warm - 1)).toBeLessThan(0.01)
  })

  test('matching adds states, and each only once', () => {
    const parsed = parseEre('^abc$', {icase: true, newline: false, extended: true})
    if (parsed.kind !== 'regular') throw new Error('not regular')
    const compiled = new CompiledPattern(parsed.node, {patternBytes: 5, groups: 0, captures: false, newline: false})
    expect(compiled.match('abx')).toBe(false)
    expect(compiled.match('ABC')).toBe(true)
    const {bytes, stateCount} = compiled
    // A state that is left has a pointer for each byte.
    expect(bytes - compiled.coldBytes).toBeGreaterThan(3 * 2048)
    expect(compiled.match('abc')).toBe(true)
    expect(compiled.bytes).toBe(bytes)
    expect(compiled.stateCount).toBe(stateCount)
  })

  test('a pattern beyond all bounds is guessed, and says so', () => {
    const table = parseTable('/^(a{0,250}){0,250}$/ x\n', {engine: 'regexp'})
    const {pattern} = table.entries[0] as Rule
    const {exact, cold} = estimatePattern(pattern, {captures: false}, {nodes: 5_000, members: 100_000, states: 100})
    expect(exact).toBe(false)
    expect(cold).toBeGreaterThan(100_000)
  })
})

describe('PCRE2', () => {
  // pcre2test's "Memory allocation (code space)" less the header.
  test.each([
    ['^x$', 11],
    ['abc', 13],
    ['(a|b)', 23],
    ['[a-h]+', 41],
  ])('%s compiles to about %i bytes', (pattern, bytes) => {
    const parsed = parsePcre(pattern, PCRE_DEFAULTS)
    if (parsed.kind !== 'regular') throw new Error('not regular')
    expect(Math.abs(pcreCodeBytes(parsed.node) - bytes)).toBeLessThanOrEqual(4)
  })
})

const addresses = (count: number, local: (at: number) => string): string =>
  Array.from({length: count}, (_, at) => `/^${local(at)}@host${(at * 37) % 101}\\.example\\.org$/ OK ${at}\n`).join('')

/** None of them was looked at while the model was made. */
const TABLES: readonly [string, string][] = [
  ['addresses', addresses(700, at => `user-${(at * 7919) % 10_007}`)],
  ['extensions', addresses(400, at => `(user${at}|other${at})(\\+.*)?`)],
  ['captures', addresses(300, at => `(u${at}|v${at})-(.*)`).replaceAll('OK ', 'to-$1-$2 ')],
  ['header checks', Array.from({length: 300}, (_, at) => `/^Subject:.*(cheap|free) +pills? *${at}[0-9]{1,3}%/ REJECT\n/\\bword${at}\\b/ WARN\n`).join('')],
  ['guarded', `if /@host/\n${addresses(400, at => `in${at}`)}endif\nif !/^x.*$/\n${addresses(100, at => `out${at}`)}endif\n`],
  // One pattern that is the whole table would leave its syntax tree behind as free heap.
  ['alternations', Array.from({length: 40}, (_, rule) => `/^(${Array.from({length: 30}, (__, at) => `n${rule}x${at * 31}`).join('|')})@x\\.org$/ OK ${rule}\n`).join('')],
]

describe.skipIf(postmap === undefined)('real processes (needs postmap)', () => {
  test.each(TABLES.map(([name, source]) => ({name, source})))('regexp: $name: heap cold within 5 %, warm within 10 %', async ({source}) => {
    const table = parseTable(source, {engine: 'regexp'})
    const estimate = estimateTable(table)
    expect(estimate.cold).toBeGreaterThan(100 * 1024)
    const [measured] = await measureTables([source], {engine: 'regexp', keys: tableKeys(table)})
    expect(Math.abs(estimate.cold / measured!.heap.cold - 1)).toBeLessThan(0.05)
    expect(Math.abs(estimate.warm / measured!.heap.warm - 1)).toBeLessThan(0.1)
  })

  test('the 1,470 lines and their product', async () => {
    const {original, product} = scenarioA()
    const keys = tableKeys(parseTable(original, {engine: 'regexp'}))
    const [before, after] = await measureTables([original, product], {engine: 'regexp', keys})
    expect(Math.abs(estimateTable(parseTable(original, {engine: 'regexp'})).cold / before!.heap.cold - 1)).toBeLessThan(0.05)
    expect(after!.warm).toBeLessThan(before!.warm / 50)
  })
})
