// The smallest acyclic automaton of a set of words: equal rests are one state, which is where products show.
import type {Word} from '../words/symbols.js'

export interface Dawg {
  readonly root: number
  /** Of each state: does a word end here. Children have smaller numbers than their parents. */
  readonly final: readonly boolean[]
  /** Of each state: next symbols and states, in the order of the symbols' numbers. */
  readonly edges: readonly (readonly (readonly [symbol: string, state: number])[])[]
  /** How many words go on from each state. */
  readonly words: readonly number[]
  /** How many symbols a trie of those words has. */
  readonly trie: readonly number[]
  /** How many different beginnings lead to each state. */
  readonly paths: Float64Array
}

/** Builds the automaton; `sorted` is ascending by code unit and holds no word twice. */
export const buildDawg = (sorted: readonly Word[]): Dawg => {
  const builder = new Builder()
  const root = builder.state(sorted, {from: 0, to: sorted.length, depth: 0})
  return {root, ...builder, paths: countPaths(builder.edges, root)}
}

const countPaths = (edges: Dawg['edges'], root: number): Float64Array => {
  const paths = new Float64Array(edges.length)
  paths[root] = 1
  for (let state = root; state >= 0; state--) for (const [, next] of edges[state]!) paths[next]! += paths[state]!
  return paths
}

class Builder {
  readonly final: boolean[] = []
  readonly edges: (readonly (readonly [string, number])[])[] = []
  readonly words: number[] = []
  readonly trie: number[] = []
  private readonly known = new Map<string, number>()

  state(sorted: readonly Word[], {from, to, depth}: {from: number; to: number; depth: number}): number {
    let at = from
    const final = sorted[at]!.length === depth
    if (final) at++
    const edges: [string, number][] = []
    while (at < to) {
      const unit = sorted[at]!.charCodeAt(depth)
      let end = at + 1
      while (end < to && sorted[end]!.charCodeAt(depth) === unit) end++
      edges.push([sorted[at]![depth]!, this.state(sorted, {from: at, to: end, depth: depth + 1})])
      at = end
    }
    return this.intern(final, edges)
  }

  private intern(final: boolean, edges: readonly (readonly [string, number])[]): number {
    const key = `${final ? '!' : ''}${edges.map(([symbol, state]) => `${symbol}${state}`).join(',')}`
    const found = this.known.get(key)
    if (found !== undefined) return found
    const state = this.final.length
    this.known.set(key, state)
    this.final.push(final)
    this.edges.push(edges)
    this.words.push(edges.reduce((sum, [, next]) => sum + this.words[next]!, final ? 1 : 0))
    this.trie.push(edges.reduce((sum, [, next]) => sum + 1 + this.trie[next]!, 0))
    return state
  }
}
