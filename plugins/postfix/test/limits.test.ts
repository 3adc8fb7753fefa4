// Patterns of huge repetitions: what looks at them gives up at its limits instead of taking minutes and gigabytes.
import {describe, expect, it} from 'vitest'

import {AUTOMATON_LIMITS} from '../src/automaton/ruleset.js'
import {reachability} from '../src/automaton/reach.js'
import {convertTable} from '../src/convert/convert.js'
import {COMPILE_LIMITS} from '../src/memory/index.js'
import {estimateTable} from '../src/memory/table-estimate.js'
import {memoryReport} from '../src/report/memory.js'
import {reportLines} from '../src/report/text.js'
import {lintTable} from '../src/lint/index.js'
import {optimizeTable} from '../src/rewrite/optimize.js'
import {assemble} from '../src/rewrite/plan/assemble.js'
import {convertDialect} from '../src/rewrite/convert-dialect.js'
import {withDoubts} from '../src/rewrite/doubt.js'
import {parseTable} from '../src/table/parse.js'
import {CompiledPattern} from '../src/memory/glibc/compiled.js'

const HUGE = Array.from({length: 30}, (_, n) => `/^([a-z]{1,${10 + n}}\\.){0,${4 + (n % 4)}}x${n}@x$/ OK\n`).join('')
const table = parseTable(HUGE, {engine: 'regexp'})

describe('limits', () => {
  it('the model counts the members of states, and says that it guesses beyond them', () => {
    const one = parseTable(HUGE.split('\n')[29]!, {engine: 'regexp'})
    const followed = estimateTable(one)
    const cut = estimateTable(one, {limits: {...COMPILE_LIMITS, members: 500}})
    expect(followed.exact).toBe(true)
    expect(cut.exact).toBe(false)
    expect(cut.warm).toBeGreaterThanOrEqual(cut.cold)
    expect(cut.cold).toBeGreaterThan(0)
  })

  it('the report asks the clock before each rule', () => {
    let asked = 0
    const stop = (): boolean => ++asked > 0
    const {model} = memoryReport({before: table, after: table, measured: [], holders: undefined, processes: undefined, stop})
    expect(asked).toBe(2 * 30)
    expect(model.coldBefore).toBeGreaterThan(0)
  })

  it('a table whose automata cannot be made is tried once, not once a rule', () => {
    let asked = 0
    const stop = (): boolean => (asked++, false)
    const answers = reachability(table, {...AUTOMATON_LIMITS, nodes: 500, stop})
    expect(answers.map(({verdict}) => verdict)).toEqual(Array.from({length: 30}, () => 'unknown'))
    expect(asked).toBe(1)
  })

  it('no rule is looked at once the clock says so', () => {
    const answers = reachability(table, {...AUTOMATON_LIMITS, stop: () => true})
    expect(answers.every(({verdict}) => verdict === 'unknown')).toBe(true)
  })
})

/** Seconds of processor time so far: others on the machine do not count. */
const seconds = (): number => {
  const {user, system} = process.cpuUsage()
  return (user + system) / 1e6
}

const BUDGET = 0.5
/** What may come after the budget: one piece of work between two looks at the clock, and garbage. */
const SPARE = 4

const lines = (count: number, line: (n: number) => string): string => Array.from({length: count}, (_, n) => `${line(n)}\n`).join('')

const HOSTILE: Readonly<Record<string, string>> = {
  'repetitions in repetitions': lines(8, n => `/^(([a-${String.fromCharCode(98 + (n % 20))}]{0,30}){0,30}x){0,30}${n}$/ x`),
  'repetitions of nothing': lines(4, n => `/((()?){32767}){${1000 + n}}z/ x`),
  'words without end': lines(60, n => `/^${Array.from({length: 15}, (_, at) => `(x${String.fromCharCode(97 + ((n + at) % 26))}|y)`).join('')}${n}@h$/ x`),
  'anchors within repetitions': lines(10, n => `/^(\\b|^|$|a){0,20}(\\b|x){0,30}(\\<|\\>|w){0,30}${n}/ x`),
  'states that multiply': lines(20, n => `/(a|b)*a(a|b){${10 + (n % 20)}}c${n}/ x`),
  'nested ten deep': lines(8, n => `/${'('.repeat(10)}x{0,2}${'){0,2}'.repeat(10)}y${n}/ x`),
}

describe.each(Object.entries(HOSTILE))('hostile: %s', (_, source) => {
  it.each(['regexp', 'pcre'] as const)('%s: everything ends soon after its clock says so', engine => {
    const hostile = parseTable(source, {engine})
    const within = (what: string, work: (stop: () => boolean, used: (share: number) => boolean) => unknown): void => {
      const began = seconds()
      const gone = (): number => seconds() - began
      work(() => gone() > BUDGET, share => gone() > share * BUDGET)
      expect(gone(), what).toBeLessThan(BUDGET + SPARE)
    }
    within('optimize', (_stop, used) => optimizeTable(hostile, {used}))
    within('estimate', stop => estimateTable(hostile, {stop}))
    within('lint', stop => lintTable(hostile, {}, {...AUTOMATON_LIMITS, states: 600_000, integers: 50_000_000, stop}))
    within('convert', stop => convertDialect(hostile, engine === 'regexp' ? 'pcre' : 'regexp', stop))
  }, 120_000)
})

it('the model gives one pattern only so much work, clock or not', () => {
  const [entry] = parseTable('/^(([a-m]{0,30}){0,30}x){0,30}$/ x\n', {engine: 'regexp'}).entries
  if (entry?.kind !== 'rule' || entry.pattern.parsed.kind !== 'regular') throw new Error('not read')
  const {node} = entry.pattern.parsed
  const options = {patternBytes: 30, groups: 2, captures: false, newline: false}
  expect(() => new CompiledPattern(node, options, {...COMPILE_LIMITS, members: Infinity, work: 100_000})).toThrow('work')
})

