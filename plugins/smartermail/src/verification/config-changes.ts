// Two states of a configuration file: which values differ, and which of these a move may have changed.
import {walk, type Document} from '../document/document.js'
import {spotOf, type Edit} from '../document/edit.js'
import {patch} from '../document/patch.js'
import {classify} from '../value/classify.js'
import {Places} from '../text/position.js'
import {mayMove} from './shape.js'

/** How a file differs from what it was. */
export interface ConfigChanges {
  /** Values that a move may change, and that differ. */
  readonly edits: readonly Edit[]
  /** Places in the old file of values that differ and should not. */
  readonly unexpected: readonly {readonly location: string; readonly line: number; readonly column: number}[]
  /** Names or number of the values differ. */
  readonly otherStructure: boolean
  /** The new file is the old one with the edits made, byte for byte. */
  readonly exact: boolean
}

interface Written {
  readonly name: string
  readonly value: string
}

/** Compares two readings of one file. @throws DocumentFlaw 65 when one of them is not well-formed */
export const configChanges = (before: Document, after: Document): ConfigChanges => {
  const written: Written[] = []
  walk(after, [{leaf: ({name, attribute, value}) => written.push({name: `${attribute === null ? '' : '@'}${name}`, value})}])
  const places = new Places(before.decoded.text)
  const edits: Edit[] = []
  const unexpected: {location: string; line: number; column: number}[] = []
  let number = 0
  let otherStructure = false
  walk(before, [
    {
      leaf: leaf => {
        const now = written[number++]
        if (now === undefined || now.name !== `${leaf.attribute === null ? '' : '@'}${leaf.name}`) {
          otherStructure = true
          return
        }
        if (now.value === leaf.value) return
        if (mayMove(leaf)) edits.push({...spotOf(before.file, leaf, places), kind: classify(leaf, leaf.value) ?? 'other', after: now.value, why: 'found'})
        else unexpected.push({location: leaf.location(), ...places.at(leaf.span().start)})
      },
    },
  ])
  if (number !== written.length) otherStructure = true
  const isEdited = !otherStructure && unexpected.length === 0
  return {edits, unexpected, otherStructure, exact: isEdited && isPatched(before, after, edits)}
}

const isPatched = (before: Document, after: Document, edits: readonly Edit[]): boolean => {
  try {
    return Buffer.compare(patch(before, edits), after.bytes) === 0
  } catch (error) {
    // A value that no patch could have written there: so it was not written by one.
    if ((error as {code?: unknown}).code === 'NOT_PATCHABLE') return false
    throw error
  }
}
