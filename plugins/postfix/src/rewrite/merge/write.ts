// Writes words as the fewest patterns that the engine takes, the cheapest form of each.
import {AUTOMATON_LIMITS, BudgetError} from '../../automaton/ruleset.js'
import {buildMachines} from '../../automaton/machines.js'
import {unionOf} from '../../automaton/languages.js'
import {delimit} from '../../dialect/print/delimiter.js'
import {printPattern} from '../../dialect/print/print.js'
import type {RegexNode} from '../../regex/node.js'
import type {Engine} from '../../table/pattern-use.js'
import {factor} from '../factor/factor.js'
import {nestAlternatives} from '../factor/nest.js'
import {byUnit, trieSize} from '../factor/product.js'
import {endsAnchored, loopPlaces, startsAnchored} from '../words/shape.js'
import type {Symbols, Word} from '../words/symbols.js'

/** A pattern to be: the text between delimiters, the letters after it, the words it stands for. */
export interface Written {
  readonly text: string
  readonly flags: '' | 'i'
  readonly words: readonly Word[]
}

export interface WriteContext {
  readonly engine: Engine
  readonly symbols: Symbols
  readonly icase: boolean
  readonly stop: () => boolean
}

// PCRE2 takes 64 KiB of code: 32,760 letters. glibc takes more, but nobody wants to find a mistake in it.
const LONGEST: Readonly<Record<Engine, number>> = {pcre: 24_000, regexp: 60_000}
const MOST_NESTING = 100

/** Returns the patterns, undefined when the words cannot be written for this engine. */
export const writeWords = (words: readonly Word[], context: WriteContext): Written[] | undefined => {
  if (context.stop()) return undefined
  const one = writeOne(words, context)
  if (one !== undefined) return [one]
  if (words.length < 2) return undefined
  // Too long, too deep or too many states for one: neighbours stay together.
  const sorted = words.toSorted(byUnit)
  const half = sorted.length >> 1
  const [left, right] = [writeWords(sorted.slice(0, half), context), writeWords(sorted.slice(half), context)]
  return left === undefined || right === undefined ? undefined : [...left, ...right]
}

const writeOne = (words: readonly Word[], context: WriteContext): Written | undefined => {
  const {engine, symbols, icase, stop} = context
  const tree = factor(words, symbols)
  const node = engine === 'regexp' ? nestAlternatives(tree) : tree
  if (depthOf(node) > MOST_NESTING) return undefined
  const printed = printPattern(node, {engine, icase, nested: true})
  if (!('text' in printed) || printed.text.length > LONGEST[engine] || delimit(printed.text) === undefined) return undefined
  if (words.length > 1 && multiplies(tree, words, {symbols, stop})) return undefined
  return {text: printed.text, flags: icase ? '' : 'i', words}
}

const depthOf = (node: RegexNode): number => {
  switch (node.kind) {
    case 'alt':
    case 'cat':
      return 1 + node.items.reduce((most, item) => Math.max(most, depthOf(item)), 0)
    case 'group':
    case 'repeat':
      return 1 + depthOf(node.item)
    default:
      return 0
  }
}

const SPARE_STATES = 200

/** True when a matcher would need clearly more states for all words than for one after the other. */
const multiplies = (
  tree: RegexNode,
  words: readonly Word[],
  {symbols, stop}: Pick<WriteContext, 'symbols' | 'stop'>,
): boolean => {
  const tame = (word: Word): boolean =>
    startsAnchored(word, symbols) && endsAnchored(word, symbols) && loopPlaces(word, symbols).length === 0
  if (words.every(tame)) return false
  const most = SPARE_STATES + Math.ceil(1.5 * trieSize(words))
  const limits = {...AUTOMATON_LIMITS, states: most, integers: 20_000_000, stop}
  try {
    const machine = buildMachines([unionOf([tree], 'yes')], limits)[0]!
    const seen = new Set([machine.start])
    for (const state of seen) {
      if (machine.isSettled(state)) continue
      for (let letter = 0; letter < machine.alphabet.size; letter++) seen.add(machine.next(state, letter))
      if (seen.size > most) return true
    }
    return false
  } catch (error) {
    // More states than allowed is the answer.
    if (error instanceof BudgetError) return true
    throw error
  }
}
