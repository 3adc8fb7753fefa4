// A real, running Postfix: what its smtpd holds, and that our figures and answers are its own.
import {afterAll, expect, test} from 'vitest'

import {optimizeTable} from '../src/rewrite/optimize.js'
import {readInstance} from '../src/effects/configuration/read.js'
import {placeOf} from '../src/effects/configuration/holders.js'
import {CompiledPattern} from '../src/memory/glibc/compiled.js'
import {parseTable} from '../src/table/parse.js'
import {listAddresses, listNames, mailman3Table} from './support/mailman3.js'
import {startPostfix, whyNoPostfix} from './support/private-postfix.js'

const missing = whyNoPostfix()
const open: {close(): Promise<void>}[] = []
afterAll(async () => {
  for (const postfix of open) await postfix.close()
})

const start = async (table: string) => {
  const postfix = await startPostfix(map => `local_recipient_maps = regexp:${map('lists', table)}`)
  open.push(postfix)
  return postfix
}

/** Heap that these keys make smtpd need, pattern by pattern as it looks at them. */
const modelled = (source: string, keys: readonly string[]): number => {
  const patterns = parseTable(source, {engine: 'regexp'}).entries.flatMap(entry => {
    if (entry.kind !== 'rule' || entry.pattern.parsed.kind !== 'regular') return []
    const {text, parsed} = entry.pattern
    return [new CompiledPattern(parsed.node, {patternBytes: text.length, groups: parsed.groups, captures: false, newline: false})]
  })
  for (const key of keys) patterns.some(pattern => pattern.match(key))
  return patterns.reduce((sum, pattern) => sum + pattern.bytes, 0)
}

test.skipIf(missing !== undefined)(`smtpd after 60 recipients, before and after optimising (${missing ?? 'root and postfix are here'})`, async () => {
  const names = listNames(70)
  const original = mailman3Table(names)
  const recipients = listAddresses(names, 60)
  const optimized = optimizeTable(parseTable(original, {engine: 'regexp'})).text
  const [empty, before, after] = [await start('/^$/ x\n'), await start(original), await start(optimized)]
  const none = await empty.session(recipients)
  expect(new Set(none.codes)).toEqual(new Set([550]))
  const bloated = await before.session(recipients)
  const slim = await after.session(recipients)
  expect(new Set(bloated.codes)).toEqual(new Set([250]))
  expect(slim.codes).toEqual(bloated.codes)
  expect(slim.anonymous).toBeLessThan(2.4 * 1024 * 1024)
  expect(bloated.anonymous - none.anonymous).toBeGreaterThan(10 * (slim.anonymous - none.anonymous))
  // Each recipient is looked up as it is, and the domain alone.
  const model = modelled(original, recipients)
  expect(Math.abs(model / (bloated.anonymous - none.anonymous) - 1)).toBeLessThan(0.1)
  const wrong = [...recipients.map(recipient => `x${recipient}`), 'nobody@lists.example.com']
  expect((await after.session(wrong)).codes).toEqual((await before.session(wrong)).codes)
})

test.skipIf(missing !== undefined)(`what runs is counted (${missing ?? 'root and postfix are here'})`, async () => {
  const postfix = await start('/^a@lists\\.example\\.com$/ x\n')
  await postfix.session(['a@lists.example.com'])
  const instance = (await readInstance(postfix.directory))!
  const {holders} = placeOf(instance, {kind: 'file', engine: 'regexp', path: `${postfix.directory}/lists`})
  expect(holders).toMatchObject([{program: 'smtpd', parameters: ['local_recipient_maps'], limit: 4, running: 1, processes: 1}])
})
