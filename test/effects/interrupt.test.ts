// What is cleaned up when a signal ends the process, and that the signal still ends it.
import {spawn} from 'node:child_process'
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {temporaryDirectory} from '../support/temporary.js'

const start = (script: string): {ended: Promise<number | NodeJS.Signals | null>; kill: (signal: NodeJS.Signals) => void; ready: Promise<void>} => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', `import {cleanedUp, run} from 'mailops/effects'\n${script}`], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return {
    ended: new Promise(resolve => void child.once('close', (status, signal) => resolve(signal ?? status))),
    kill: signal => void child.kill(signal),
    ready: new Promise(resolve => child.stdout.once('data', () => resolve())),
  }
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s: cleaned up, the last first, and ended by the signal', async signal => {
  const base = temporaryDirectory('interrupt')
  const [first, second] = [join(base, 'first'), join(base, 'first/second')]
  mkdirSync(first)
  writeFileSync(second, '')
  const {ended, kill, ready} = start(
    `import {rmdirSync, unlinkSync} from 'node:fs'
     cleanedUp(() => rmdirSync(${JSON.stringify(first)}))
     cleanedUp(() => { throw new Error('one that fails') })
     cleanedUp(() => unlinkSync(${JSON.stringify(second)}))
     console.log('ready')
     setInterval(() => {}, 1000)`,
  )
  await ready
  kill(signal)
  expect(await ended).toBe(signal)
  expect(existsSync(first)).toBe(false)
})

test('process.exit cleans up too; what was taken back is not called, and signals are then left as they were', async () => {
  const base = temporaryDirectory('interrupt')
  const left = join(base, 'left')
  writeFileSync(left, '')
  const {ended} = start(
    `import {unlinkSync} from 'node:fs'
     const done = cleanedUp(() => unlinkSync(${JSON.stringify(left)}))
     done()
     if (process.listenerCount('SIGINT') !== 0) process.exit(2)
     cleanedUp(() => { process.exitCode = 3 })
     process.exit()`,
  )
  expect(await ended).toBe(3)
  expect(existsSync(left)).toBe(true)
})

test('a program that ends with us is killed with all it started', async () => {
  const base = temporaryDirectory('interrupt')
  const pid = join(base, 'pid')
  const {ended, kill, ready} = start(
    `run(['sh', '-c', ${JSON.stringify(`sleep 300 & echo $! > ${pid}; wait`)}], {endsWithUs: true})
     const {existsSync, statSync} = await import('node:fs')
     while (!existsSync(${JSON.stringify(pid)}) || statSync(${JSON.stringify(pid)}).size === 0) await new Promise(r => setTimeout(r, 10))
     console.log('ready')`,
  )
  await ready
  kill('SIGTERM')
  expect(await ended).toBe('SIGTERM')
  const sleeper = Number(readFileSync(pid, 'utf8'))
  const exists = (): boolean => existsSync(`/proc/${sleeper}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${sleeper}/status`, 'utf8'))
  await expect.poll(exists, {timeout: 5_000}).toBe(false)
})
