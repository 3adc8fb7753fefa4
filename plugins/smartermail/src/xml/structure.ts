// What the first reading of an XML document notes for the second: a print of each element, and where the text can be halved.
import {Numbers} from '../document/fingerprint.js'
import type {Visitor} from '../document/leaf.js'
import {elementPrint} from './element-print.js'
import type {Cut} from './halves.js'
import {walkXml} from './walk.js'

/** An XML document as saxes reads it. */
export interface Structure {
  /** Of every element, in the order in which they close. */
  readonly prints: Numbers
  /** About its middle; null where there is none. */
  cut: Cut | null
}

/** A structure that is still to be taken. */
export const noStructure = (): Structure => ({prints: new Numbers(), cut: null})

/** Takes the structure of a document while it is walked; JSON has none. */
export const structureTaker = (text: string, structure: Structure): Visitor => {
  const middle = text.length / 2
  const {prints} = structure
  return {
    close: ({name, parent, element}) => {
      if (element === null) return
      prints.push(elementPrint({name, text: element.text, attributes: element.attributes}))
      if (element.depth === 2 && structure.cut === null && element.end >= middle) structure.cut = {root: parent, offset: element.end, elements: element.index + 1}
      // Text of the root's own would be torn apart.
      if (element.depth === 1 && element.text.trim() !== '') structure.cut = null
    },
  }
}

/** The structure of a text; as `walkXml` fails, so does this. */
export const structureOf = (file: string, text: string): Structure => {
  const structure = noStructure()
  walkXml(file, text, [structureTaker(text, structure)])
  return structure
}
