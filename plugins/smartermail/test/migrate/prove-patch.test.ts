// The proof of a large document, which two threads read again: what is not as planned is found in either half.
import {describe, expect, test} from 'vitest'

import {openDocument} from '../../dist/document/document.js'
import type {Edit} from '../../dist/document/edit.js'
import {patch} from '../../dist/document/patch.js'
import {provePatch} from '../../dist/effects/migrate/prove-patch.js'
import {readConfig} from '../../dist/inventory/read-config.js'
import {planEdits} from '../../dist/migrate/plan-edits.js'
import {parseWishes} from '../../dist/migrate/wishes.js'

const domains = Array.from({length: 12_000}, (_, n) => `<Domain name="d${n}.example"><Path>C:\\Mail\\d${n}.example</Path><Note>${'é &amp; '.repeat(30)}</Note></Domain>\r\n`)
const bytes = Buffer.from(`\ufeff<?xml version="1.0"?>\r\n<DomainList version="3" root="C:\\Mail">\r\n${domains.join('')}</DomainList>\r\n`)
const {structure, values} = readConfig('domainList.xml', bytes, {format: 'xml', both: false})
const document = openDocument('domainList.xml', bytes, 'xml')
const {edits} = planEdits([document], values, parseWishes({map: [String.raw`C:\Mail=D:\New & longer\Mail`]}))
const after = Buffer.from(patch(document, edits))
const prove = (patched: Buffer, planned: readonly Edit[] = edits) => provePatch(document, patched, {edits: planned, structure})

/** The patched bytes with one place overwritten. */
const spoilt = (from: string, to: string, where: 'first' | 'last' = 'first'): Buffer => {
  const at = where === 'first' ? after.indexOf(from) : after.lastIndexOf(from)
  expect(at).toBeGreaterThan(0)
  return Buffer.concat([after.subarray(0, at), Buffer.from(to), after.subarray(at + Buffer.byteLength(from))])
}

describe('a document of five megabytes', () => {
  test('is proven when it is as planned', async () => {
    expect(bytes.length).toBeGreaterThan(4 << 20)
    expect(edits.length).toBe(12_001)
    await prove(after)
  })

  test.each([
    ['an edit is missing in the first half', () => spoilt(String.raw`D:\New &amp; longer\Mail\d7.example`, String.raw`C:\Mail\d7.example`)],
    ['another value changed in the second half', () => spoilt('name="d11999.example"', 'name="d11998.example"')],
    ['an attribute of the root changed', () => spoilt('version="3"', 'version="4"')],
    ['an element came', () => spoilt('</Note></Domain>', '</Note><Note/></Domain>', 'last')],
    ['an element moved from one half to the other', () => spoilt('</DomainList>', '<x/></DomainList>', 'last')],
    ['the root has text', () => spoilt('</Domain>\r\n</DomainList>', '</Domain>x</DomainList>', 'last')],
    ['the first half is no XML', () => spoilt('<Note>', '<Note', 'first')],
    ['the second half is no XML', () => spoilt('</Path>', '</Paht>', 'last')],
    ['the end is missing', () => spoilt('</DomainList>', '', 'last')],
  ])('is refused when %s', async (_, make) => {
    await expect(prove(make())).rejects.toThrow(/domainList\.xml: .*nothing was written/)
  })
})
