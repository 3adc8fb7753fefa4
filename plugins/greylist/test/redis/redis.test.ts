// The shared store with a real redis-server: the same decisions, two hosts, an outage, and the way back.
import {join} from 'node:path'

import fc from 'fast-check'
import {describe, expect, onTestFinished, test, vi} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {connectRedis} from '../../src/effects/redis/client.js'
import {openRedis} from '../../src/effects/redis/open.js'
import {redisStore} from '../../src/effects/redis/store.js'
import {openSqlite} from '../../src/effects/sqlite/open.js'
import {decideOn, keyText} from '../../src/policy/transition.js'
import {memoryTable} from '../support/memory-table.js'
import type {Answer, Ask, Entry, Store} from '../../src/store/store.js'
import {asks, LIMITS} from '../support/asks.js'
import {noRedis, redisServer, type RedisServer} from '../support/redis-server.js'

const WIDE = {perGroup: 4096, ipv4: 16, ipv6: 48, pending: 2_000_000}
const DAY = 86_400_000
const spans = () => ({window: DAY, keep: 36 * DAY})
const ask = (network: string, now: number, more: Partial<Ask> = {}): Ask => ({network, sender: '', recipient: '', now, delay: 60_000, window: DAY, keep: 36 * DAY, passNetwork: true, ...more})

const all = async (store: Store): Promise<Entry[]> => {
  const found: Entry[] = []
  for await (const chunk of store.entries({})) found.push(...chunk)
  return found.sort((a, b) => (keyText(a) < keyText(b) ? -1 : 1))
}

const running = async (): Promise<RedisServer> => {
  const server = await redisServer()
  onTestFinished(() => server.stop())
  return server
}

/** A host with its own SQLite file. */
const host = async (url: string): Promise<{store: Store; said: string[]}> => {
  const {store: local} = await openSqlite({path: join(temporaryDirectory('greylist'), 'g.db'), limits: WIDE, isResident: true})
  const said: string[] = []
  const store = await openRedis({url, local, limits: WIDE, spans, warn: line => said.push(line)})
  onTestFinished(() => store.close())
  return {store, said}
}

const one = async (store: Store, question: Ask): Promise<Answer> => (await store.decide([question]))[0]!

