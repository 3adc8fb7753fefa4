// Random documents with random paths: an identity map changes no byte, an inverse patch brings every byte back, and an
// independent parser finds differences in the listed places only.
import fc from 'fast-check'
import {parseStringPromise} from 'xml2js'
import {describe, expect, test} from 'vitest'

import {openDocument, walk, type Document, type Format} from '../../dist/document/document.js'
import {spotOf, type Edit, type Spot} from '../../dist/document/edit.js'
import {patch} from '../../dist/document/patch.js'
import {verifyPatch} from '../../dist/document/verify.js'
import {Places} from '../../dist/text/position.js'
import {parseMap} from '../../dist/value/map-path.js'
import {planEdits} from '../../dist/migrate/plan-edits.js'
import {valueFinder, type Found} from '../../dist/inventory/find-values.js'
import {encoded} from '../support/installation.js'

const MAPS = [String.raw`C:\Mail=D:\New & "odd"\Mail`, String.raw`\\nas01\mail=E:\Shared<1>`, '/var/lib/mail=/srv/mail', 'D:=C:'].map(parseMap)

// Text that latin1 holds too, so that every encoding can carry it.
const word = fc.string({unit: fc.constantFrom(...'abcXYZ019_-.é&<>\'"ü '.split('')), minLength: 1, maxLength: 8})
const path = fc.tuple(fc.constantFrom(String.raw`C:\Mail`, 'c:/mail', String.raw`C:\Mail2`, String.raw`\\NAS01\Mail`, 'D:', '/var/lib/mail', 'plain'), fc.array(word.map(text => text.replace(/["<>|;?*]/g, '').trim() || 'x'), {maxLength: 3}))
  .map(([root, parts]) => [root, ...parts].join(root.startsWith('/') || root.includes('c:/') ? '/' : '\\'))
const value = fc.oneof(path, word, fc.constant(''), fc.constant('192.0.2.10'))

const xmlText = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const attribute = fc.tuple(fc.constantFrom('path', 'name', 'a', 'b'), value, fc.constantFrom('"', "'"), fc.constantFrom('=', ' = ', '=\n  '))
const attributes = fc.uniqueArray(attribute, {maxLength: 3, selector: ([name]) => name})
  .map(list => list.map(([name, text, quote, equals]) => ` ${name}${equals}${quote}${xmlText(text).replaceAll(quote, quote === '"' ? '&#34;' : '&apos;')}${quote}`).join(''))

const {element} = fc.letrec<{element: string}>(tie => ({
  element: fc.tuple(fc.constantFrom('Domain', 'Path', 'x:y', 'Set'), attributes, fc.oneof({maxDepth: 4},
    fc.constant(null),
    value.map(xmlText),
    fc.tuple(value, fc.constantFrom('', ' ')).map(([text]) => `<![CDATA[${text.replaceAll(']]>', '')}]]>`),
    fc.tuple(value.map(xmlText), fc.constantFrom('<!-- C:\\Mail\\comment -->', '<?pi C:\\Mail?>')).map(([text, extra]) => `${text}${extra}`),
    fc.array(fc.tuple(tie('element'), fc.constantFrom('\n', '  ', '<!-- c -->')).map(parts => parts.join('')), {maxLength: 4}).map(parts => parts.join('')),
  )).map(([name, list, content]) => (content === null ? `<${name}${list} />` : `<${name}${list}>${content}</${name} >`)),
}))

const ENCODINGS = [['utf-8', ''], ['utf-8-bom', ''], ['utf-16le', ' encoding="utf-16"'], ['utf-16be', ''], ['windows-1252', ' encoding="windows-1252"']] as const
const xmlDocument = fc.tuple(element, fc.constantFrom(...ENCODINGS), fc.constantFrom('\n', '\r\n')).map(([root, [encoding, declared], eol]) =>
  encoded(`<?xml version="1.0"${declared}?>\n<!-- head -->\n<Root>${root}</Root>\n`, encoding, eol))

const json = fc.letrec(tie => ({
  node: fc.oneof({maxDepth: 4}, value, fc.integer(), fc.constant(null), fc.boolean(),
    fc.array(tie('node'), {maxLength: 4}),
    fc.array(fc.tuple(fc.oneof(fc.constantFrom('path', '__proto__', 'constructor', 'a/b~c', ''), word), tie('node')), {maxLength: 4}).map(entries => Object.fromEntries(entries))),
})).node
const jsonDocument = fc.tuple(json, fc.constantFrom('utf-8', 'utf-8-bom', 'utf-16le', 'utf-16be'), fc.constantFrom(undefined, '\t', 2), fc.constantFrom('\n', '\r\n'))
  .map(([root, encoding, indent, eol]) => encoded(JSON.stringify({root, big: 'BIG'}, null, indent).replace('"BIG"', '12345678901234567890'), encoding, eol))

const open = (bytes: Uint8Array, format: Format): {document: Document; found: Found[]} => {
  const document = openDocument('file', bytes, format)
  const found: Found[] = []
  walk(document, [valueFinder(document, found)])
  return {document, found}
}

const allSpots = (document: Document): Map<string, Spot> => {
  const spots = new Map<string, Spot>()
  walk(document, [{leaf: leaf => spots.set(leaf.location(), spotOf('file', leaf, new Places(document.decoded.text)))}])
  return spots
}

const editsOf = ({document, found}: {document: Document; found: Found[]}): Edit[] =>
  planEdits([document], found.filter(({form}) => form !== 'locked'), {maps: MAPS, addresses: [{from: '192.0.2.10', to: '198.51.100.1'}], dns: null, sets: []}).edits as Edit[]

const ambiguous = (error: unknown): boolean => (error as {code?: string}).code === 'AMBIGUOUS_VALUE'

const patched = (bytes: Uint8Array, format: Format) => {
  const opened = open(bytes, format)
  try {
    const edits = editsOf(opened)
    return {...opened, edits, after: patch(opened.document, edits)}
  } catch (error) {
    if (ambiguous(error)) return null // refused, as it should be
    throw error
  }
}

describe.each([['xml', xmlDocument], ['json', jsonDocument]] as const)('%s', (format, documents) => {
  test('an identity map changes no byte, whatever is edited to itself', () => {
    fc.assert(fc.property(documents, bytes => {
      const {document} = open(bytes, format)
      expect(Buffer.compare(patch(document, []), bytes)).toBe(0)
      verifyPatch(document, bytes, [])
    }), {numRuns: 300})
  })

  test('patched, then patched back, is byte for byte as before', () => {
    let edited = 0
    fc.assert(fc.property(documents, bytes => {
      const there = patched(bytes, format)
      if (there === null || there.edits.length === 0) return
      // Only what is written the plain way comes back the same way: &#34; may come back as &quot;.
      const raw = there.edits.map(({span: {start, end}}) => there.document.decoded.text.slice(start, end))
      if (raw.some(text => /&(?:#|apos|gt)|\\u/.test(text) || (format === 'xml' && text.includes('>')))) return
      edited++
      verifyPatch(there.document, there.after, there.edits)
      const back = openDocument('file', there.after, format)
      const spots = allSpots(back)
      const inverse = there.edits.map(edit => ({...edit, ...spots.get(edit.location)!, after: edit.value}))
      expect(Buffer.from(patch(back, inverse)).equals(bytes)).toBe(true)
    }), {numRuns: 500})
    expect(edited).toBeGreaterThan(50)
  })

  test('an independent parser finds the planned differences and no other', async () => {
    let edited = 0
    await fc.assert(fc.asyncProperty(documents, async bytes => {
      const there = patched(bytes, format)
      if (there === null) return
      const [before, after] = [there.document, openDocument('file', there.after, format)].map(({decoded}) => decoded.text)
      const old = await leavesOf(format, before!)
      const now = await leavesOf(format, after!)
      expect([...now.keys()]).toEqual([...old.keys()])
      const differing = [...old.keys()].filter(key => old.get(key) !== now.get(key))
      edited += differing.length
      const planned = new Map(there.edits.filter(({value: text, after: fresh}) => normal(text) !== normal(fresh)).map(edit => [edit.location, edit]))
      expect(differing.toSorted()).toEqual([...planned.keys()].toSorted())
      for (const key of differing) expect(now.get(key)).toBe(normal(planned.get(key)!.after))
    }), {numRuns: 300})
    expect(edited).toBeGreaterThan(20)
  })

  test('every edit is refused that no value was planned for', () => {
    let tried = 0
    fc.assert(fc.property(documents, fc.nat(), (bytes, at) => {
      const there = patched(bytes, format)
      if (there === null || there.edits.length === 0) return
      tried++
      const missing = there.edits.filter((_, n) => n !== at % there.edits.length)
      if (Buffer.compare(there.after, patch(there.document, missing)) === 0) return
      expect(() => verifyPatch(there.document, there.after, missing)).toThrow(/not as planned/)
    }), {numRuns: 100})
    expect(tried).toBeGreaterThan(10)
  })
})

const normal = (text: string): string => (/\S/.test(text) ? text.replace(/\r\n?/g, '\n') : '')

/** Every leaf by a location like ours, from the tree of a parser that knows nothing of ours. */
const leavesOf = async (format: Format, text: string): Promise<Map<string, string>> => {
  const leaves = new Map<string, string>()
  if (format === 'json') jsonLeaves(JSON.parse(text), '', leaves)
  else {
    const tree = (await parseStringPromise(text, {explicitArray: true, charkey: '#text', emptyTag: () => ({})})) as Record<string, XmlNode>
    for (const [name, node] of Object.entries(tree)) xmlLeaves(node, `/${name}`, leaves)
  }
  return leaves
}

const jsonLeaves = (node: unknown, pointer: string, leaves: Map<string, string>): void => {
  if (typeof node !== 'object' || node === null) leaves.set(pointer, normal(String(node)))
  else for (const key of Object.keys(node)) jsonLeaves((node as Record<string, unknown>)[key], `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, leaves)
}

type XmlNode = string | {[name: string]: XmlNode[] | Record<string, string> | string}

const xmlLeaves = (node: XmlNode, location: string, leaves: Map<string, string>): void => {
  if (typeof node === 'string') {
    leaves.set(location, normal(node))
    return
  }
  const {$: own = {}, '#text': text = '', ...children} = node as Record<string, XmlNode[]> & {$?: Record<string, string>; '#text'?: string}
  leaves.set(location, normal(text))
  for (const [name, attributeValue] of Object.entries(own)) leaves.set(`${location}/@${name}`, normal(attributeValue))
  for (const [name, list] of Object.entries(children as Record<string, XmlNode[]>))
    for (const [n, child] of list.entries()) xmlLeaves(child, n === 0 ? `${location}/${name}` : `${location}/${name}[${n + 1}]`, leaves)
}
