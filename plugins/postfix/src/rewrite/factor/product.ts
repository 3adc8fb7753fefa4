// Finds (names)(commands): a set of beginnings that all go on in the same ways.
import type {Word} from '../words/symbols.js'
import {buildDawg, type Dawg} from './dawg.js'

/** Every head with every tail is one of the words; `rest` are the words that are no such pair. */
export interface Product {
  readonly heads: readonly Word[]
  readonly tails: readonly Word[]
  readonly rest: readonly Word[]
}

const CANDIDATES = 12
/** Of many words fewer candidates are tried: the first is nearly always the best. */
const MANY = 4_000
const CANDIDATES_OF_MANY = 3
/** What a product must save, in symbols and as a share of the trie. */
const LEAST = 4
const SHARE = 0.08

/** Returns the product that saves most against a trie of the words, undefined when none is worth it. */
export const bestProduct = (sorted: readonly Word[]): Product | undefined => {
  if (sorted.length < 2) return undefined
  const dawg = buildDawg(sorted)
  const whole = dawg.trie[dawg.root]!
  let best: {product: Product; cost: number} | undefined
  for (const state of candidates(dawg, sorted.length > MANY ? CANDIDATES_OF_MANY : CANDIDATES)) {
    const product = productAt(dawg, state, sorted)
    if (product === undefined) continue
    // All three come from the automaton or the list in their order.
    const cost = trieSizeOfSorted(product.heads) + trieSizeOfSorted(product.tails) + trieSizeOfSorted(product.rest)
    if (best === undefined || cost < best.cost) best = {product, cost}
  }
  return best === undefined || whole - best.cost < Math.max(LEAST, SHARE * whole) ? undefined : best.product
}

/** States whose rest is written often, the greatest saving first. */
const candidates = (dawg: Dawg, most: number): number[] => {
  const saving = (state: number): number => (dawg.paths[state]! - 1) * dawg.trie[state]!
  return dawg.edges
    .map((_, state) => state)
    .filter(state => state !== dawg.root && dawg.trie[state]! > 0 && dawg.paths[state]! > 1)
    .toSorted((a, b) => saving(b) - saving(a) || b - a)
    .slice(0, most)
}

/** How many symbols a trie of the words has. */
export const trieSize = (words: readonly Word[]): number => trieSizeOfSorted(words.toSorted(byUnit))

const trieSizeOfSorted = (sorted: readonly Word[]): number => {
  let size = 0
  let before = ''
  for (const word of sorted) {
    let same = 0
    while (same < before.length && same < word.length && before[same] === word[same]) same++
    size += word.length - same
    before = word
  }
  return size
}

/** Ascending by code unit, the order that buildDawg wants. */
export const byUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const productAt = (dawg: Dawg, state: number, sorted: readonly Word[]): Product | undefined => {
  const above = statesAbove(dawg, state)
  const heads = wordsTo(dawg, above)
  const tails = wordsFrom(dawg, state)
  if (heads.length < 2) return undefined
  const covered = new Set<Word>()
  for (const head of heads) for (const tail of tails) covered.add(head + tail)
  return {heads, tails, rest: sorted.filter(word => !covered.has(word))}
}

/** Marks the states that have all words of `state`, itself among them. */
const statesAbove = (dawg: Dawg, state: number): Uint8Array => {
  const above = new Uint8Array(dawg.final.length)
  const known = new Map<number, boolean>()
  const includes = (a: number, b: number): boolean => {
    if (a === b) return true
    // What has fewer words cannot have them all.
    if (dawg.words[a]! < dawg.words[b]! || (dawg.final[b]! && !dawg.final[a]!)) return false
    const key = a * dawg.final.length + b
    const before = known.get(key)
    if (before !== undefined) return before
    const next = new Map(dawg.edges[a])
    const answer = dawg.edges[b]!.every(([symbol, to]) => {
      const from = next.get(symbol)
      return from !== undefined && includes(from, to)
    })
    known.set(key, answer)
    return answer
  }
  for (let other = 0; other < above.length; other++) if (includes(other, state)) above[other] = 1
  return above
}

/** The words that lead from the root to a marked state. */
const wordsTo = (dawg: Dawg, marked: Uint8Array): Word[] => {
  // Children come before their parents, so one pass tells from where a marked state can be reached.
  const leads = Uint8Array.from(marked)
  for (const [state, edges] of dawg.edges.entries()) if (edges.some(([, next]) => leads[next] === 1)) leads[state] = 1
  const words: Word[] = []
  const walk = (state: number, word: Word): void => {
    if (marked[state] === 1) words.push(word)
    for (const [symbol, next] of dawg.edges[state]!) if (leads[next] === 1) walk(next, word + symbol)
  }
  walk(dawg.root, '')
  return words
}

const wordsFrom = (dawg: Dawg, from: number): Word[] => {
  const words: Word[] = []
  const walk = (state: number, word: Word): void => {
    if (dawg.final[state]!) words.push(word)
    for (const [symbol, next] of dawg.edges[state]!) walk(next, word + symbol)
  }
  walk(from, '')
  return words
}
