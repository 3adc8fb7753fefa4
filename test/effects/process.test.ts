// Running other programs: arguments untouched, bytes whole, limits kept, nothing left behind
import {mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {find, need, run} from '../../src/effects/process.js'

let dir: string
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'mailops-process-')) })
afterEach(() => rmSync(dir, {recursive: true}))

const running = (pid: number) => existsSync(`/proc/${pid}`) && !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))

describe('run', () => {
  test('gives each argument as it is: no shell looks at it', async () => {
    const odd = ['$(id)', '*', 'a b', "it's", '', '-n']
    const {status, stdout} = await run(['printf', '[%s]\n', ...odd])
    expect(status).toBe(0)
    expect(stdout).toBe(odd.map(arg => `[${arg}]\n`).join(''))
  })

  test('brings every byte through stdin and stdout, one character a byte', async () => {
    const bytes = Uint8Array.from({length: 200_000}, (_, i) => i % 256)
    const {stdout} = await run(['cat'], {input: bytes})
    expect(Buffer.from(stdout, 'latin1').equals(bytes)).toBe(true)
  })

  test('tells status, signal and stderr apart', async () => {
    expect(await run(['sh', '-c', 'echo no >&2; exit 3'])).toMatchObject({status: 3, signal: null, stderr: 'no\n', stdout: ''})
    expect(await run(['sh', '-c', 'kill -9 $$'])).toMatchObject({status: null, signal: 'SIGKILL', timedOut: false})
  })

  test('runs with LC_ALL=C, the given environment and directory', async () => {
    vi.stubEnv('LC_ALL', 'de_DE.UTF-8')
    const {stdout} = await run(['sh', '-c', 'echo "$LC_ALL $EXTRA"; pwd'], {env: {EXTRA: 'x'}, cwd: dir})
    vi.unstubAllEnvs()
    expect(stdout).toBe(`C x\n${dir}\n`)
  })

  test('names a program that is not there, exit 69', async () => {
    await expect(run(['mailops-no-such-program'])).rejects.toMatchObject({
      code: 'NO_PROGRAM', message: expect.stringContaining('mailops-no-such-program'), oclif: {exit: 69},
    })
  })

  test('names a working directory that is not there', async () => {
    await expect(run(['true'], {cwd: join(dir, 'gone')})).rejects.toMatchObject({
      code: 'ENOENT', message: expect.stringContaining(join(dir, 'gone')),
    })
  })

  test('kills the whole group after the timeout, grandchildren too', async () => {
    const outcome = await run(['sh', '-c', 'sleep 1000 & echo $!; wait'], {timeoutMs: 300})
    expect(outcome).toMatchObject({timedOut: true, signal: 'SIGKILL'})
    const grandchild = Number(outcome.stdout)
    expect(grandchild).toBeGreaterThan(1)
    await vi.waitFor(() => expect(running(grandchild)).toBe(false))
  })

  test('refuses more output than allowed, and ends its writer', async () => {
    await expect(run(['yes'], {maxOutputBytes: 1000})).rejects.toMatchObject({code: 'OUTPUT_TOO_LONG', oclif: {exit: 74}})
  })

  test('does not wait for a daemon that keeps the pipes of a command that ended', async () => {
    const {status, stdout} = await run(['sh', '-c', 'sleep 1000 & echo $!'])
    const daemon = Number(stdout)
    expect(status).toBe(0)
    expect(running(daemon)).toBe(true)
    process.kill(daemon, 'SIGKILL')
  })

  test('a program that does not read its input is no error', async () => {
    expect(await run(['true'], {input: new Uint8Array(1_000_000)})).toMatchObject({status: 0})
  })

  test('discarded output goes nowhere', async () => {
    expect(await run(['sh', '-c', 'echo out; echo err >&2'], {discardOutput: true})).toMatchObject({stdout: '', stderr: ''})
  })
})

describe('find', () => {
  afterEach(() => vi.unstubAllEnvs())

  test('looks along PATH first, then where sbin programs live', () => {
    writeFileSync(join(dir, 'sh'), '#!/bin/sh\n', {mode: 0o755})
    vi.stubEnv('PATH', dir)
    expect(find('sh')).toBe(join(dir, 'sh'))
    vi.stubEnv('PATH', '/nowhere')
    expect(find('sh')).toMatch(/^(\/usr)?\/bin\/sh$/)
  })

  test('takes neither files that are not executable nor directories nor relative PATH entries', () => {
    writeFileSync(join(dir, 'mailops-plain'), '', {mode: 0o644})
    vi.stubEnv('PATH', `${dir}:bin:.`)
    expect(find('mailops-plain')).toBeNull()
    expect(find('run.js')).toBeNull()
    expect(find('/tmp')).toBeNull()
    expect(() => need('mailops-plain')).toThrow(/mailops-plain is not on this machine/)
  })
})
