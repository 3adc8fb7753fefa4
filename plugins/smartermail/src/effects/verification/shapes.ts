// Shapes of configuration files, hashed.
import {createHash} from 'node:crypto'

import {isOpsError} from 'mailops/core'

import type {ConfigShape} from '../../bundle/manifest.js'
import {openDocument, type Document} from '../../document/document.js'
import {formatOf} from '../../inventory/config-files.js'
import {shapeTexts} from '../../verification/shape.js'

/** A configuration file's content as a document; null when it is opaque or not well-formed. */
export const documentOf = (name: string, bytes: Uint8Array): Document | null => {
  const format = formatOf(name)
  return format === 'opaque' ? null : openDocument(name, bytes, format)
}

/** The shape of a document, masked as it says itself, or as an earlier shape of it was. */
export const hashShape = (document: Document, masked: readonly number[] | null): Omit<ConfigShape, 'name'> => {
  const hash = createHash('sha256')
  const numbers = shapeTexts(document, masked === null ? null : new Set(masked), text => hash.update(text))
  return {sha256: hash.digest('hex'), masked: numbers}
}

/** The shape of a file; null when it is none that a move changes, or not well-formed. */
export const shapeOf = (name: string, bytes: Uint8Array): ConfigShape | null => {
  try {
    const document = documentOf(name.replace(/^service\//, ''), bytes)
    return document === null ? null : {name, ...hashShape(document, null)}
  } catch (error) {
    // Broken, which is for check to say: it is bundled as it is.
    if (isOpsError(error)) return null
    throw error
  }
}
