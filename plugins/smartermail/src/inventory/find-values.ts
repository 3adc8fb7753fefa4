// The values of a document that matter when an installation moves.
import type {Document} from '../document/document.js'
import {spotOf, type Spot} from '../document/edit.js'
import type {Visitor} from '../document/leaf.js'
import {Places} from '../text/position.js'
import {classify} from '../value/classify.js'
import {redact} from '../value/redact.js'
import type {Value, ValueKind} from './inventory.js'

/** A value of a kind, with its place in the bytes. */
export interface Found extends Spot {
  readonly kind: ValueKind
}

/** Collects the values of a document into `found` while it is walked; secrets with their content, which must not be kept. */
export const valueFinder = (document: Document, found: Found[]): Visitor => {
  const places = new Places(document.decoded.text)
  return {
    leaf: leaf => {
      const kind = classify(leaf, leaf.value)
      if (kind !== null) found.push(Object.assign(spotOf(document.file, leaf, places), {kind}))
    },
  }
}

/** A found value as the inventory keeps it: of a secret only that it is there. */
export const valueOf = ({file, location, line, column, kind, value}: Found): Value => ({
  file, location, line, column, kind, value: kind === 'secret' ? null : redact(value),
})
