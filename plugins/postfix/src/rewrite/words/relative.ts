// Words told by other words: a class that factoring has joined comes apart into the classes it was joined from.
import {type ByteSet, emptySet, sameSet, unionSet, withinSet} from '../../regex/byte-set.js'
import {buildDawg, type Dawg} from '../factor/dawg.js'
import {byUnit} from '../factor/product.js'
import type {Symbols, Word} from './symbols.js'

/**
 * Returns those of `wanted` that together say the same as `words`, undefined where `words` say something else or it is
 * not seen how. A word is one of them, or it splits: where each byte of a class leads on to one of them.
 */
export const toldBy = (words: readonly Word[], wanted: ReadonlySet<Word>, symbols: Symbols): ReadonlySet<Word> | undefined => {
  const told = new Set<Word>()
  let splitter: Splitter | undefined
  for (const word of words) {
    if (wanted.has(word)) {
      told.add(word)
      continue
    }
    if (wanted.size === 0) return undefined
    splitter ??= new Splitter(buildDawg([...wanted].toSorted(byUnit)), symbols)
    const parts = splitter.split(word)
    if (parts === undefined) return undefined
    for (const part of parts) told.add(part)
  }
  return told
}

const MOST_STEPS = 2_000_000

class Splitter {
  private readonly dawg: Dawg
  private readonly symbols: Symbols
  private steps = MOST_STEPS

  constructor(dawg: Dawg, symbols: Symbols) {
    this.dawg = dawg
    this.symbols = symbols
  }

  split(word: Word): Word[] | undefined {
    return this.from(word, 0, this.dawg.root)
  }

  /** Words that the rest of `word` from `at` on splits into, with what led to `state` before them. */
  private from(word: Word, at: number, state: number): Word[] | undefined {
    if (this.steps-- <= 0) return undefined
    if (at === word.length) return this.dawg.final[state]! ? [word] : undefined
    const same = this.dawg.edges[state]!.find(([symbol]) => symbol === word[at])
    const kept = same === undefined ? undefined : this.from(word, at + 1, same[1])
    return kept ?? this.apart(word, at, state)
  }

  private apart(word: Word, at: number, state: number): Word[] | undefined {
    const node = this.symbols.at(word, at)
    if (node.kind !== 'class') return undefined
    const words: Word[] = []
    let covered: ByteSet = emptySet()
    for (const [symbol, next] of this.dawg.edges[state]!) {
      const part = this.symbols.at(symbol, 0)
      if (part.kind !== 'class' || symbol === word[at] || !withinSet(part.set, node.set)) continue
      const more = this.from(word.slice(0, at) + symbol + word.slice(at + 1), at + 1, next)
      if (more === undefined) continue
      words.push(...more)
      covered = unionSet(covered, part.set)
    }
    return words.length > 0 && sameSet(covered, node.set) ? words : undefined
  }
}
