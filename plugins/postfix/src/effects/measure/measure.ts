// How much memory a table really takes: postmap(1) holds it as a daemon would.
import {type ChildProcess, spawn} from 'node:child_process'

import {OpsError} from 'mailops/core'
import {cleanedUp, need} from 'mailops/effects'

import type {Engine} from '../../table/pattern-use.js'
import {anonymousBytes, heapBytes, untilIdle} from './process-memory.js'
import {openScratch} from './scratch.js'

/** Anonymous memory of a process above one with an empty table, in bytes. */
export interface Measured {
  /** After one key that hardly any pattern begins with. */
  readonly cold: number
  /** After all keys. */
  readonly warm: number
  /** The same in bytes of heap, pages that were never touched included: what the model reckons. */
  readonly heap: {readonly cold: number; readonly warm: number}
  /** How many keys were looked up. */
  readonly keys: number
}

export interface MeasureOptions {
  readonly engine: Engine
  /** Keys for the warm figure: printable ASCII; others are left out. */
  readonly keys: readonly string[]
  /** For a Postfix that is not the system's. */
  readonly configDirectory?: string | undefined
  readonly timeoutMs?: number
}

interface Memory {
  readonly anonymous: number
  readonly heap: number
}

interface Held {
  readonly cold: Memory
  readonly warm: Memory
}

/** malloc(3) asks the kernel for 128 kB more than it needs unless told. */
const EXACT_HEAP = {GLIBC_TUNABLES: 'glibc.malloc.top_pad=4096'}
const TIMEOUT_MS = 120_000
/** Begins no address, and nothing that a pattern would look for. */
const COLD_KEY = '\x7f'

/** Measures tables (latin1 text) one after the other, against an empty one. MEASURE (69, 75) where that is not possible. */
export const measureTables = async (sources: readonly string[], options: MeasureOptions): Promise<Measured[]> => {
  const postmap = need('postmap')
  const scratch = openScratch(options.configDirectory)
  const keys = options.keys.filter(key => /^[\x21-\x7e][\x20-\x7e]*$/.test(key) && key !== '-')
  const one = async (name: string, source: string): Promise<Held> => {
    const argv = ['-q', '-', `${options.engine}:${scratch.table(name, source)}`]
    const child = spawn(postmap, argv, {env: {...process.env, ...scratch.environment, ...EXACT_HEAP}, stdio: ['pipe', 'ignore', 'pipe']})
    return hold(child, {keys, deadline: performance.now() + (options.timeoutMs ?? TIMEOUT_MS)})
  }
  try {
    const empty = await one('empty', '')
    const measured: Measured[] = []
    for (const [at, source] of sources.entries()) {
      const {cold, warm} = await one(`table-${at}`, source)
      const above = (of: 'anonymous' | 'heap'): {cold: number; warm: number} => ({
        cold: Math.max(0, cold[of] - empty.cold[of]),
        warm: Math.max(0, warm[of] - empty.warm[of]),
      })
      measured.push({...above('anonymous'), heap: above('heap'), keys: keys.length})
    }
    return measured
  } finally {
    scratch.close()
  }
}

const hold = async (
  child: ChildProcess,
  {keys, deadline}: {keys: readonly string[]; deadline: number},
): Promise<Held> => {
  const ended = new Promise<void>(resolve => void child.once('close', () => resolve()))
  const killed = cleanedUp(() => void child.kill('SIGKILL'))
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString('latin1')).slice(-2_000)))
  child.stdin?.on('error', () => {
    // It ended without reading on; untilIdle finds that out.
  })
  const look = async (input: string): Promise<Memory> => {
    await new Promise<void>(resolve => child.stdin!.write(Buffer.from(input, 'latin1'), () => resolve()))
    const pid = child.pid
    if (pid === undefined || !(await untilIdle(pid, deadline))) throw notHeld(child, said)
    return {anonymous: anonymousBytes(pid), heap: heapBytes(pid)}
  }
  try {
    const cold = await look(`${COLD_KEY}\n`)
    return {cold, warm: keys.length === 0 ? cold : await look(keys.map(key => `${key}\n`).join(''))}
  } finally {
    child.kill('SIGKILL')
    killed()
    await ended
  }
}

const notHeld = (child: ChildProcess, said: string): OpsError => {
  const fatal = /fatal: (.*)/.exec(said)?.[1]
  const reason = child.exitCode === null ? 'was not done in time' : (fatal ?? `ended with status ${child.exitCode}`)
  return new OpsError('MEASURE', `cannot measure: postmap ${reason}`, {
    exit: child.exitCode === null ? 'tryAgain' : 'unavailable',
    hint: 'leave out --measure, or give --config-dir of a Postfix that works',
  })
}
