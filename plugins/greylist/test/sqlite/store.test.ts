// The SQLite store: the same decisions as the pure transition, its limits, its walk, and what is left after a fault.
import {chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, truncateSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import Sqlite from 'better-sqlite3'
import fc from 'fast-check'
import {expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {openSqlite} from '../../src/effects/sqlite/open.js'
import {decideOn, keyText} from '../../src/policy/transition.js'
import {memoryTable} from '../support/memory-table.js'
import type {Answer, Ask, Entry, Store} from '../../src/store/store.js'
import {asks, LIMITS} from '../support/asks.js'

const WIDE = {perGroup: 4096, ipv4: 16, ipv6: 48, pending: 2_000_000}
const all = async (store: Store, filter = {}): Promise<Entry[]> => {
  const found: Entry[] = []
  for await (const chunk of store.entries(filter)) found.push(...chunk)
  return found
}
const sorted = (entries: Iterable<Entry>): Entry[] => [...entries].sort((a, b) => (keyText(a) < keyText(b) ? -1 : 1))
const ask = (network: string, now: number, more: Partial<Ask> = {}): Ask => ({
  network, sender: '', recipient: '', now, delay: 60_000, window: 86_400_000, keep: 36 * 86_400_000, passNetwork: true, ...more,
})

test('decides as the pure transition does, in batches of any size', async () => {
  const directory = temporaryDirectory('greylist')
  let run = 0
  await fc.assert(
    fc.asyncProperty(asks, fc.integer({min: 1, max: 9}), async (sequence, size) => {
      const {store} = await openSqlite({path: join(directory, `${run++}.db`), limits: LIMITS, isResident: true})
      try {
        const table = memoryTable(LIMITS)
        const expected = sequence.map(one => decideOn(table, one))
        const answers: Answer[] = []
        for (let n = 0; n < sequence.length; n += size) answers.push(...(await store.decide(sequence.slice(n, n + size))))
        expect(answers).toEqual(expected)
        expect(sorted(await all(store))).toEqual(sorted(table.entries.values()))
        const pending = [...table.entries.values()].filter(({passed}) => passed === 0).length
        expect(await store.size()).toEqual({pending, passed: table.entries.size - pending})
        expect((await store.lost(1000)).map(({network}) => network).toSorted()).toEqual(table.lost.map(({network}) => network).toSorted())
        expect((await store.counts())['lost'] ?? 0).toBe(table.lost.length)
      } finally {
        await store.close()
      }
    }),
    {numRuns: 60},
  )
})

test('counts what was there before by one walk, exactly, while decisions go on', async () => {
  const path = join(temporaryDirectory('greylist'), 'g.db')
  const first = (await openSqlite({path, limits: WIDE})).store
  const now = 1_790_000_000_000
  const nets = Array.from({length: 5000}, (_, n) => `10.${n % 20}.${Math.floor(n / 20)}.0/24`)
  await first.decide(nets.map(network => ask(network, now)))
  await first.decide(nets.slice(0, 1000).map(network => ask(network, now + 60_000)))
  expect(await first.size()).toEqual({pending: 4000, passed: 1000})
  await first.close()
  const {store} = await openSqlite({path, limits: WIDE, isResident: true})
  const limits = {now: now + 70_000, window: 86_400_000, keep: 36 * 86_400_000}
  await store.sweep(limits)
  // Some the walk has met, some it has not, some are new.
  await store.decide([ask(nets[1005]!, now + 70_000), ask(nets[4990]!, now + 70_000), ask('172.16.0.0/24', now + 70_000)])
  await store.remove([{network: nets[1010]!, sender: '', recipient: ''}, {network: nets[4995]!, sender: '', recipient: ''}])
  for (let done = false; !done; ) ({done} = await store.sweep(limits))
  expect(await store.size()).toEqual({pending: 4000 - 2 - 2 + 1, passed: 1002})
  await store.close()
})

test('expires pending after the window and passed after keep, and remembers who never came back', async () => {
  const {store} = await openSqlite({path: join(temporaryDirectory('greylist'), 'g.db'), limits: WIDE})
  const now = 1_790_000_000_000
  await store.decide([ask('10.0.0.0/24', now), ask('10.0.1.0/24', now), ask('10.0.2.0/24', now + 80_000_000)])
  await store.decide([ask('10.0.1.0/24', now + 60_000)])
  const later = now + 86_400_001
  expect(await store.sweep({now: later, window: 86_400_000, keep: 36 * 86_400_000})).toEqual({removed: 1, lost: 1, done: true})
  expect((await all(store)).map(({network}) => network)).toEqual(['10.0.1.0/24', '10.0.2.0/24'])
  expect(await store.lost(5)).toMatchObject([{network: '10.0.0.0/24', tries: 1}])
  expect(await store.counts(), 'whoever asked for the sweep').toMatchObject({lost: 1})
  await store.sweep({now: now + 37 * 86_400_000, window: 86_400_000, keep: 36 * 86_400_000})
  expect(await all(store)).toEqual([])
  await store.close()
})

test('lists, counters and memos outlive the process; counters add up', async () => {
  const path = join(temporaryDirectory('greylist'), 'g.db')
  const {store} = await openSqlite({path, limits: WIDE})
  const rule = {list: 'allow', kind: 'ip', value: '192.0.2.0/24', note: 'why', added: 5} as const
  await store.changeRules({add: [rule, {list: 'block', kind: 'domain', value: 'bad.example'}], remove: []})
  await store.changeRules({add: [rule], remove: [{list: 'block', kind: 'domain', value: 'bad.example'}]})
  await store.count(20_000, {new: 2})
  await store.count(20_001, {new: 3, known: 1})
  await store.remember('a', 'text', 100)
  await store.close()
  const again = (await openSqlite({path, limits: WIDE})).store
  expect(await again.rules()).toEqual([rule])
  expect(await again.counts()).toEqual({new: 5, known: 1})
  expect(await again.counts(20_001)).toEqual({new: 3, known: 1})
  expect(await again.recall('a', 99)).toBe('text')
  expect(await again.recall('a', 100)).toBeNull()
  await again.close()
})

test('a file that is no database, is damaged, or is another program\'s is moved aside', async () => {
  const directory = temporaryDirectory('greylist')
  const path = join(directory, 'g.db')
  writeFileSync(path, 'this is not a database at all, whatever its name may say'.repeat(100))
  const first = await openSqlite({path, limits: WIDE})
  expect(first.movedAside).toMatch(/g\.db: it is damaged \(SQLITE_NOTADB\); moved to .*\.corrupt-/)
  await first.store.decide(Array.from({length: 3000}, (_, n) => ask(`10.${n >> 8}.${n & 255}.0/24`, 1)))
  await first.store.close()
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const whole = join(directory, 'whole.db')
  copyFileSync(path, whole)
  expect((await openSqlite({path: whole, limits: WIDE})).movedAside).toBeNull()
  truncateSync(path, 5000)
  // What is cut off shows at once or at first use; both are codes that the service moves the file aside for.
  const cut = await openSqlite({path, limits: WIDE}).then(
    ({store, movedAside}) => {
      if (movedAside !== null) return 'moved'
      try {
        void store.decide([ask('10.0.0.0/24', 2)])
        return 'unnoticed'
      } catch (error) {
        return (error as {code: string}).code
      }
    },
    (error: {code: string}) => error.code,
  )
  expect(['moved', 'SQLITE_CORRUPT']).toContain(cut)
  const foreign = join(directory, 'foreign.db')
  const other = new Sqlite(foreign)
  other.exec('CREATE TABLE theirs (a)')
  other.close()
  expect((await openSqlite({path: foreign, limits: WIDE})).movedAside).toMatch(/another program; moved to .*foreign-/)
  expect(readdirSync(directory).filter(name => name.includes('.foreign-'))).toHaveLength(1)
  expect(existsSync(foreign)).toBe(true)
})

test.skipIf(process.getuid?.() !== 0)("root opens a store in another user's folder with that user's rights: his links lead nowhere (needs root)", async () => {
  const NOBODY = 65534
  const base = temporaryDirectory('greylist')
  chmodSync(base, 0o711)
  const closed = join(base, 'closed')
  const folder = join(base, 'folder')
  for (const path of [closed, folder]) mkdirSync(path, {mode: 0o755})
  chownSync(folder, NOBODY, NOBODY)
  const path = join(folder, 'g.db')
  symlinkSync(join(closed, 'planted'), path)
  await expect(openSqlite({path, limits: WIDE, isStrict: true})).rejects.toMatchObject({code: 'SQLITE_CANTOPEN'})
  expect(readdirSync(closed)).toEqual([])
  expect([process.geteuid?.(), process.getegid?.()]).toEqual([0, 0])
  const ours = join(folder, 'ours.db')
  const {store} = await openSqlite({path: ours, limits: WIDE})
  await store.decide([ask('192.0.2.0/24', 1)])
  expect(['ours.db', 'ours.db-wal', 'ours.db-shm'].map(name => statSync(join(folder, name)).uid)).toEqual([NOBODY, NOBODY, NOBODY])
  await store.close()
  expect(process.geteuid?.()).toBe(0)
})
