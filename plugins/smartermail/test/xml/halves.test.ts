// A text read in two halves is the text read whole; what cannot be halved, or is no XML, is never taken for it.
import fc from 'fast-check'
import {describe, expect, test} from 'vitest'

import {halvesOf, joinReadings} from '../../dist/xml/halves.js'
import {rereadXml, type Reading} from '../../dist/xml/reread.js'
import {structureOf} from '../../dist/xml/structure.js'

const text = fc.constantFrom('', ' ', '\n', 'x', 'a &amp; b', '<![CDATA[c]]>', '<!-- <a> -->', '<?pi a?>')
const leaf = fc.tuple(fc.constantFrom('a', 'b', 'Root'), fc.constantFrom('', ' n="1"', " n='2' m=\"&lt;\""), text).map(([name, attributes, content]) =>
  content === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`)
const child = fc.oneof(leaf, fc.array(leaf, {maxLength: 4}).map(list => `<g>\n${list.join('\n')}</g >`))
const between = fc.constantFrom('', '\n  ', '<!-- between -->', '<?pi between?>')
const documents = fc.tuple(fc.constantFrom('', ' version="1"', ' C="C:\\a"'), fc.array(fc.tuple(between, child).map(parts => parts.join('')), {maxLength: 12}), between)
  .map(([attributes, children, end]) => `<?xml version="1.0"?>\n<!-- head -->\n<Root${attributes}>${children.join('')}${end}</Root>\n<!-- tail -->\n`)

const inHalves = (source: string, keep: Iterable<number>): Reading | null => {
  const {cut, prints} = structureOf('f', source)
  if (cut === null) return null
  const total = prints.length
  const [first, second] = halvesOf(source, cut, {total, keep})
  return joinReadings(rereadXml(first.text, first.keep), rereadXml(second.text, second.keep), {cut, total})
}

const shown = ({prints, elements}: Reading) => ({prints: [...prints.toArray()], elements: new Map([...elements].toSorted(([a], [b]) => a - b))})

describe('halves of an XML text', () => {
  test('read like the whole', () => {
    let halved = 0
    fc.assert(fc.property(documents, fc.array(fc.nat(40), {maxLength: 6}), (source, wanted) => {
      const whole = rereadXml(source)
      const keep = new Set([...wanted, whole.prints.length - 1].filter(n => n < whole.prints.length))
      const halves = inHalves(source, keep)
      if (halves === null) return
      halved++
      expect(shown(halves)).toEqual(shown(rereadXml(source, keep)))
    }), {numRuns: 500})
    expect(halved).toBeGreaterThan(100)
  })

  test.each([
    ['text of the root before the cut', '<Root>text<a/><b>long enough to be the middle</b><c/></Root>'],
    ['text of the root behind the cut', '<Root><a>long enough to be the middle of it</a><c/>text</Root>'],
    ['no element below the root', '<Root>alone</Root>'],
    ['an empty root', '<Root/>'],
  ])('are not made of %s', (_, source) => {
    expect(structureOf('f', source).cut).toBeNull()
  })

  // What would be a fault of ours: a cut at a place where the two halves are documents and the whole is not what they say.
  test.each([
    ['one element too few', '<Root><a/><b/></Root>', {root: 'Root', offset: 10, elements: 1}, 4],
    ['text of the root', '<Root>text<a/><b/></Root>', {root: 'Root', offset: 14, elements: 1}, 3],
  ])('do not fit together with %s', (_, source, cut, total) => {
    const [first, second] = halvesOf(source, cut, {total, keep: []})
    expect(joinReadings(rereadXml(first.text, first.keep), rereadXml(second.text, second.keep), {cut, total})).toBeNull()
  })
})
