// Writes a tree out as the words that together are its language: alternatives and options are multiplied out.
import type {RegexNode} from '../../regex/node.js'
import type {ExpandLimits, Symbols, Word} from './symbols.js'

export const EXPAND_LIMITS: ExpandLimits = {words: 60_000, symbols: 4_000_000}

/**
 * Returns the words of a tree, each once. Concatenation distributes over alternation whatever stands around it, so a
 * key matches the tree exactly when it matches one of the words. Where there are too many, the alternatives that make
 * them so stay one symbol; undefined when even that is too much.
 */
export const expand = (node: RegexNode, symbols: Symbols, limits: ExpandLimits = EXPAND_LIMITS): Word[] | undefined => {
  const words = new Expander(symbols, symbols.within(limits)).words(node)
  if (words === undefined) return undefined
  const distinct = [...new Set(words)]
  symbols.wrote(distinct)
  return distinct
}

class Expander {
  private readonly symbols: Symbols
  private readonly limits: ExpandLimits

  constructor(symbols: Symbols, limits: ExpandLimits) {
    this.symbols = symbols
    this.limits = limits
  }

  words(node: RegexNode): Word[] | undefined {
    switch (node.kind) {
      case 'class':
      case 'assert':
        return [this.symbols.of(node)]
      case 'group':
        return this.words(node.item)
      case 'alt':
        return this.alternatives(node)
      case 'cat':
        return this.sequence(node.items)
      case 'repeat':
        return this.repetition(node)
    }
  }

  private alternatives(node: RegexNode & {kind: 'alt'}): Word[] | undefined {
    const words: Word[] = []
    for (const item of node.items) {
      const more = this.words(item)
      if (more === undefined || words.length + more.length > this.limits.words) return [this.symbols.of(node)]
      for (const word of more) words.push(word)
    }
    return words
  }

  private sequence(items: readonly RegexNode[]): Word[] | undefined {
    let words: Word[] = ['']
    for (const item of items) {
      const tails = this.words(item)
      if (tails === undefined) return undefined
      const multiplied = this.multiply(words, tails) ?? this.multiply(words, [this.symbols.of(item)])
      if (multiplied === undefined) return undefined
      words = multiplied
    }
    return words
  }

  private multiply(heads: readonly Word[], tails: readonly Word[]): Word[] | undefined {
    if (heads.length * tails.length > this.limits.words) return undefined
    const longest = (words: readonly Word[]): number => words.reduce((most, word) => Math.max(most, word.length), 0)
    if (heads.length * tails.length * (longest(heads) + longest(tails)) > this.limits.symbols) return undefined
    if (tails.length === 1) return heads.map(head => head + tails[0]!)
    return heads.flatMap(head => tails.map(tail => head + tail))
  }

  private repetition(node: RegexNode & {kind: 'repeat'}): Word[] | undefined {
    if (node.max === 0) return ['']
    if (node.min !== 0 || node.max !== 1) return [this.symbols.of(node)]
    const words = this.words(node.item)
    return words === undefined ? undefined : ['', ...words]
  }
}
