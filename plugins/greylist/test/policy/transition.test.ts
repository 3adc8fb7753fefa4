// The life of an entry: first sight, too soon, in time, too late, and what passes with it.
import fc from 'fast-check'
import {expect, test} from 'vitest'

import {decideOn} from '../../src/policy/transition.js'
import {memoryTable} from '../support/memory-table.js'
import type {Ask} from '../../src/store/store.js'
import {asks, LIMITS} from '../support/asks.js'

const T = 1_790_000_000_000
const MINUTE = 60_000
const base: Ask = {network: '192.0.2.0/24', sender: '', recipient: '', now: T, delay: MINUTE, window: 86_400_000, keep: 36 * 86_400_000, passNetwork: true}
const wide = {perGroup: 4096, ipv4: 16, ipv6: 48, pending: 2_000_000}
const at = (offset: number, more: Partial<Ask> = {}): Ask => ({...base, ...more, now: T + offset})

test('early retries restart neither the delay nor the window', () => {
  const table = memoryTable(wide)
  expect(decideOn(table, at(0)).outcome).toBe('new')
  for (const second of [1, 20, 40, 59]) expect(decideOn(table, at(second * 1000))).toMatchObject({outcome: 'early', first: T})
  expect(decideOn(table, at(MINUTE))).toMatchObject({outcome: 'ripe', first: T, tries: 6})
  expect(decideOn(table, at(MINUTE + 1)).outcome).toBe('known')
  const other = memoryTable(wide)
  decideOn(other, at(0))
  decideOn(other, at(59_000))
  expect(decideOn(other, at(86_400_001)).outcome, 'the window runs from first sight').toBe('new')
  expect(other.lost).toHaveLength(1)
})

test('a passed network lives from its last use, which is written at most hourly', () => {
  const table = memoryTable(wide)
  decideOn(table, at(0))
  decideOn(table, at(MINUTE))
  const day = 86_400_000
  decideOn(table, at(MINUTE + 1000))
  expect(table.get(base.network, '', '')?.last).toBe(T + MINUTE)
  expect(decideOn(table, at(MINUTE + 35 * day)).outcome).toBe('known')
  expect(decideOn(table, at(MINUTE + 70 * day)).outcome).toBe('known')
  expect(decideOn(table, at(MINUTE + 107 * day)).outcome).toBe('new')
})

test('after one triplet the network passes, whoever writes to whom', () => {
  const table = memoryTable(wide)
  const mail = {sender: 'a@example.com', recipient: 'x@here.example'}
  expect(decideOn(table, at(0, mail)).outcome).toBe('new')
  expect(decideOn(table, at(MINUTE, {...mail, sender: 'b@example.com'})).outcome).toBe('new')
  expect(decideOn(table, at(MINUTE + 1, mail)).outcome).toBe('ripe')
  expect(decideOn(table, at(MINUTE + 2, {...mail, sender: 'b@example.com'})).outcome).toBe('known')
  expect(decideOn(table, at(MINUTE + 3)).outcome).toBe('known')
})

test('with passNetwork false only the triplet passes', () => {
  const table = memoryTable(wide)
  const mail = {sender: 'a@example.com', recipient: 'x@here.example', passNetwork: false}
  decideOn(table, at(0, mail))
  expect(decideOn(table, at(MINUTE, mail)).outcome).toBe('ripe')
  expect(decideOn(table, at(MINUTE + 1, mail)).outcome).toBe('known')
  expect(decideOn(table, at(MINUTE + 1, {...mail, sender: 'b@example.com'})).outcome).toBe('new')
})

test('what left after connect, for want of STARTTLS say, has been seen', () => {
  const table = memoryTable(wide)
  expect(decideOn(table, at(0)).outcome).toBe('new')
  expect(decideOn(table, at(MINUTE, {sender: 'a@example.com', recipient: 'x@here.example'})).outcome).toBe('ripe')
})

test('a domain that was deferred at one address passes at another that its SPF record names', () => {
  const table = memoryTable(wide)
  decideOn(table, at(0, {network: 'spf:example.com'}))
  const other = {network: '198.51.100.0/24', spf: 'example.com'}
  expect(decideOn(table, at(1000, other)).outcome).toBe('new')
  expect(decideOn(table, at(MINUTE, other))).toMatchObject({outcome: 'spf', first: T})
  expect(decideOn(table, at(MINUTE + 1, {...other, spf: undefined as never})).outcome, 'its network too').toBe('known')
})

test('an attack fills neither a group nor the store', () => {
  const table = memoryTable({perGroup: 3, ipv4: 16, ipv6: 48, pending: 4})
  const net = (n: number, more = {}): Ask => at(n, {network: `192.0.${n}.0/24`, ...more})
  for (const n of [0, 1, 2]) expect(decideOn(table, net(n)).outcome).toBe('new')
  expect(decideOn(table, net(3)).outcome, 'the fourth of its /16').toBe('full')
  expect(table.get('192.0.3.0/24', '', '')).toBeNull()
  expect(decideOn(table, net(1)).outcome, 'who is recorded stays so').toBe('early')
  decideOn(table, at(5, {network: '198.51.100.0/24'}))
  decideOn(table, at(6, {network: '203.0.113.0/24'}))
  expect([...table.entries.values()].map(({network}) => network), 'the oldest has gone').not.toContain('192.0.0.0/24')
  expect(table.entries.size).toBe(4)
})

test('whatever happens: looking changes nothing, no pass before the delay, limits hold, who retries in time passes', () => {
  fc.assert(
    fc.property(asks, sequence => {
      const table = memoryTable(LIMITS)
      for (const ask of sequence) {
        const before = JSON.stringify([...table.entries])
        const looked = decideOn(table, {...ask, dry: true})
        expect(JSON.stringify([...table.entries])).toBe(before)
        const answer = decideOn(table, ask)
        expect(answer.outcome).toBe(looked.outcome)
        if (answer.outcome === 'ripe' || answer.outcome === 'spf') expect(ask.now - answer.first).toBeGreaterThanOrEqual(Math.min(ask.delay, 1000))
        if (answer.outcome === 'early') expect(ask.now - answer.first).toBeLessThan(ask.delay)
        const pending = [...table.entries.values()].filter(({passed}) => passed === 0)
        expect(pending.length).toBeLessThanOrEqual(LIMITS.pending)
        if (answer.outcome === 'new' && ask.dry !== true) {
          const retry = memoryTable(LIMITS)
          decideOn(retry, ask)
          expect(decideOn(retry, {...ask, now: ask.now + ask.delay}).outcome).toBe('ripe')
        }
      }
    }),
    {numRuns: 200},
  )
})
