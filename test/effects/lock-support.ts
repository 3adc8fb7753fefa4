// Other processes that take our locks, and a lockf(1) made from flock(1), for the tests of locks
import {spawn, type ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {createInterface} from 'node:readline'

const LOCK = new URL('../../dist/effects/lock/index.js', import.meta.url).href

/** Another Node process that tries for, and gives back, one lock as it is told. */
export interface Rival {
  pid: number
  /** Sends `try` or `release` and gives back the answer. */
  ask(word: 'try' | 'release'): Promise<string>
  /** SIGKILL, and waits for its end. */
  kill(): Promise<void>
}

/** Starts a rival for a path; `backend` is the name of an export of the lock module. */
export const rival = async (path: string, backend: string, options: object = {}): Promise<Rival> => {
  const code = `
    import * as locks from ${JSON.stringify(LOCK)}
    import {createInterface} from 'node:readline'
    const options = {...${JSON.stringify(options)}, backend: locks[${JSON.stringify(backend)}]}
    let lock = null
    console.log('ready')
    for await (const word of createInterface({input: process.stdin})) {
      if (word === 'try') lock = await locks.tryLock(${JSON.stringify(path)}, options)
      else await lock?.release()
      console.log(word === 'try' && lock === null ? 'no' : 'yes')
    }`
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', code], {stdio: ['pipe', 'pipe', 'inherit']})
  const answers = createInterface({input: child.stdout!})[Symbol.asyncIterator]()
  const answer = async () => String((await answers.next()).value)
  if (await answer() !== 'ready') throw new Error('the rival did not start')
  return {
    pid: child.pid!,
    ask: async word => {
      child.stdin!.write(`${word}\n`)
      return answer()
    },
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** Puts a lockf(1) into a directory that behaves as FreeBSD's: same options, the same statuses. */
export const writeLockf = (directory: string): void => {
  const script = `#!/bin/sh
[ "$1 $2 $3 $4" = '-k -s -t 0' ] || { echo "usage: lockf" >&2; exit 64; }
shift 4
exec flock -n -E 75 "$@"
`
  writeFileSync(join(directory, 'lockf'), script, {mode: 0o755})
}
