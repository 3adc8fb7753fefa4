// Patterns of huge repetitions: what looks at them gives up at its limits instead of taking minutes and gigabytes.
import {describe, expect, it} from 'vitest'

import {AUTOMATON_LIMITS} from '../src/automaton/ruleset.js'
import {reachability} from '../src/automaton/reach.js'
import {COMPILE_LIMITS} from '../src/memory/index.js'
import {estimateTable} from '../src/memory/table-estimate.js'
import {memoryReport} from '../src/report/memory.js'
import {parseTable} from '../src/table/parse.js'

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
