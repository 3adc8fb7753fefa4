// The letters that rules are factored over: one symbol a class, assertion or repetition, the same for equal ones.
import {type ByteSet, hasByte, members, setKey} from '../../regex/byte-set.js'
import type {RegexNode} from '../../regex/node.js'

/** A word is a text of symbols: each UTF-16 unit is the number of one. Equal words are equal languages. */
export type Word = string

// Units that can stand in a text of their own, surrogates left out so that nothing joins two of them.
const MOST = 0xd7ff

/** Thrown when a table has more different symbols than there are units; its rules are then left alone. */
export class TooManySymbols extends Error {
  override readonly name = 'TooManySymbols'
}

export interface ExpandLimits {
  /** Most words of one tree. */
  readonly words: number
  /** Most symbols of all its words together. */
  readonly symbols: number
}

/** Of all trees of a table together, so that a table of many such trees does not fill the memory. */
const TOGETHER: ExpandLimits = {words: 400_000, symbols: 12_000_000}
/** What a tree may still have then. */
const AT_LEAST: ExpandLimits = {words: 16, symbols: 4_000}

/** Gives trees numbers. Equal trees (groups and laziness aside: without $n they mean nothing) have equal numbers. */
export class Symbols {
  private readonly nodes: RegexNode[] = []
  private readonly numbers = new Map<string, number>()
  private readonly bySet = new WeakMap<ByteSet, number>()

  private readonly left = {...TOGETHER}

  /** What of `limits` is left after all that was written out so far. */
  within(limits: ExpandLimits): ExpandLimits {
    return {
      words: Math.min(limits.words, Math.max(AT_LEAST.words, this.left.words)),
      symbols: Math.min(limits.symbols, Math.max(AT_LEAST.symbols, this.left.symbols)),
    }
  }

  /** Counts what was written out. */
  wrote(words: readonly Word[]): void {
    this.left.words -= words.length
    for (const word of words) this.left.symbols -= word.length
  }

  /** The symbol of a tree, as a word of one. */
  of(node: RegexNode): Word {
    if (node.kind !== 'class') return String.fromCharCode(this.number(nodeKey(node), node))
    const known = this.bySet.get(node.set)
    if (known !== undefined) return String.fromCharCode(known)
    const number = this.number(nodeKey(node), node)
    this.bySet.set(node.set, number)
    return String.fromCharCode(number)
  }

  /** The tree of the symbol at a place of a word. */
  at(word: Word, place: number): RegexNode {
    return this.nodes[word.charCodeAt(place)]!
  }

  private number(key: string, node: RegexNode): number {
    const known = this.numbers.get(key)
    if (known !== undefined) return known
    const number = this.nodes.length
    if (number > MOST) throw new TooManySymbols()
    this.nodes.push(node)
    this.numbers.set(key, number)
    return number
  }

  /** Compares two symbols for a stable order that people expect: letters first, as in the alphabet. */
  compare(a: Word, b: Word): number {
    const [left, right] = [rank(this.at(a, 0)), rank(this.at(b, 0))]
    return left < right ? -1 : left > right ? 1 : 0
  }
}

const nodeKey = (node: RegexNode): string => {
  switch (node.kind) {
    case 'class':
      return `c${setKey(node.set)}`
    case 'assert':
      return `@${node.at}`
    case 'group':
      return nodeKey(node.item)
    case 'repeat':
      return `r${node.min},${node.max}(${nodeKey(node.item)})`
    case 'cat':
      return `(${node.items.map(nodeKey).join(' ')})`
    case 'alt':
      return `(${node.items.map(nodeKey).join('|')})`
  }
}

const rank = (node: RegexNode): string => {
  if (node.kind !== 'class') return `~${nodeKey(node)}`
  const bytes = members(node.set)
  const last = bytes.at(-1)
  return last === undefined ? '' : `${String.fromCharCode(last).padEnd(1)}${bytes.length}${setKey(node.set)}`
}

/** True when the symbol is the class of just this byte, in whatever case. */
export const isByte = (node: RegexNode, byte: number): boolean =>
  node.kind === 'class' && hasByte(node.set, byte) && members(node.set).length === 1
