// The words of patterns, each written out once.
import type {PatternUse} from '../table/pattern-use.js'
import {expand} from '../rewrite/words/expand.js'
import {type Symbols, TooManySymbols, type Word} from '../rewrite/words/symbols.js'

export class RuleWords {
  readonly symbols: Symbols
  private readonly known = new Map<PatternUse, readonly Word[] | undefined>()
  private readonly sets = new Map<PatternUse, ReadonlySet<Word>>()

  constructor(symbols: Symbols) {
    this.symbols = symbols
  }

  /** Undefined where the pattern cannot be written out. Whether it is negated is not looked at. */
  of(use: PatternUse): readonly Word[] | undefined {
    if (this.known.has(use)) return this.known.get(use)
    const words = this.read(use)
    this.known.set(use, words)
    return words
  }

  setOf(use: PatternUse): ReadonlySet<Word> | undefined {
    const known = this.sets.get(use)
    const words = this.of(use)
    if (known !== undefined || words === undefined) return known
    const set = new Set(words)
    this.sets.set(use, set)
    return set
  }

  private read({parsed}: PatternUse): readonly Word[] | undefined {
    if (parsed.kind !== 'regular') return undefined
    try {
      return expand(parsed.node, this.symbols)
    } catch (error) {
      // More different symbols than there are numbers for.
      if (error instanceof TooManySymbols) return undefined
      throw error
    }
  }
}
