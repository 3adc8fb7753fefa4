// Locks: one holder at a time, free when it dies, said who it is; the same for each way of locking
import {
  lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync,
} from 'node:fs'
import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {
  acquire, busy, flockBackend, holder, lockFileBackend, lockfBackend, tryLock, type Lock,
} from '../../src/effects/lock/index.js'
import {canLoopMount, fillFileSystem, loopMount, type LoopMount} from '../support/loop-mount.js'
import {rival, writeLockf, type Rival} from './lock-support.js'

let dir: string
let file: string
let rivals: Rival[] = []
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mailops-lock-'))
  file = join(dir, 'sendmutex')
  writeFileSync(file, '', {mode: 0o600})
  writeLockf(dir)
  vi.stubEnv('PATH', `${dir}:${process.env['PATH']}`)
})
afterEach(async () => {
  await Promise.all(rivals.map(each => each.kill()))
  rivals = []
  vi.unstubAllEnvs()
  rmSync(dir, {recursive: true})
})

const startRival = async (...args: Parameters<typeof rival>) => {
  const other = await rival(...args)
  rivals.push(other)
  return other
}
const taken = (lock: Lock | null): Lock => {
  if (lock === null) throw new Error('not ours')
  return lock
}

describe.each([
  ['flockBackend', flockBackend],
  ['lockfBackend', lockfBackend],
  ['lockFileBackend', lockFileBackend],
])('%s', (name, backend) => {
  test('has one holder at a time, and is free again after release', async () => {
    const lock = taken(await tryLock(file, {backend}))
    expect(lock.held()).toBe(true)
    expect(await tryLock(file, {backend})).toBeNull()
    await lock.release()
    await lock.release()
    expect(lock.held()).toBe(false)
    await taken(await tryLock(file, {backend})).release()
  })

  test('keeps other processes out, and they us', async () => {
    const other = await startRival(file, name)
    const lock = taken(await tryLock(file, {backend}))
    expect(await other.ask('try')).toBe('no')
    await lock.release()
    expect(await other.ask('try')).toBe('yes')
    expect(await tryLock(file, {backend})).toBeNull()
    await other.ask('release')
    await taken(await tryLock(file, {backend})).release()
  })

  test('is free when its holder is killed', async () => {
    const other = await startRival(file, name)
    expect(await other.ask('try')).toBe('yes')
    await other.kill()
    // The helper of lockf(1) sees the end of its pipe a moment later.
    await (await acquire(file, {backend, waitMs: 10_000})).release()
  })

  test('says who holds it, from the system or from the note that it left', async () => {
    const notesDir = join(dir, 'notes')
    const other = await startRival(file, name, {notesDir})
    expect(await holder(file, {backend, notesDir})).toBeNull()
    expect(await other.ask('try')).toBe('yes')
    const who = await holder(file, {backend, notesDir})
    expect(who).toMatchObject({pid: other.pid, command: expect.stringContaining(process.execPath), since: expect.any(String)})
    expect(Date.now() - Date.parse(who!.since!)).toBeLessThan(30_000)
    for (const note of readdirSync(notesDir)) expect(statSync(join(notesDir, note)).mode & 0o777).toBe(0o600)
    await expect(acquire(file, {backend, notesDir})).rejects.toMatchObject({
      code: 'LOCKED', message: expect.stringContaining(`(pid ${other.pid}`), oclif: {exit: 75},
    })
    await other.kill()
    expect(await holder(file, {backend, notesDir})).toBeNull()
  })

  test('waits as long as it is told, and takes it when it comes free', async () => {
    const lock = taken(await tryLock(file, {backend}))
    const waiting = acquire(file, {backend, waitMs: 20_000})
    await lock.release()
    await (await waiting).release()
  })

  test('creates only what it is asked to create, 0600', async () => {
    const fresh = join(dir, 'fresh')
    await expect(tryLock(fresh, {backend})).rejects.toMatchObject({code: 'ENOENT', message: expect.stringContaining(fresh)})
    expect(() => lstatSync(fresh)).toThrow('ENOENT')
    await taken(await tryLock(fresh, {backend, create: true})).release()
    expect(statSync(fresh).mode & 0o777).toBe(0o600)
  })

  test('says why it may not create, not that it is not there', async () => {
    // Nobody makes files there, root neither.
    await expect(tryLock('/sys/kernel/mailops-test', {backend, create: true, runDir: dir})).rejects.toMatchObject({code: 'EACCES', oclif: {exit: 77}})
  })

  test('locks a directory', async () => {
    const options = {backend, runDir: dir}
    const queue = join(dir, 'queue')
    mkdirSync(queue)
    const lock = taken(await tryLock(queue, options))
    expect(await tryLock(queue, options)).toBeNull()
    expect(readdirSync(queue)).toEqual([])
    await lock.release()
    await taken(await tryLock(queue, options)).release()
  })
})

describe.each([['flockBackend', flockBackend], ['lockfBackend', lockfBackend]])('%s', (_, backend) => {
  test('follows no symbolic link, and waits for no pipe', async () => {
    const link = join(dir, 'link')
    symlinkSync(file, link)
    await expect(tryLock(link, {backend})).rejects.toMatchObject({code: 'ELOOP', oclif: {exit: 65}})
    await expect(tryLock(link, {backend, create: true})).rejects.toMatchObject({code: 'ELOOP'})
    const pipe = join(dir, 'pipe')
    spawnSync('mkfifo', [pipe])
    await expect(tryLock(pipe, {backend})).rejects.toMatchObject({code: 'NOT_LOCKABLE', oclif: {exit: 65}})
  })
})

