// Runs of a scenario that are not to be killed, in processes that are kept: a walk has thousands of them, and starting Node
// and reading the scenario takes most of each.
import {fork, type ChildProcess} from 'node:child_process'
import {join} from 'node:path'

import type {Ended} from './walk.js'

const PROCESS = join(import.meta.dirname, 'warm.mjs')
/** The modules of a run stay in memory. */
const RUNS = 100

interface Warm {
  readonly child: ChildProcess
  runs: number
}

const idle: Warm[] = []

const start = (): Warm => {
  const child = fork(PROCESS, {stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: []})
  child.unref()
  child.channel?.unref()
  return {child, runs: 0}
}

/**
 * Runs a bundled scenario to its end.
 * @param run its file, its arguments, and what is in its environment besides ours
 * @returns as of a process of its own; a status other than 0 ends the process, for what a failed run may still hold
 */
export const runWarm = (run: {file: string; argv: readonly string[]; env: Readonly<Record<string, string>>}): Promise<Ended> => {
  const warm = idle.pop() ?? start()
  const {child} = warm
  child.ref()
  child.channel?.ref()
  return new Promise((resolve, reject) => {
    const onExit = (status: number | null, signal: NodeJS.Signals | null) => resolve({status, signal, stdout: '', stderr: 'ended before its answer\n'})
    child.once('error', reject)
    child.once('exit', onExit)
    child.once('message', message => {
      child.off('error', reject)
      child.off('exit', onExit)
      const ended = message as Ended
      warm.runs++
      child.unref()
      child.channel?.unref()
      if (ended.status === 0 && warm.runs < RUNS) idle.push(warm)
      else child.disconnect()
      resolve(ended)
    })
    child.send(run, error => error && reject(error))
  })
}
