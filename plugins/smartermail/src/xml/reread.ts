// Reads an XML text with xml2js, element by element, without keeping its tree: the second opinion on what it says.
import {Parser} from 'xml2js'

import {Numbers} from '../document/fingerprint.js'
import {elementPrint, type ReadElement} from './element-print.js'

// No name in XML begins so: no element or attribute can be taken for one of these.
const TEXT = '#text'
const ATTRIBUTES = '$'

const NONE = {}

const elementOf = (name: string, value: unknown): ReadElement => {
  if (typeof value === 'string') return {name, text: value, attributes: NONE}
  const {[TEXT]: text = '', [ATTRIBUTES]: attributes = {}} = value as {[TEXT]?: string; [ATTRIBUTES]?: Record<string, string>}
  return {name, text, attributes}
}

/** What a reading gave. */
export interface Reading {
  /** Of every element, in the order in which they close. */
  readonly prints: Numbers
  /** The elements that were asked for, by number. */
  readonly elements: ReadonlyMap<number, ReadElement>
}

/**
 * Reads a text with xml2js.
 * @param keep numbers of the elements to give in full
 * @throws Error with what xml2js says, when it does not accept the text
 */
export const rereadXml = (text: string, keep: ReadonlySet<number> = new Set()): Reading => {
  const prints = new Numbers()
  const elements = new Map<number, ReadElement>()
  const parser = new Parser({
    explicitArray: true, attrkey: ATTRIBUTES, charkey: TEXT, emptyTag: () => '',
    // Called for every element as it closes; what it gives back is kept in place of the element.
    validator: (xpath: string, _siblings: unknown, value: unknown) => {
      const element = elementOf(xpath.slice(xpath.lastIndexOf('/') + 1), value)
      if (keep.has(prints.length)) elements.set(prints.length, element)
      prints.push(elementPrint(element))
      return 0
    },
  })
  let failure: Error | null = null
  parser.on('error', (error: Error) => (failure ??= error))
  parser.parseString(text)
  if (failure !== null) throw failure
  return {prints, elements}
}
