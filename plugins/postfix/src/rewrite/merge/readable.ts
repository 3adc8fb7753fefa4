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

/** The end that all words have in common (the domain) is put aside: it would be the greatest factor of all. */
const rowsOf = (words: readonly Word[]): Word[][] => {
  const [first = ''] = words
  let end = 0
  while (end < first.length && words.every(word => word.length > end && word.at(-1 - end) === first.at(-1 - end))) end++
  const tail = first.slice(first.length - end)
  const product = bestProduct([...new Set(words.map(word => word.slice(0, word.length - end)))].toSorted(byUnit))
  if (product === undefined) return [[...words]]
  // What comes first is the name.
  const rows = product.heads.map(head => product.tails.map(command => head + command + tail))
  return [...rows, ...(product.rest.length === 0 ? [] : rowsOf(product.rest.map(word => word + tail)))]
}
