// A real redis-server on a free port, ended with the test.
import {spawn, type ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import {existsSync} from 'node:fs'

import {freePort} from '../../../../test/support/free-port.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'

const PROGRAM = ['/usr/bin/redis-server', '/usr/bin/valkey-server'].find(path => existsSync(path))

/** Why the tests with a real server cannot run here, or false; with CI set they must. */
export const noRedis: string | false = PROGRAM === undefined && process.env['CI'] === undefined ? 'redis-server is not installed' : false

export interface RedisServer {
  readonly url: string
  /** Starts it (again), on the same port, empty. */
  start(): Promise<void>
  signal(name: NodeJS.Signals): void
  stop(): Promise<void>
}

/** @returns a server that runs */
export const redisServer = async (): Promise<RedisServer> => {
  const port = await freePort()
  const directory = temporaryDirectory('redis')
  let child: ChildProcess | undefined
  const server: RedisServer = {
    url: `redis://127.0.0.1:${port}/0`,
    start: async () => {
      child = spawn(PROGRAM ?? 'redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory], {stdio: ['ignore', 'pipe', 'inherit']})
      for await (const chunk of child.stdout!) if (/ready to accept connections/i.test(String(chunk))) break
      child.stdout?.resume()
    },
    signal: name => void child?.kill(name),
    stop: async () => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
  await server.start()
  return server
}
