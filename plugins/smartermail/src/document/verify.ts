// Proof that a patched document says what the plan says and nothing else: read again by parsers that did not locate it.
import {OpsError} from 'mailops/core'

import {sameButFor} from '../json/compare.js'
import {canonical, elementPrint, type ReadElement} from '../xml/element-print.js'
import {rereadXml, type Reading} from '../xml/reread.js'
import {structureOf, type Structure} from '../xml/structure.js'
import {openDocument, walk, type Document} from './document.js'
import type {Edit} from './edit.js'
import {fingerprint, Numbers} from './fingerprint.js'

const differs = (file: string, what: string): OpsError =>
  new OpsError('NOT_AS_PLANNED', `${file}: ${what}; nothing was written`, {
    exit: 'badData',
    hint: 'compare the file with what its program writes; mailops smartermail check shows what is odd in it',
  })

const byIndex = (edits: readonly Edit[]): Map<number, Edit[]> => {
  const map = new Map<number, Edit[]>()
  for (const edit of edits) map.set(edit.index, [...(map.get(edit.index) ?? []), edit])
  return map
}

// Without a prototype: an attribute may be called __proto__.
const reverted = (element: ReadElement, edits: readonly Edit[]): ReadElement => {
  const attributes = Object.assign(Object.create(null), element.attributes) as Record<string, string>
  for (const {attribute, value} of edits) if (attribute !== null) attributes[attribute] = value
  return {...element, attributes, text: edits.find(({attribute}) => attribute === null)?.value ?? element.text}
}

// The new values are there, and with the old ones in their place the element is the old one.
const isAsPlanned = (element: ReadElement | undefined, edits: readonly Edit[], print: number | undefined): boolean =>
  element !== undefined &&
  edits.every(({attribute, after}) => canonical(attribute === null ? element.text : (element.attributes[attribute] ?? '')) === canonical(after)) &&
  elementPrint(reverted(element, edits)) === print

const readAgain = ({file, decoded}: Document, keep: ReadonlySet<number>): Reading => {
  try {
    return rereadXml(decoded.text, keep)
  } catch (error) {
    throw differs(file, `xml2js does not read it: ${(error as Error).message.split('\n')[0]}`)
  }
}

/**
 * Checks what the second parser read in a patched XML document.
 * @param reading with the edited elements in full
 * @param prints of the document before
 * @throws OpsError 65 `NOT_AS_PLANNED`
 */
export const checkReading = (document: Document, {prints: found, elements}: Reading, {edits, prints}: {edits: readonly Edit[]; prints: Numbers}): void => {
  const planned = byIndex(edits)
  if (found.length !== prints.length) throw differs(document.file, `two parsers disagree: ${found.length} elements, not ${prints.length}`)
  for (let n = 0; n < found.length; n++) {
    const own = planned.get(n)
    const isRight = own === undefined ? found.at(n) === prints.at(n) : isAsPlanned(elements.get(n), own, prints.at(n))
    if (!isRight) throw differs(document.file, `element ${n + 1} (in the order of end tags) is not as planned`)
  }
}

const jsonPrints = (document: Document, edits: readonly Edit[]): Numbers => {
  const prints = new Numbers()
  const planned = byIndex(edits)
  const leaf = {leaf: ({index, value}: {index: number; value: string}) => prints.push(fingerprint(planned.get(index)?.[0]?.after ?? value))}
  walk(document, [leaf])
  return prints
}

const verifyJson = (document: Document, after: Document, edits: readonly Edit[]): void => {
  const expected = jsonPrints(document, edits)
  const found = jsonPrints(after, [])
  if (found.length !== expected.length) throw differs(document.file, `${found.length} values, not ${expected.length}`)
  for (let n = 0; n < found.length; n++) if (found.at(n) !== expected.at(n)) throw differs(document.file, `value ${n + 1} is not as planned`)
  const planned = new Set(edits.map(({location}) => location))
  const odd = sameButFor(JSON.parse(document.decoded.text), JSON.parse(after.decoded.text), planned)
  if (odd !== null) throw differs(document.file, `${odd === '' ? 'the document' : odd} is not as planned`)
}

/**
 * Checks that the patched bytes differ from the document in the edited values only, and there as planned. XML is read by
 * xml2js, which must agree with saxes on every element; JSON by JSON.parse. Without edits: that both parsers agree.
 * @param structure of the document, where it was taken already
 * @throws OpsError 65 `NOT_AS_PLANNED`
 */
export const verifyPatch = (document: Document, bytes: Uint8Array, edits: readonly Edit[], structure?: Structure): void => {
  const after = openDocument(document.file, bytes, document.format)
  if (document.format === 'json') return verifyJson(document, after, edits)
  const {prints} = structure ?? structureOf(document.file, document.decoded.text)
  checkReading(document, readAgain(after, new Set(edits.map(({index}) => index))), {edits, prints})
}
