// The commands as a user runs them, on a store without a daemon.
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {runCommand} from '@oclif/test'
import {beforeEach, expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {dnsServer} from '../support/dns-server.js'

const ROOT = join(import.meta.dirname, '..', '..', '..', '..')

let state = ''
beforeEach(() => {
  state = temporaryDirectory('greylist')
  process.env['MAILOPS_STATE_DIR'] = state
  process.env['MAILOPS_RUN_DIR'] = join(state, 'run')
  process.env['MAILOPS_CONFIG_DIR'] = join(state, 'etc')
  process.exitCode = 0
})

const run = async (...args: string[]) => {
  process.exitCode = 0
  const {stdout, error} = await runCommand(args, {root: ROOT})
  const status = error === undefined ? Number(process.exitCode ?? 0) : ((error as {oclif?: {exit?: number}}).oclif?.exit ?? 70)
  process.exitCode = 0
  return {stdout, status, code: (error as {code?: string} | undefined)?.code}
}
const json = async <T>(...args: string[]): Promise<T> => JSON.parse((await run(...args, '--json')).stdout) as T
const rows = async <T>(...args: string[]): Promise<T[]> => (await run(...args, '--json')).stdout.split('\n').filter(line => line !== '').map(line => JSON.parse(line) as T)

const csv = (lines: string): string => {
  const path = join(state, 'in.csv')
  writeFileSync(path, `network,sender,recipient,first,last,passed,tries\n${lines}`)
  return path
}

test('without daemon and store every question says so', async () => {
  for (const command of [['list'], ['stats'], ['report'], ['export'], ['explain', '192.0.2.7'], ['check', '192.0.2.7'], ['forget', '192.0.2.7', '--yes'], ['expire']])
    expect(await run('greylist', ...command)).toMatchObject({status: 66, code: 'NO_STORE'})
})

test('allow and block: shown, done, in force, undone', async () => {
  expect((await run('greylist', 'allow', '192.0.2.0/24', '--dry-run')).stdout).toContain('add allow ip 192.0.2.0/24')
  const {journalId} = await json<{journalId: string}>('greylist', 'allow', '192.0.2.0/24', '2001:db8::/32', '--note', 'ours')
  expect(await json('greylist', 'check', '192.0.2.9')).toMatchObject({decision: {action: 'pass', reason: 'allow-listed', by: 'allow ip 192.0.2.0/24'}})
  expect(await json('greylist', 'allow', '192.0.2.0/24')).toMatchObject({added: [], journalId: null})
  expect((await run('greylist', 'check', '192.0.3.9')).status).toBe(1)
  expect(await run('undo', journalId, '--yes')).toMatchObject({status: 0})
  expect((await run('greylist', 'check', '192.0.2.9')).status).toBe(1)
  await run('greylist', 'block', 'bad.example', '--as', 'domain')
  expect(await json('greylist', 'check', '192.0.2.9', 'a@mail.bad.example', 'x@here.example')).toMatchObject({decision: {action: 'reject', by: 'block domain bad.example'}})
  expect(await rows('greylist', 'list', '--lists')).toMatchObject([{list: 'block', kind: 'domain', value: 'bad.example', from: 'store'}])
  await run('greylist', 'block', 'bad.example', '--as', 'domain', '--remove')
  expect(await rows('greylist', 'list', '--lists')).toEqual([])
})

test('what may mean two things is asked about, and nonsense is named', async () => {
  expect(await run('greylist', 'allow', 'example.com')).toMatchObject({status: 64, code: 'BAD_ENTRY'})
  expect(await run('greylist', 'allow', '192.0.2.0/99', '--as', 'ip')).toMatchObject({status: 64, code: 'BAD_ENTRY'})
  expect(await run('greylist', 'explain', 'nonsense')).toMatchObject({status: 64})
})

test('import, list, explain, forget, undo, export, import again', async () => {
  const now = Math.floor(Date.now() / 1000)
  const path = csv(`10.0.0.0/24,,,${now - 900},${now - 10},${now - 800},2\n10.1.0.0/24,a@b.example,c@d.example,${now - 20},${now - 20},,1\n10.2.0.0/24,a@b.example,e@d.example,${now - 600},${now - 500},,2\n`)
  expect(await run('greylist', 'import', '--from', 'csv', path)).toMatchObject({status: 64, code: 'NEEDS_YES'})
  expect(await json('greylist', 'import', '--from', 'csv', path, '--yes')).toMatchObject({entries: 3, passed: 1})
  expect((await rows<{network: string; state: string}>('greylist', 'list')).map(({network, state: how}) => `${network} ${how}`)).toEqual(['10.0.0.0/24 passed', '10.1.0.0/24 pending', '10.2.0.0/24 ripe'])
  expect(await rows('greylist', 'list', '--state', 'ripe')).toHaveLength(1)
  const {stdout} = await run('greylist', 'explain', '10.1.0.9', 'a@b.example', 'c@d.example')
  expect(stdout).toMatch(/10\.1\.0\.9 is deferred: it came back before the delay was over; a retry passes in \d+s/)
  expect(stdout).toContain('mailops greylist allow 10.1.0.0/24')
  expect(stdout).toContain('mailops greylist allow b.example --as domain')
  expect(await rows('greylist', 'explain', 'a@b.example')).toHaveLength(2)
  const exported = (await run('greylist', 'export')).stdout
  expect(await json('greylist', 'forget', 'a@b.example', '--yes')).toMatchObject({entries: 2})
  expect(await rows('greylist', 'list')).toHaveLength(1)
  await run('undo', 'last', '--yes')
  expect((await run('greylist', 'export')).stdout.split('\n').toSorted()).toEqual(exported.split('\n').toSorted())
  await run('greylist', 'forget', '--all', '--yes')
  writeFileSync(join(state, 'out.jsonl'), exported)
  await run('greylist', 'import', '--from', 'json', join(state, 'out.jsonl'), '--yes')
  expect((await run('greylist', 'export')).stdout.split('\n').toSorted()).toEqual(exported.split('\n').toSorted())
})

test('undoing an import leaves what was there before as it was', async () => {
  const now = Math.floor(Date.now() / 1000)
  await run('greylist', 'import', '--from', 'csv', csv(`10.0.0.0/24,,,${now - 90},${now - 90},,1\n`), '--yes')
  const before = (await run('greylist', 'export')).stdout
  await run('greylist', 'import', '--from', 'csv', csv(`10.0.0.0/24,,,${now - 900},${now},${now},2\n10.1.0.0/24,,,${now},${now},,1\n`), '--yes')
  expect(await rows('greylist', 'list')).toMatchObject([{network: '10.0.0.0/24', state: 'passed', tries: 2}, {network: '10.1.0.0/24'}])
  await run('undo', 'last', '--yes')
  expect((await run('greylist', 'export')).stdout).toBe(before)
})

test('report and expire: what never came back is named', async () => {
  const now = Math.floor(Date.now() / 1000)
  await run('greylist', 'import', '--from', 'csv', csv(`10.1.0.0/24,news@lists.example,c@d.example,${now - 80_000},${now - 80_000},,1\n10.2.0.0/24,,,${now - 5000},${now - 10},${now - 4700},2\n`), '--yes')
  mkdirSync(join(state, 'etc'))
  writeFileSync(join(state, 'etc', 'greylist.json'), '{"window": "1h", "learning": true}')
  expect((await run('greylist', 'expire', '--dry-run')).stdout).toContain('would remove 1 entry')
  expect(await json('greylist', 'expire')).toEqual({removed: 1, lost: 1})
  const {stdout} = await run('greylist', 'report')
  expect(stdout).toContain('would have been deferred')
  expect(stdout).toMatch(/lists\.example +1 +0 +0/)
  expect(stdout).toContain('mailops greylist allow lists.example --as domain')
  expect(await json('greylist', 'report')).toMatchObject({learning: true, passed: 1, lost: 1})
})

test('settings that are wrong are named by file and member', async () => {
  mkdirSync(join(state, 'etc'))
  writeFileSync(join(state, 'etc', 'greylist.json'), '{"dealy": "60s"}')
  const {status, code} = await run('greylist', 'check')
  expect({status, code}).toEqual({status: 78, code: 'BAD_SETTINGS'})
})

test('providers: looked up, written, compared, undone', async () => {
  await run('greylist', 'allow', '192.0.2.0/24')
  const {at} = await dnsServer({
    '_spf.google.com': {txt: ['v=spf1 include:_netblocks.google.com ~all']},
    '_netblocks.google.com': {txt: ['v=spf1 ip4:198.51.100.0/24 ip6:2001:db8:5::/48 ~all']},
  })
  expect((await run('greylist', 'providers', 'check', '--resolver', at)).status).toBe(1)
  expect((await run('greylist', 'check', '198.51.100.9')).status).toBe(1)
  const updated = await json<{path: string; providers: {name: string; fault: string | null}[]}>('greylist', 'providers', 'update', '--resolver', at, '--yes')
  expect(updated.providers.find(({name}) => name === 'google')).toMatchObject({fault: null, added: ['198.51.100.0/24', '2001:db8:5::/48']})
  expect(updated.providers.find(({name}) => name === 'microsoft')?.fault, 'keeps what it had').toMatch(/no SPF record/)
  expect(JSON.parse(readFileSync(updated.path, 'utf8'))).toMatchObject({date: new Date().toISOString().slice(0, 10)})
  expect(await json('greylist', 'check', '198.51.100.9')).toMatchObject({decision: {reason: 'provider', by: 'google'}})
  expect((await run('greylist', 'providers', 'check', '--resolver', at)).status).toBe(0)
  expect(await rows('greylist', 'providers', 'list')).toEqual(expect.arrayContaining([expect.objectContaining({name: 'google', count: 2})]))
  await run('undo', 'last', '--yes')
  expect((await run('greylist', 'check', '198.51.100.9')).status).toBe(1)
  expect(await run('greylist', 'providers', 'update', '--resolver', 'nonsense', '--yes')).toMatchObject({status: 64, code: 'BAD_RESOLVER'})
})

test('statistics of an empty store, for people and for Prometheus', async () => {
  await run('greylist', 'allow', '192.0.2.0/24')
  expect((await run('greylist', 'stats')).stdout).toContain('nothing has been decided yet')
  expect((await run('greylist', 'stats', '--prometheus')).stdout).toContain('mailops_greylist_list_entries 1')
})
