// Words that a key can only match together with another word: they say nothing of their own.
import {startsAnchored, endsAnchored} from '../words/shape.js'
import type {Symbols, Word} from '../words/symbols.js'

const MOST_CHECKS = 4_000_000

/**
 * Returns the words without those that hold another word within them: where such a key matches, the shorter word
 * matches too. Only words that are open at one end can be held.
 */
export const withoutSubsumed = (words: readonly Word[], symbols: Symbols): Word[] => {
  const distinct = [...new Set(words)]
  const open = distinct.filter(word => !startsAnchored(word, symbols) || !endsAnchored(word, symbols))
  if (open.length === 0 || open.length * distinct.length > MOST_CHECKS) return distinct
  return distinct.filter(word => !open.some(other => other.length < word.length && word.includes(other)))
}
