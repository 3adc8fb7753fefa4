// A place for a test: an old server, a new one, a state of its own, and the command line
import {spawnSync} from 'node:child_process'
import {mkdirSync, readFileSync, readdirSync, statSync} from 'node:fs'
import {join} from 'node:path'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {createJsonInstallation, createXmlInstallation} from '../support/installation.js'

const BIN = join(import.meta.dirname, '../../../../bin/run.js')

/** What every file below a directory is: its bytes, mode and time. */
export const picture = (directory: string): Record<string, string> =>
  Object.fromEntries(
    (readdirSync(directory, {recursive: true, withFileTypes: true}))
      .filter(entry => entry.isFile())
      .map(entry => {
        const path = join(entry.parentPath, entry.name)
        const {mode, mtimeMs} = statSync(path)
        return [path.slice(directory.length + 1), `${mode.toString(8)} ${Math.trunc(mtimeMs)} ${readFileSync(path, 'base64')}`]
      }),
  )

export interface World {
  readonly base: string
  readonly old: string
  readonly target: string
  readonly data: string
  readonly installed: {readonly service: string; readonly domains: string}
  readonly env: Record<string, string>
  readonly run: (...args: readonly string[]) => {status: number | null; stdout: string; stderr: string}
  readonly json: (...args: readonly string[]) => any
}

/** Makes one. */
export const makeWorld = (options: {json?: boolean; linux?: boolean; [name: string]: unknown} = {}): World => {
  const base = temporaryDirectory('smartermail')
  const [old, target, data] = ['old', 'new', 'data'].map(name => join(base, name)) as [string, string, string]
  mkdirSync(old)
  mkdirSync(target)
  const installed = options.json === true || options.linux === true ? createJsonInstallation(old, options) : createXmlInstallation(old, options as {mails?: number})
  const env = {MAILOPS_STATE_DIR: join(base, 'state'), MAILOPS_RUN_DIR: join(base, 'run'), NO_COLOR: '1'}
  const run = (...args: readonly string[]) => {
    const {status, stdout, stderr} = spawnSync(process.execPath, [BIN, ...args], {encoding: 'utf8', cwd: '/', env: {...process.env, ...env}, maxBuffer: 1 << 28})
    return {status, stdout, stderr}
  }
  return {base, old, target, data, installed, env, run, json: (...args) => JSON.parse(run(...args, '--json').stdout)}
}
