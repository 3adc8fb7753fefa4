// Which assertions hold between which neighbours.
import type {Assertion} from '../regex/node.js'
import {NEIGHBOUR} from './alphabet.js'

export const ASSERTIONS: readonly Assertion[] = [
  'start',
  'end',
  'end-newline',
  'line-start',
  'line-start-inner',
  'line-end',
  'word',
  'not-word',
  'word-start',
  'word-end',
  'not-before-newline',
]

const {start, newline, word, end} = NEIGHBOUR

/** True when the assertion holds between two NEIGHBOURs: `before` is never end, `after` never start. */
export const holds = (at: Assertion, before: number, after: number): boolean => {
  switch (at) {
    case 'start':
      return before === start
    case 'end':
      return after === end
    case 'line-start':
      return before === start || before === newline
    case 'line-start-inner':
      return before === start || (before === newline && after !== end)
    case 'line-end':
      return after === end || after === newline
    case 'word':
      return (before === word) !== (after === word)
    case 'not-word':
      return (before === word) === (after === word)
    case 'word-start':
      return before !== word && after === word
    case 'word-end':
      return before === word && after !== word
    case 'not-before-newline':
      return after !== newline
    case 'end-newline':
      // Needs two bytes ahead; build.ts writes it out with 'end'.
      throw new Error('end-newline is no assertion of the automaton')
  }
}

const LOOKS_BACK: ReadonlySet<Assertion> = new Set([
  'start',
  'line-start',
  'line-start-inner',
  'word',
  'not-word',
  'word-start',
  'word-end',
])

/** True when the byte before decides, alone or together with the byte after. */
export const looksBack = (at: Assertion): boolean => LOOKS_BACK.has(at)

/** True when the byte before decides alone. */
export const looksBackOnly = (at: Assertion): boolean => at === 'start' || at === 'line-start'

/** True when it asks for word bytes. */
export const looksAtWords = (at: Assertion): boolean => at.includes('word')
