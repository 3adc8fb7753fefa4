// The keys a pattern is expected to meet: what it matches, and what just misses it.
import {coveringKeys, nearMisses} from '../automaton/witness.js'
import type {RegexNode} from '../regex/node.js'

/** How many keys of one pattern are walked through. */
export const WORKING_KEYS = 2_000
/** A key longer than this stands for repetitions, not for an address. */
const KEY_BYTES = 1_000
/** Near misses are made of so many hits. */
const MISSES_OF = 20

/**
 * Returns keys (latin1 text) that go through all alternatives of a pattern, and near misses: with them a process has
 * made nearly all states it will ever make for this pattern, so they stand for a process that has run for long.
 */
export const workingKeys = (tree: RegexNode, limit = WORKING_KEYS): string[] => {
  const hits = coveringKeys(tree, limit).filter(key => key.length <= KEY_BYTES)
  const misses = hits.slice(0, MISSES_OF).flatMap(nearMisses)
  return [...new Set([...hits, ...misses])]
}
