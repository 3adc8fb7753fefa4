// Commands while the shared store is away: lists are changed here and carried over, entries are refused, nothing stays unfinished.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {connectRedis, type Redis} from '../../src/effects/redis/client.js'
import {noRedis, redisServer, type RedisServer} from '../support/redis-server.js'

const ROOT = join(import.meta.dirname, '..', '..', '..', '..')

interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

let server: RedisServer
let state = ''

beforeEach(async () => {
  if (noRedis !== false) return
  server = await redisServer()
  state = temporaryDirectory('greylist')
})
afterEach(async () => {
  if (noRedis === false) await server.stop()
})

const start = (folder: string, args: readonly string[]) =>
  spawn(process.execPath, [join(ROOT, 'bin', 'run.js'), ...args], {
    env: {...process.env, MAILOPS_STATE_DIR: folder, MAILOPS_RUN_DIR: join(folder, 'run'), MAILOPS_CONFIG_DIR: join(folder, 'etc')},
    stdio: ['ignore', 'pipe', 'pipe'],
  })

const runIn = async (folder: string, args: readonly string[]): Promise<Ran> => {
  const child = start(folder, args)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', text => (stdout += String(text)))
  child.stderr.on('data', text => (stderr += String(text)))
  const [status] = (await once(child, 'close')) as [number | null]
  return {status, stdout, stderr}
}
const greylist = async (...args: string[]): Promise<Ran> => runIn(state, ['greylist', ...args, '--store', server.url])
const lists = async (folder = state): Promise<string[]> =>
  (await runIn(folder, ['greylist', 'list', '--lists', '--json', '--store', server.url])).stdout.split('\n').filter(line => line !== '').map(line => (JSON.parse(line) as {value: string}).value)
const unfinished = async (): Promise<Ran> => runIn(state, ['recover', '--dry-run', '--json'])

const rowsFile = (count: number): string => {
  const path = join(state, 'rows.csv')
  const now = Math.floor(Date.now() / 1000)
  const rows = Array.from({length: count}, (_, n) => `10.${(n >> 8) & 255}.${n & 255}.0/24,${now - 5000},${now - 100},${now - 100},2\n`)
  writeFileSync(path, `network,first,last,passed,tries\n${rows.join('')}`)
  return path
}

const connected = async (): Promise<Redis> => {
  const redis = await connectRedis(server.url, {changed: () => undefined})
  await redis.settled()
  return redis
}

describe.skipIf(noRedis !== false)('commands without the shared store', () => {
  test.each(['gone', 'hung'])('allow, undo and block while it is %s count here and are carried over', async how => {
    expect((await greylist('allow', '198.51.100.0/24')).status).toBe(0)
    if (how === 'gone') await server.stop()
    else server.signal('SIGSTOP')
    const allowed = await greylist('allow', '192.0.2.0/24')
    expect(allowed, allowed.stderr).toMatchObject({status: 0, stderr: expect.stringContaining('carried over') as string})
    expect((await greylist('check', '192.0.2.9')).status, 'in force on this host').toBe(0)
    expect((await greylist('allow', '203.0.113.0/24')).status).toBe(0)
    expect((await runIn(state, ['undo', 'last', '--yes'])).status).toBe(0)
    expect((await greylist('allow', '198.51.100.0/24', '--remove')).status).toBe(0)
    expect((await unfinished()).stdout).not.toContain('interrupted')
    if (how === 'gone') await server.start()
    else server.signal('SIGCONT')
    expect(await lists()).toEqual(['192.0.2.0/24'])
    expect(await lists(temporaryDirectory('greylist')), 'another host').toEqual(['192.0.2.0/24'])
  }, 180_000)

  test('import, forget and their undo are refused before anything is begun', async () => {
    const path = rowsFile(100)
    expect((await greylist('import', '--from', 'csv', path, '--yes')).status).toBe(0)
    const before = (await runIn(state, ['history', '--json'])).stdout.trim().split('\n')
    server.signal('SIGSTOP')
    for (const args of [['import', '--from', 'csv', path, '--yes'], ['forget', '--all', '--yes']]) {
      const ran = await greylist(...args)
      expect(ran, ran.stderr).toMatchObject({status: 75, stderr: expect.stringContaining('[REDIS_AWAY]') as string})
    }
    expect((await runIn(state, ['history', '--json'])).stdout.trim().split('\n')).toEqual(before)
    expect((await runIn(state, ['undo', 'last', '--yes'])).status).toBe(75)
    const {stdout} = await runIn(state, ['recover', '--json'])
    expect(stdout).not.toContain('greylist')
    server.signal('SIGCONT')
    const redis = await connected()
    expect(await redis.send(['ZCARD', '{mailops:greylist}:w'])).toBe(100)
    expect((await runIn(state, ['undo', before.length > 0 ? (JSON.parse(before[0] ?? '') as {id: string}).id : '', '--yes'])).status).toBe(0)
    expect(await redis.send(['ZCARD', '{mailops:greylist}:w'])).toBe(0)
    await redis.close()
  }, 180_000)

  test('gone in the middle of an import: it ends in part, is undone when it is back', async () => {
    const path = rowsFile(40_000)
    const redis = await connected()
    const child = start(state, ['greylist', 'import', '--from', 'csv', path, '--yes', '--store', server.url])
    let stderr = ''
    child.stderr.on('data', text => (stderr += String(text)))
    const ended = once(child, 'close')
    await vi.waitFor(async () => expect(await redis.send(['ZCARD', '{mailops:greylist}:w'])).toBeGreaterThan(0), {timeout: 60_000, interval: 1})
    server.signal('SIGSTOP')
    expect((await ended)[0], stderr).toBe(75)
    expect(stderr).toContain('ended in part')
    const history = (await runIn(state, ['history', '--json'])).stdout
    expect(history).toContain('"partly-done"')
    server.signal('SIGCONT')
    expect((await runIn(state, ['undo', 'last', '--yes'])).status).toBe(0)
    await vi.waitFor(async () => expect(await redis.send(['ZCARD', '{mailops:greylist}:w'])).toBe(0), {timeout: 5000, interval: 50})
    await redis.close()
  }, 180_000)
})
