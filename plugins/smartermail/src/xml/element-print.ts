// A number for an element, by which two parsers' readings of it are compared.
import {fingerprint} from '../document/fingerprint.js'

/** What a parser makes of an element: its own text and its attributes. */
export interface ReadElement {
  readonly name: string
  readonly text: string
  readonly attributes: Readonly<Record<string, string>>
}

/** Both parsers end lines their own way, and xml2js leaves out white space that stands alone. */
export const canonical = (text: string): string => {
  if (text.includes('\r')) text = text.replace(/\r\n?/g, '\n')
  return /\S/.test(text) ? text : ''
}

const canonicalAttribute = (value: string): string => (/[\t\r\n]/.test(value) ? value.replace(/\r\n|[\t\r\n]/g, ' ') : value)

// A document has few names and many elements that bear them.
const MOST_REMEMBERED = 10_000
const remembered = new Map<string, number>()

const printOfName = (name: string): number => {
  const known = remembered.get(name)
  if (known !== undefined) return known
  const print = fingerprint(name)
  if (remembered.size < MOST_REMEMBERED) remembered.set(name, print)
  return print
}

/** A number for an element by its name, own text and attributes, the same whichever parser read it. */
export const elementPrint = ({name, text, attributes}: ReadElement): number => {
  let print = fingerprint(canonical(text), printOfName(name))
  for (const key in attributes) print = fingerprint(`${key}=${canonicalAttribute(attributes[key]!)}`, print)
  return print
}
