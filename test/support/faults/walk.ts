// Walks a command through its death: runs it again and again, killed at the first, second, third ... call that changes
// a file system, until it runs through.
import {spawn} from 'node:child_process'
import {join} from 'node:path'

import {bundled} from './bundled.js'
import {runWarm} from './warm.js'

const HOOK = join(import.meta.dirname, 'kill-at.mjs')

export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs `node scenario args...`. With a fault it has a process of its own and the hook: `kill` at a step (`7`, `7+`), `fail`
 * there (`7:ENOSPC`), or its `calls` listed in a file.
 */
export const runWithFault = async (
  [scenario, ...args]: readonly [string, ...string[]],
  fault: {kill?: string; fail?: string; calls?: string},
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> => {
  const file = await bundled(scenario)
  if (Object.keys(fault).length === 0) return runWarm({file, argv: args, env})
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', HOOK, file, ...args], {
      env: {
        ...process.env,
        ...env,
        ...(fault.kill !== undefined && {MAILOPS_TEST_KILL_AT: fault.kill}),
        ...(fault.fail !== undefined && {MAILOPS_TEST_FAIL_AT: fault.fail}),
        ...(fault.calls !== undefined && {MAILOPS_TEST_CALLS: fault.calls}),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', chunk => (stdout += chunk))
    child.stderr.on('data', chunk => (stderr += chunk))
    child.on('error', reject)
    child.on('close', (status, signal) => resolve({status, signal, stdout, stderr}))
  })
}

/**
 * Calls `step(n)` for n = 1, 2, 3 ... until it says that the run came through. Two lanes, since each step has a world
 * of its own.
 * @param step sets a fresh world up, runs with the fault at n, asserts; gives true when the fault was never reached
 * @returns how many steps were walked
 */
export const walk = async (step: (n: number) => Promise<boolean>, {most = 2_000, lanes = 2} = {}): Promise<number> => {
  let next = 1
  let last = Number.POSITIVE_INFINITY
  const lane = async (): Promise<void> => {
    for (let n = next++; n < last; n = next++) {
      if (n > most) throw new Error(`still not through after ${most} steps`)
      if (await step(n)) last = Math.min(last, n)
    }
  }
  await Promise.all(Array.from({length: lanes}, lane))
  return last - 1
}
