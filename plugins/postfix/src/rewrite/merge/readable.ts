// One line a list: the words of a part in rows that a person would write, one row a name with all its commands.
import {bestProduct, byUnit} from '../factor/product.js'
import type {Word} from '../words/symbols.js'

/**
 * Returns the words in rows: a row a name where names and commands make a product, else all that are left in one.
 * Rows are in the order of their first words.
 */
export const readableWords = (words: readonly Word[]): Word[][] => {
  const place = new Map(words.map((word, at) => [word, at]))
  const first = (row: readonly Word[]): number => row.reduce((least, word) => Math.min(least, place.get(word)!), Infinity)
  return rowsOf(words)
    .map(row => ({row, at: first(row)}))
    .toSorted((a, b) => a.at - b.at)
    .map(({row}) => row)
}

const rowsOf = (words: readonly Word[]): Word[][] => {
  const product = bestProduct([...new Set(words)].toSorted(byUnit))
  if (product === undefined) return [[...words]]
  const {heads, tails, rest} = product
  // What comes first is the name.
  const rows = heads.map(head => tails.map(tail => head + tail))
  return [...rows, ...(rest.length === 0 ? [] : rowsOf(rest))]
}
