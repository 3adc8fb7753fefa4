// A document without the values that a move may change, as one text after the other: to be hashed by whoever may.
import {walk, type Document} from '../document/document.js'
import type {Leaf} from '../document/leaf.js'
import {classify} from '../value/classify.js'
import type {ValueKind} from '../inventory/inventory.js'

/** Kinds of values that a migration changes: paths and addresses wherever they stand. */
const MOVES: ReadonlySet<ValueKind> = new Set(['path', 'address', 'dns', 'url', 'port'])

/** True for a value that a move may change. */
export const mayMove = (leaf: Leaf): boolean => {
  const kind = classify(leaf, leaf.value)
  return kind !== null && MOVES.has(kind)
}

/**
 * Gives names and values of a document to `update`, in order, each ended by a NUL; of masked values only the names.
 * @param masked numbers of the values to leave out; null: find them
 * @returns those numbers
 * @throws DocumentFlaw 65 when the document is not well-formed
 */
export const shapeTexts = (document: Document, masked: ReadonlySet<number> | null, update: (text: string) => void): number[] => {
  const found: number[] = []
  let number = 0
  walk(document, [
    {
      leaf: leaf => {
        const isMasked = masked === null ? mayMove(leaf) : masked.has(number)
        if (isMasked) found.push(number)
        number++
        update(`${leaf.attribute === null ? '' : '@'}${leaf.name}\0${isMasked ? '' : leaf.value}\0`)
      },
      close: ({name}) => update(`/${name}\0`),
    },
  ])
  return found
}
