// A value as it is written into XML, in the form in which the old one stood there.
import type {Form} from '../document/leaf.js'

const MARKUP: Readonly<Record<string, string>> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;'}

// A parser would turn a bare CR into LF everywhere, and in attributes tab and LF into blanks (XML 1.0 sections 2.11, 3.3.3).
const ESCAPED: Partial<Record<Form, RegExp>> = {
  text: /[&<>\r]/g,
  double: /[&<>"\t\r\n]/g,
  single: /[&<>'\t\r\n]/g,
}

const reference = (character: string): string => MARKUP[character] ?? `&#${character.codePointAt(0)};`

/** Whether XML 1.0 has a character at all (section 2.2). */
export const isXmlText = (value: string): boolean => !/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(value)

/**
 * Escapes a value for its place; null when that form cannot hold it.
 * @param has false for a character (code point) that the document's encoding does not have: it becomes a reference
 */
export const escapeXml = (value: string, form: Form, has: (character: string) => boolean): string | null => {
  if (!isXmlText(value)) return null
  if (form === 'cdata') {
    const isPlain = !value.includes('\r') && [...value].every(has)
    return isPlain ? value.replaceAll(']]>', ']]]]><![CDATA[>') : null
  }
  const pattern = ESCAPED[form]
  if (pattern === undefined) return null
  const escaped = value.replace(pattern, reference)
  return [...escaped].every(has) ? escaped : [...escaped].map(character => (has(character) ? character : reference(character))).join('')
}
