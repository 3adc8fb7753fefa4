// Runs the command line itself, with a state directory of the test's own.
import {spawn} from 'node:child_process'
import {mkdirSync} from 'node:fs'
import {join} from 'node:path'

const RUN = join(import.meta.dirname, '../../../../bin/run.js')

export interface CliRun {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  /** stdout as the one JSON document that it should be. */
  json(): any
}

/** Gives a function that runs `mailops ARGS` with state below `directory`; asynchronous, so that servers of the test can answer. */
export const cliIn = (directory: string, env: Readonly<Record<string, string>> = {}) => {
  const run = join(directory, 'run')
  mkdirSync(run, {recursive: true, mode: 0o700})
  return async (...args: string[]): Promise<CliRun> =>
    await new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [RUN, ...args], {
        env: {...process.env, MAILOPS_STATE_DIR: join(directory, 'state'), MAILOPS_RUN_DIR: run, ...env},
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let [stdout, stderr] = ['', '']
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => void (stdout += chunk))
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => void (stderr += chunk))
      child.on('error', reject)
      child.on('close', status => resolve({status, stdout, stderr, json: () => JSON.parse(stdout) as unknown}))
    })
}
