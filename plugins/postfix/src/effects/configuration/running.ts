// How many processes of each service run now, from /proc.
import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

import type {Configuration} from '../../configuration/configuration.js'

/** Returns the processes by service name (`smtp/inet`) of the master(8) of an instance; undefined when it does not run. */
export const runningProcesses = ({parameters}: Configuration): ReadonlyMap<string, readonly number[]> | undefined => {
  const master = masterPid(parameters.get('queue_directory') ?? '/var/spool/postfix')
  if (master === undefined) return undefined
  const running = new Map<string, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const pid = Number(name)
    if (parentOf(pid) !== master) continue
    const service = serviceOf(pid)
    if (service !== undefined) running.set(service, [...(running.get(service) ?? []), pid])
  }
  return running
}

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    // The process has ended, /proc is another system's, or the file is not for us.
    return undefined
  }
}

const masterPid = (queue: string): number | undefined => {
  const pid = Number(read(join(queue, 'pid', 'master.pid'))?.trim())
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  return read(`/proc/${pid}/comm`)?.trim() === 'master' ? pid : undefined
}

const parentOf = (pid: number): number | undefined => {
  const status = read(`/proc/${pid}/stat`)
  // The name in brackets may hold blanks and brackets itself.
  return status === undefined ? undefined : Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1])
}

/** master(8) starts its daemons as `smtpd -n smtp -t inet`. */
const serviceOf = (pid: number): string | undefined => {
  const words = read(`/proc/${pid}/cmdline`)?.split('\0') ?? []
  const after = (flag: string): string | undefined => words[words.indexOf(flag) + 1]
  if (!words.includes('-n') || !words.includes('-t')) return undefined
  return `${after('-n')}/${after('-t')}`
}
