// Halves an XML text between two elements below its root, so that two processors can read it again. A text without a document
// type is well-formed when both halves are, each with the root's tags around it, and has the elements of both.
import {Numbers} from '../document/fingerprint.js'
import {elementPrint} from './element-print.js'
import type {Reading} from './reread.js'

/** A place to cut. */
export interface Cut {
  /** Name of the root. */
  readonly root: string
  readonly offset: number
  /** Elements that close before it. */
  readonly elements: number
}

/** One half: a document of its own, and which of its elements are wanted in full. */
export interface Half {
  readonly text: string
  readonly keep: ReadonlySet<number>
}

/**
 * The two halves of a text.
 * @param total number of its elements
 * @param keep numbers of the elements that are wanted in full
 */
export const halvesOf = (text: string, cut: Cut, {total, keep}: {total: number; keep: Iterable<number>}): readonly [Half, Half] => {
  const {root, offset, elements} = cut
  // Each half ends with its root, which says whether it has text of its own.
  const first = new Set([elements])
  const second = new Set([total - elements - 1])
  for (const n of keep) {
    if (n < elements) first.add(n)
    else if (n < total - 1) second.add(n - elements)
  }
  return [
    {text: `${text.slice(0, offset)}</${root}>`, keep: first},
    {text: `<${root}>${text.slice(offset)}`, keep: second},
  ]
}

/**
 * The reading of the whole from those of its halves.
 * @returns null when they do not fit together: then the whole has to be read to say what is wrong with it
 */
export const joinReadings = (first: Reading, second: Reading, {cut, total}: {cut: Cut; total: number}): Reading | null => {
  const {elements: before} = cut
  const root = first.elements.get(before)
  const end = second.elements.get(total - before - 1)
  if (first.prints.length !== before + 1 || second.prints.length !== total - before) return null
  if (root === undefined || end === undefined || root.text !== '' || end.text !== '') return null
  const prints = new Numbers()
  for (let n = 0; n < before; n++) prints.push(first.prints.at(n)!)
  for (let n = 0; n < second.prints.length - 1; n++) prints.push(second.prints.at(n)!)
  prints.push(elementPrint(root))
  const elements = new Map(first.elements)
  elements.delete(before)
  for (const [n, element] of second.elements) elements.set(n + before, element)
  elements.set(total - 1, root)
  return {prints, elements}
}