describe.skipIf(noRedis !== false)('redis', () => {
  test('decides as the pure transition does, in batches of any size', async () => {
    const server = await running()
    const redis = await connectRedis(server.url, {changed: () => undefined})
    await redis.settled()
    const store = redisStore(redis, {name: 'redis', limits: LIMITS, spans: () => ({window: 7_200_000, keep: 30_000_000})})
    onTestFinished(() => store.close())
    await fc.assert(
      fc.asyncProperty(asks, fc.integer({min: 1, max: 9}), async (sequence, size) => {
        await redis.send(['FLUSHALL'])
        const table = memoryTable(LIMITS)
        const expected = sequence.map(question => decideOn(table, question))
        const answers: Answer[] = []
        for (let n = 0; n < sequence.length; n += size) answers.push(...(await store.decide(sequence.slice(n, n + size))))
        expect(answers.map(({outcome, first, last, tries}) => ({outcome, first, last, tries}))).toEqual(expected)
        expect(await all(store)).toEqual([...table.entries.values()].sort((a, b) => (keyText(a) < keyText(b) ? -1 : 1)))
        const pending = [...table.entries.values()].filter(({passed}) => passed === 0).length
        expect(await store.size()).toEqual({pending, passed: table.entries.size - pending})
        expect((await store.lost(1000)).map(keyText).toSorted()).toEqual(table.lost.map(keyText).toSorted())
        expect((await store.counts())['lost'] ?? 0).toBe(table.lost.length)
      }),
      {numRuns: 60},
    )
  })

  test('counters are those of all hosts', async () => {
    const server = await running()
    const [first, second] = [(await host(server.url)).store, (await host(server.url)).store]
    await first.count(20_000, {'pass known': 2})
    await second.count(20_000, {'pass known': 3, 'defer new': 1})
    expect(await first.counts()).toEqual({'pass known': 5, 'defer new': 1})
    expect(await first.counts(20_000)).toEqual({'pass known': 5, 'defer new': 1})
    expect(await first.counts(20_001)).toEqual({})
  })

  test('what one host deferred another lets pass', async () => {
    const server = await running()
    const [a, b] = [await host(server.url), await host(server.url)]
    const now = Date.now()
    expect((await one(a.store, ask('192.0.2.0/24', now))).outcome).toBe('new')
    expect((await one(b.store, ask('192.0.2.0/24', now + 10_000))).outcome).toBe('early')
    expect((await one(b.store, ask('192.0.2.0/24', now + 60_000))).outcome).toBe('ripe')
    expect((await one(a.store, ask('192.0.2.0/24', now + 61_000))).outcome).toBe('known')
    await a.store.changeRules({add: [{list: 'allow', kind: 'ip', value: '192.0.2.0/24'}], remove: []})
    expect(await b.store.rules()).toHaveLength(1)
    expect((await one(a.store, ask('spf:example.com', now))).outcome).toBe('new')
    expect((await one(b.store, ask('198.51.100.0/24', now, {sender: 'a@example.com', recipient: 'x@y', domain: 'example.com'}))).isDomainSeen).toBe(true)
  })

  test('an outage: passed networks pass, new ones are decided here within 300 ms, and all is shared again by itself', async () => {
    const server = await running()
    const {store, said} = await host(server.url)
    const now = Date.now()
    await one(store, ask('192.0.2.0/24', now))
    await one(store, ask('192.0.2.0/24', now + 60_000))
    server.signal('SIGSTOP')
    const begun = performance.now()
    expect((await one(store, ask('198.51.100.0/24', now))).outcome).toBe('new')
    expect(performance.now() - begun).toBeLessThan(300)
    const second = performance.now()
    expect((await one(store, ask('203.0.113.0/24', now))).outcome).toBe('new')
    expect(performance.now() - second, 'known to be away: no waiting').toBeLessThan(100)
    expect((await one(store, ask('192.0.2.0/24', now + 70_000))).outcome).toBe('known')
    expect(said.filter(line => line.includes('is away'))).toHaveLength(1)
    server.signal('SIGCONT')
    await vi.waitFor(async () => {
      await one(store, ask('10.9.9.0/24', now))
      expect(said.at(-1)).toContain('shared again')
    }, {timeout: 10_000, interval: 50})
    const answer = await one(store, ask('203.0.113.0/24', now + 60_000))
    expect(answer.outcome, 'deferred here alone, and back after the delay').toBe('ripe')
    expect((await (await host(server.url)).store.get([{network: '203.0.113.0/24', sender: '', recipient: ''}]))[0]?.passed).toBeGreaterThan(0)
  })

  test('killed, and started again empty: joined again, and the cache still lets pass', async () => {
    const server = await running()
    const {store, said} = await host(server.url)
    const now = Date.now()
    await one(store, ask('192.0.2.0/24', now))
    await one(store, ask('192.0.2.0/24', now + 60_000))
    await server.stop()
    await vi.waitFor(() => expect(said.at(-1)).toContain('is away'), {timeout: 5000})
    expect((await one(store, ask('192.0.2.0/24', now + 61_000))).outcome).toBe('known')
    expect((await one(store, ask('198.51.100.0/24', now))).outcome).toBe('new')
    await server.start()
    await vi.waitFor(() => expect(said.at(-1)).toContain('shared again'), {timeout: 15_000})
    expect((await one(store, ask('203.0.113.0/24', now))).outcome).toBe('new')
    expect((await one(store, ask('192.0.2.0/24', now + 62_000))).outcome).toBe('known')
  })

  test('a cache without room is told, and decides nothing', async () => {
    const server = await running()
    const {store: cache} = await openSqlite({path: join(temporaryDirectory('greylist'), 'g.db'), limits: WIDE, isResident: true})
    const full = {...cache, put: () => Promise.reject(Object.assign(new Error('database or disk is full'), {code: 'SQLITE_FULL'}))}
    const said: string[] = []
    const store = await openRedis({url: server.url, local: full, limits: WIDE, spans, warn: line => said.push(line)})
    onTestFinished(() => store.close())
    const now = Date.now()
    expect((await one(store, ask('192.0.2.0/24', now))).outcome).toBe('new')
    expect((await one(store, ask('192.0.2.0/24', now + 60_000))).outcome).toBe('ripe')
    expect((await one(store, ask('192.0.2.0/24', now + 61_000))).outcome).toBe('known')
    expect(said.filter(line => line.includes('cannot be written'))).toHaveLength(1)
  })

  test('absent at the start: this host decides by itself', async () => {
    const {store, said} = await host('redis://127.0.0.1:1/0')
    expect(said.join()).toMatch(/decides by itself/)
    expect((await one(store, ask('192.0.2.0/24', Date.now()))).outcome).toBe('new')
  })
})
