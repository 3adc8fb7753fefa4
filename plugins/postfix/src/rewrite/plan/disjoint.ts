// Can a key match both of two rules? From their words at once where that is enough, else by the automaton.
import type {Condition, DecisionRule} from '../../automaton/ruleset.js'
import {AUTOMATON_LIMITS} from '../../automaton/ruleset.js'
import {noKey} from '../../automaton/languages.js'
import {languageOf} from '../../automaton/table-ruleset.js'
import {areDisjoint, hasByte} from '../../regex/byte-set.js'
import type {RegexNode} from '../../regex/node.js'
import type {Rule} from '../../table/entry.js'
import {endsAnchored, startsAnchored} from '../words/shape.js'
import type {Symbols, Word} from '../words/symbols.js'

/** A rule with its words, where it has some. */
export interface Sided {
  readonly rule: Rule
  readonly words: readonly Word[] | undefined
}

const STATES = 5_000
const NODES = 50_000
/** States of all questions together, a bound that a busy machine does not move. */
const STATES_OF_ALL = 400_000
/** The clock is read once for so many pairs. */
const BETWEEN_LOOKS = 1_024
/** Pairs of words that are compared for two rules. */
const WORD_PAIRS = 4_096

/** Answers for pairs of rules; remembers nothing but how much it has asked. */
export class Disjointness {
  private readonly symbols: Symbols
  private readonly stop: () => boolean
  /** How many more pairs may be compared, and how many more may be decided by automata. */
  private compared = 5_000_000
  private decided = 3_000
  private states = STATES_OF_ALL

  constructor(symbols: Symbols, stop: () => boolean) {
    this.symbols = symbols
    this.stop = stop
  }

  /** True when no key matches both; false when one does, or when it is not known. */
  proves(a: Sided, b: Sided): boolean {
    if (this.compared % BETWEEN_LOOKS === 0 && this.stop()) this.compared = 0
    if (this.compared-- <= 0) return false
    if (a.words !== undefined && b.words !== undefined && a.words.length * b.words.length <= WORD_PAIRS) {
      const {symbols} = this
      if (a.words.every(left => b.words!.every(right => wordsDisjoint(left, right, symbols)))) return true
      // Two plain words that overlap in what can be seen at their ends will hardly be told apart by more.
      if (a.words.length === 1 && b.words.length === 1 && wordsMeet(a.words[0]!, b.words[0]!, symbols)) return false
    }
    return this.byAutomaton(a.rule, b.rule)
  }

  private byAutomaton(a: Rule, b: Rule): boolean {
    if (this.decided-- <= 0) return false
    const conditions = [...conditionsOf(a), ...conditionsOf(b)]
    const both: DecisionRule = {conditions, tag: 'yes'}
    const limits = {...AUTOMATON_LIMITS, states: STATES, nodes: NODES, stop: () => this.states-- <= 0 || this.stop()}
    return conditions.length > 0 && noKey([both], limits).verdict === 'yes'
  }
}

/** What must hold for a rule to answer; what only the engine knows is left out, which can only make more keys of it. */
const conditionsOf = ({pattern, second}: Rule): Condition[] =>
  [pattern, ...(second === undefined ? [] : [second])]
    .filter(use => use.parsed.kind === 'regular')
    .map(use => ({language: languageOf(use), negated: use.negated}))

/** True when the two words tell by their ends alone that no key matches both. */
export const wordsDisjoint = (a: Word, b: Word, symbols: Symbols): boolean => {
  if (startsAnchored(a, symbols) && startsAnchored(b, symbols) && differAtStart(a, b, symbols)) return true
  if (!endsAnchored(a, symbols) || !endsAnchored(b, symbols) || a.at(-1) !== b.at(-1)) return false
  return differAtEnd(a, b, symbols)
}

/** Symbol by symbol from the start, while both are one byte each. */
const differAtStart = (a: Word, b: Word, symbols: Symbols): boolean => {
  for (let at = 1; at < a.length && at < b.length; at++) {
    const verdict = compareBytes(symbols.at(a, at), symbols.at(b, at))
    if (verdict !== undefined) return verdict
  }
  return false
}

/** The same from the end. Behind `$` of PCRE2 there may be a newline more, so a class that takes one decides nothing. */
const differAtEnd = (a: Word, b: Word, symbols: Symbols): boolean => {
  for (let back = 2; back <= a.length && back <= b.length; back++) {
    const [left, right] = [symbols.at(a, a.length - back), symbols.at(b, b.length - back)]
    if (takesNewline(left) || takesNewline(right)) return false
    const verdict = compareBytes(left, right)
    if (verdict !== undefined) return verdict
  }
  return false
}

const takesNewline = (node: RegexNode): boolean => node.kind === 'class' && hasByte(node.set, 0x0a)

/** True: no byte is both. False: no more can be seen here. Undefined: look at the next. */
const compareBytes = (a: RegexNode, b: RegexNode): boolean | undefined => {
  if (a.kind !== 'class' || b.kind !== 'class') return false
  return areDisjoint(a.set, b.set) ? true : undefined
}

/** True when some key surely matches both: neither is anchored where the other could keep it away. */
const wordsMeet = (a: Word, b: Word, symbols: Symbols): boolean =>
  a === b ||
  (plain(a, symbols) && plain(b, symbols) && (loose(a, b, symbols) || loose(b, a, symbols)))

/** True when `a` then `b` is one key for both: nothing stands behind the one or before the other. */
const loose = (a: Word, b: Word, symbols: Symbols): boolean => !endsAnchored(a, symbols) && !startsAnchored(b, symbols)

const plain = (word: Word, symbols: Symbols): boolean => {
  for (let at = 0; at < word.length; at++) {
    const node = symbols.at(word, at)
    if (node.kind === 'class') continue
    const edge = node.kind === 'assert' && ((at === 0 && node.at === 'start') || at === word.length - 1)
    if (!edge) return false
  }
  return true
}
