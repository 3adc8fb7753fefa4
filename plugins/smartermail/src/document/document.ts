// A file of the configuration, decoded, and the one way to walk it whatever its format is.
import {walkJson} from '../json/walk.js'
import {decode, type Decoded} from '../text/encoding.js'
import {walkXml} from '../xml/walk.js'
import type {Visitor} from './leaf.js'

/** How a file of the configuration is written. */
export type Format = 'xml' | 'json'

/** A file that can be walked and patched. */
export interface Document {
  /** Its name, as errors and edits give it. */
  readonly file: string
  readonly format: Format
  readonly bytes: Uint8Array
  readonly decoded: Decoded
}

/** A member of JSON that stands twice in its object. */
export interface Duplicate {
  readonly pointer: string
  readonly offset: number
}

/**
 * Decodes a file.
 * @throws DocumentFlaw 65 `ENCODING`
 */
export const openDocument = (file: string, bytes: Uint8Array, format: Format): Document => ({
  file, format, bytes, decoded: decode(file, bytes, format),
})

/**
 * Walks a document: every value, every group, in the order in which they end.
 * @returns the number of its elements (XML) or values (JSON)
 * @throws DocumentFlaw 65 when it is not well-formed
 */
export const walk = ({file, format, decoded}: Document, visitors: readonly Visitor[], duplicates: Duplicate[] = []): number =>
  format === 'xml'
    ? walkXml(file, decoded.text, visitors)
    : walkJson(file, decoded.text, {visitors, duplicate: (pointer, offset) => duplicates.push({pointer, offset})})