it.each(['^(abc){0,5000}$', '^a{0,30000}b', '\\b(a|b){0,9000}\\b', '^((a?)?b){0,4000}$'])('thousands of ways behind an anchor, one within the other, are no depth of calls: %s', pattern => {
  const {cold, warm} = estimateTable(parseTable(`/${pattern}/ x\n`, {engine: 'regexp'}))
  expect(cold).toBeGreaterThan(1_000_000)
  expect(warm).toBeGreaterThanOrEqual(cold)
})

it('of a big table what is left when time is up is guessed at once, by what the rules before it cost for their length', () => {
  const big = parseTable(lines(30_000, n => `/^user-${100_000 + n}@example\\.org$/ smtp:[127.0.0.1]`), {engine: 'regexp'})
  const [one] = estimateTable(parseTable('/^user-100000@example\\.org$/ smtp:[127.0.0.1]\n', {engine: 'regexp'})).entries
  const began = seconds()
  const estimate = estimateTable(big, {stop: () => true})
  expect(seconds() - began).toBeLessThan(2)
  expect(estimate.exact).toBe(false)
  expect(estimate.cold / (30_000 * one!.cold)).toBeCloseTo(1, 1)
})

describe('a table of 60,000 rules that are all kept', () => {
  const big = parseTable(lines(60_000, n => `/^${'x'.repeat(20)}${n}@example\\.org$/ smtp:${n}`), {engine: 'regexp'})

  it('is put together and reported in time that grows with it and not with its square', () => {
    const began = seconds()
    const {text} = assemble(big, {merges: [], removed: new Set()})
    expect(text).toHaveLength(big.entries.reduce((sum, {source}) => sum + source.length, 0))
    const kept = big.entries.map(({line}) => ({line, reason: 'order'}))
    const report = reportLines({
      map: 'regexp:x', type: 'regexp', rules: {before: 60_000, after: 60_000}, rewrites: [], kept, findings: [], hints: [], output: null,
      memory: memoryReport({before: big, after: big, measured: [], holders: undefined, processes: undefined, stop: () => true}),
      proof: {verdict: 'unchanged', method: null, states: 0, postmap: null, doubts: []},
    })
    expect(report.join('\n')).toContain('60,000 rules, lines 1-60000: kept')
    expect(seconds() - began).toBeLessThan(6)
  })
})

describe('convert-regexp', () => {
  const NESTED = lines(6, n => `/^(([a-${String.fromCharCode(98 + n)}]{0,30}x){0,30}y)${n}@h\\.org$/ x`)

  it.each([['nested repetitions', NESTED], ...Object.entries(HOSTILE)])('%s: listing the keys ends soon after its clock says so', (_, source) => {
    for (const engine of ['regexp', 'pcre'] as const) {
      const began = seconds()
      const gone = (): number => seconds() - began
      const automaton = {...AUTOMATON_LIMITS, stop: () => gone() > BUDGET}
      const converted = convertTable(withDoubts(parseTable(source, {engine})), {automaton, keys: 1_000_000, recipientDelimiter: ''})
      expect(gone()).toBeLessThan(BUDGET + SPARE)
      expect(converted).toHaveProperty('code')
    }
  }, 60_000)

  it('a state that many lead to is no trouble', () => {
    const many = parseTable(lines(400, n => `/^${(n * 7919).toString(36)}user${n}[0-9]{0,3}@h${n}\\.example\\.org$/ x`), {engine: 'regexp'})
    const began = seconds()
    const converted = convertTable(many, {automaton: AUTOMATON_LIMITS, keys: 1_000_000, recipientDelimiter: ''})
    expect(converted).toHaveProperty('entries.length', 400 * 1111)
    expect(seconds() - began).toBeLessThan(20)
  }, 60_000)

  it.each([
    ['the first', '/free money/ x', 1],
    ['one behind rules that end', '/^a@b\\.c$/ x\n/free money/ x', 2],
    ['one within an if', 'if /z$/\n/^y/ x\nendif', 2],
  ])('a rule whose keys have no end is named at once, whatever stands below: %s', (_, above, line) => {
    const source = `${above}\n${lines(300, n => `/v[i1!|]agr[a@]${n}.*(cheap|buy|now)+.*p[i1]lls/ x`)}`
    const began = seconds()
    const converted = convertTable(parseTable(source, {engine: 'pcre'}), {automaton: {...AUTOMATON_LIMITS, stop: () => seconds() - began > 20}, keys: 9, recipientDelimiter: ''})
    expect(converted).toMatchObject({code: 'infinite', line})
    expect(seconds() - began).toBeLessThan(10)
  }, 60_000)

  it('what an if without endif hides is not taken for keys without end', () => {
    const converted = convertTable(parseTable('if /^a@b\\.c$/\n/./ x\n', {engine: 'regexp'}), {automaton: AUTOMATON_LIMITS, keys: 9, recipientDelimiter: ''})
    expect(converted).toMatchObject({entries: [['a@b.c', 'x']]})
  })

  it('says that it was the clock', () => {
    const stopped = convertTable(parseTable('/^a@b\\.c$/ x\n', {engine: 'regexp'}), {automaton: {...AUTOMATON_LIMITS, stop: () => true}, keys: 9, recipientDelimiter: ''})
    expect(stopped).toMatchObject({code: 'time', hint: expect.stringContaining('--budget')})
  })
})
