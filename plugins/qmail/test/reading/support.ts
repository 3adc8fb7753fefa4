// A queue in a temporary directory, and the command line as a process.
import {spawnSync} from 'node:child_process'
import {join} from 'node:path'

import {createQueue, type Queue, type QueueOptions} from '../../../../test/support/queue/index.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'

const RUN = join(import.meta.dirname, '../../../../bin/run.js')

/** Seconds since the epoch that ages in test queues are counted from; the real clock's, as the commands use it. */
export const NOW = Math.floor(Date.now() / 1000)

/** An empty queue, gone when the running test ends. */
export const newQueue = (options: QueueOptions = {}): Queue =>
  createQueue(join(temporaryDirectory('reading'), 'queue'), {now: NOW, ...options})

/** Runs `mailops qmail ...`; `uid` needs root. */
export const qmail = (
  args: readonly string[],
  {input = '', uid, env = {}}: {input?: string; uid?: number; env?: Record<string, string>} = {},
): {status: number | null; stdout: string; stderr: string} =>
  spawnSync(process.execPath, [RUN, 'qmail', ...args], {
    encoding: 'utf8',
    input,
    maxBuffer: 1 << 28,
    env: {...process.env, HOME: '/nonexistent', MAILOPS_STATE_DIR: '/nonexistent/state', ...env},
    ...(uid !== undefined && {uid, gid: uid}),
  })

/** The rows of a list. */
export const rowsOf = (stdout: string): Record<string, unknown>[] =>
  stdout.split('\n').filter(line => line !== '').map(line => JSON.parse(line) as Record<string, unknown>)
