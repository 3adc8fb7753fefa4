// Services that systemd runs: systemctl(1), without waiting for the stop, so that our own limit of time rules.
import {existsSync} from 'node:fs'
import {run, type Argv} from '../process.js'
import {complaint, describeService, makeService} from './make.js'
import type {Service, ServiceState} from './types.js'

const UP = new Set(['active', 'activating', 'reloading', 'refreshing'])

const start = (unit: string): Argv => ['systemctl', 'start', '--', unit]

const show = async (unit: string): Promise<Record<string, string>> => {
  const argv: Argv = ['systemctl', 'show', '-p', 'LoadState,ActiveState,MainPID', '--', unit]
  const {status, stdout, stderr} = await run(argv, {timeoutMs: 30_000})
  const error = complaint({kind: 'systemd', describe: describeService('systemd', unit)}, argv, {status, output: stderr})
  if (error !== null) throw error
  return Object.fromEntries(stdout.split('\n').filter(line => line.includes('=')).map(line => {
    const at = line.indexOf('=')
    return [line.slice(0, at), line.slice(at + 1)]
  }))
}

const stateOf = async (unit: string): Promise<ServiceState> => {
  const {ActiveState = '', MainPID = '0'} = await show(unit)
  const pid = Number(MainPID) || null
  if (ActiveState === 'deactivating') return {up: true, pid, goingDown: true, resume: null}
  const up = UP.has(ActiveState)
  return {up, pid: up ? pid : null, goingDown: false, resume: up ? start(unit) : null}
}

/** A unit by its full name, `qmail-send.service`. */
export const systemd = (unit: string): Service => makeService({
  kind: 'systemd',
  name: unit,
  stop: ['systemctl', '--no-block', 'stop', '--', unit],
  start: start(unit),
  alarm: ['systemctl', 'kill', '--kill-who=main', '-s', 'ALRM', '--', unit],
  state: () => stateOf(unit),
})

/** Whether systemd runs this machine, as sd_booted(3) asks. */
export const isBooted = (systemdRun: string): boolean => existsSync(systemdRun)

/** Whether there is a unit file of this name. */
export const hasUnit = async (unit: string): Promise<boolean> => {
  // Status 1 is "none found".
  const {stdout} = await run(['systemctl', 'list-unit-files', '--no-legend', '--plain', '--no-pager', '--', unit], {timeoutMs: 30_000})
  return stdout.split('\n').some(line => line.split(/\s+/)[0] === unit)
}

/** The main process of a unit; null when systemd knows none. */
export const mainPid = async (unit: string): Promise<number | null> => Number((await show(unit))['MainPID'] ?? 0) || null
