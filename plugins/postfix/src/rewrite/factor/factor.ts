// Turns a set of words into one tree: common ends taken out, products, then a trie, options and classes where they fit.
import {emptySet, unionSet} from '../../regex/byte-set.js'
import {bytes, cat, EMPTY, type RegexNode, repeat} from '../../regex/node.js'
import type {Symbols, Word} from '../words/symbols.js'
import {alternatives} from './nest.js'
import {bestProduct, byUnit} from './product.js'

/** Returns a tree of the same language as the words together, the same tree whatever their order. */
export const factor = (words: readonly Word[], symbols: Symbols): RegexNode =>
  new Factoring(symbols).tree([...new Set(words)].toSorted(byUnit))

class Factoring {
  private readonly symbols: Symbols

  constructor(symbols: Symbols) {
    this.symbols = symbols
  }

  /** `words` are sorted by unit, no two are the same. */
  tree(words: readonly Word[]): RegexNode {
    if (words.length === 0) return alternatives([])
    if (words.length === 1) return this.sequence(words[0]!)
    const {head, tail, middle} = strip(words)
    const inner = this.inner(middle)
    return cat([this.sequence(head), inner, this.sequence(tail)])
  }

  private inner(words: readonly Word[]): RegexNode {
    if (words[0] === '') return this.option(words.slice(1))
    const product = bestProduct(words)
    if (product === undefined) return alternatives(this.ordered(words))
    const both = cat([this.tree(product.heads.toSorted(byUnit)), this.tree(product.tails.toSorted(byUnit))])
    if (product.rest.length === 0) return both
    return alternatives([both, ...branchesOf(this.tree(product.rest))])
  }

  /** Words of which one is empty: what the others make, or nothing. */
  private option(words: readonly Word[]): RegexNode {
    // The common ends of the others may be more than those of all.
    return repeat(this.tree(words), {min: 0, max: 1})
  }

  /** One branch for each first symbol, those of one byte joined. */
  private ordered(words: readonly Word[]): RegexNode[] {
    const byFirst = new Map<string, Word[]>()
    for (const word of words) {
      const known = byFirst.get(word[0]!)
      if (known === undefined) byFirst.set(word[0]!, [word])
      else known.push(word)
    }
    const firsts = [...byFirst.keys()].toSorted((a, b) => this.symbols.compare(a, b))
    return joinClasses(firsts.map(first => this.tree(byFirst.get(first)!)))
  }

  private sequence(word: Word): RegexNode {
    if (word === '') return EMPTY
    return cat(Array.from({length: word.length}, (_, at) => this.symbols.at(word, at)))
  }
}

const branchesOf = (node: RegexNode): readonly RegexNode[] => (node.kind === 'alt' ? node.items : [node])

/** Branches of one byte are one class, in the place of the first. */
const joinClasses = (branches: readonly RegexNode[]): RegexNode[] => {
  const single = branches.filter(branch => branch.kind === 'class')
  if (single.length < 2) return [...branches]
  const joined = bytes(single.reduce((set, branch) => unionSet(set, branch.set), emptySet()))
  return branches.flatMap(branch => (branch.kind !== 'class' ? [branch] : branch === single[0] ? [joined] : []))
}

/** Takes off what all words begin with, then what the rests all end with. */
const strip = (words: readonly Word[]): {head: Word; tail: Word; middle: Word[]} => {
  const first = words[0]!
  const shortest = words.reduce((least, word) => Math.min(least, word.length), first.length)
  let head = 0
  while (head < shortest && words.every(word => word[head] === first[head])) head++
  let tail = 0
  while (tail < shortest - head && words.every(word => word.at(-1 - tail) === first.at(-1 - tail))) tail++
  return {
    head: first.slice(0, head),
    tail: first.slice(first.length - tail),
    middle: words.map(word => word.slice(head, word.length - tail)).toSorted(byUnit),
  }
}