describe('flock(2) as others take it', () => {
  test('is kept out by, and names, a process that took it itself', async () => {
    const script = 'import fcntl, sys\nf = open(sys.argv[1])\nfcntl.flock(f, fcntl.LOCK_EX)\nprint("held", flush=True)\nsys.stdin.read()'
    const other = spawn('python3', ['-c', script, file], {stdio: ['pipe', 'pipe', 'inherit']})
    await once(other.stdout, 'data')
    expect(await tryLock(file)).toBeNull()
    expect(await holder(file)).toMatchObject({pid: other.pid, command: expect.stringContaining('python3')})
    other.stdin.end()
    await once(other, 'exit')
    expect(await holder(file)).toBeNull()
    await taken(await tryLock(file)).release()
  })

  test('does not take a process that only has the file open for the holder', async () => {
    const reader = spawn('sh', ['-c', `exec 5<'${file}'; echo open; read end`], {stdio: ['pipe', 'pipe', 'inherit']})
    await once(reader.stdout, 'data')
    expect(await holder(file)).toBeNull()
    const lock = taken(await tryLock(file))
    expect(await holder(file)).toMatchObject({pid: process.pid})
    await lock.release()
    reader.stdin.end()
    await once(reader, 'exit')
  })

  test('our children do not inherit it', async () => {
    const lock = taken(await tryLock(file))
    const child = spawn('sleep', ['1000'], {stdio: 'ignore'})
    await once(child, 'spawn')
    await lock.release()
    await taken(await tryLock(file)).release()
    child.kill('SIGKILL')
  })

  test('a file that was replaced is locked where its name points now', async () => {
    const lock = taken(await tryLock(file))
    rmSync(file)
    writeFileSync(file, '')
    const second = taken(await tryLock(file))
    expect(await tryLock(file)).toBeNull()
    await second.release()
    await lock.release()
  })

  test('the error names the holder, and exits 75', async () => {
    expect(busy(file, null).message).toBe(`${file} is in use by another process`)
    expect(busy(file, {pid: 812, command: 'qmail-send'})).toMatchObject({
      message: `${file} is in use by qmail-send (pid 812)`, oclif: {exit: 75},
    })
  })
})

const {possible, reason} = canLoopMount()
describe.skipIf(!possible)(`on a full disk ${reason}`, () => {
  let mount: LoopMount
  beforeEach(() => { mount = loopMount({sizeBytes: 16 * 2 ** 20}) })
  afterEach(() => mount.dispose())

  test('an existing file and directory can be locked, and the note may fail', async () => {
    const inside = join(mount.path, 'sendmutex')
    const notesDir = join(mount.path, 'notes')
    writeFileSync(inside, '')
    mkdirSync(notesDir)
    const {release} = fillFileSystem(mount.path)
    for (const path of [inside, mount.path]) {
      const lock = taken(await tryLock(path, {notesDir}))
      expect(readdirSync(notesDir)).toEqual([])
      expect(await tryLock(path, {notesDir})).toBeNull()
      expect(await holder(path, {notesDir})).toMatchObject({pid: process.pid})
      await lock.release()
    }
    release()
  })
})

const dead = () => spawnSync('true').pid
const record = (pid: number, start: string, token: string) => JSON.stringify({pid, start, token, command: 'x', since: ''})
const tokenOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const leftovers = () => readdirSync(dir).filter(name => name.startsWith('sendmutex.'))

describe('the lock file', () => {
  const backend = lockFileBackend

  test('leaves nothing behind', async () => {
    const lock = taken(await tryLock(file, {backend}))
    expect(leftovers()).toEqual(['sendmutex.lock'])
    await lock.release()
    expect(leftovers()).toEqual([])
  })

  test('is taken over from a process that has ended, and from one whose number another has now', async () => {
    for (const [pid, begun] of [[dead(), 'long ago'], [process.pid, 'long ago']] as const) {
      writeFileSync(`${file}.lock`, record(pid, begun, tokenOf(1)))
      expect(await holder(file, {backend})).toBeNull()
      const lock = taken(await tryLock(file, {backend}))
      expect(leftovers()).toEqual(['sendmutex.lock'])
      await lock.release()
    }
  })

  test('goes on where a successor died on the way', async () => {
    writeFileSync(`${file}.lock`, record(dead(), 'long ago', tokenOf(1)))
    writeFileSync(`${file}.lock.${tokenOf(1)}`, record(dead(), 'long ago', tokenOf(2)))
    const lock = taken(await tryLock(file, {backend}))
    expect(leftovers()).toEqual(['sendmutex.lock'])
    expect(JSON.parse(readFileSync(`${file}.lock`, 'utf8'))).toMatchObject({pid: process.pid})
    await lock.release()
  })

  test('never is removed when it is not ours', async () => {
    writeFileSync(`${file}.lock`, 'something else')
    await expect(tryLock(file, {backend})).rejects.toMatchObject({code: 'LOCK_FILE', oclif: {exit: 65}})
    expect(readFileSync(`${file}.lock`, 'utf8')).toBe('something else')
  })

  test('of a dead owner goes to exactly one of many takers', async () => {
    const takers = await Promise.all(Array.from({length: 4}, () => startRival(file, 'lockFileBackend')))
    const gone = dead()
    for (let round = 0; round < 100; round++) {
      rmSync(`${file}.lock`, {force: true})
      writeFileSync(`${file}.lock`, record(gone, 'long ago', tokenOf(round)))
      const answers = await Promise.all(takers.map(taker => taker.ask('try')))
      expect(answers.toSorted()).toEqual(['no', 'no', 'no', 'yes'])
      await takers[answers.indexOf('yes')]!.ask('release')
    }
    expect(leftovers()).toEqual([])
  })
})
