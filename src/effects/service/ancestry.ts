// Which supervisor is behind a process: its parent's name and directory, or its control group (proc(5), cgroups(7)).
import {readFileSync, readlinkSync, statSync} from 'node:fs'

/** A supervisor found above a process, and the process directly below it. */
export interface Supervisor {
  command: 'supervise' | 'runsv' | 's6-supervise'
  /** Absolute service directory: the supervisor's working directory. */
  directory: string
  child: number
}

const MAX_RUN_SHELLS = 4

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return null // ended meanwhile, no /proc, or not ours to see: nothing was found, and that is an answer
  }
}

const directoryOf = (pid: number): string | null => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return null // as above
  }
}

/** Anybody may call a program supervise and have it sit where svc(8) would then write; root believes root's alone. */
const isTrusted = (pid: number): boolean => {
  const uid = process.getuid?.()
  try {
    return uid !== 0 || statSync(`/proc/${pid}`).uid === 0
  } catch {
    return false // as above
  }
}

const parentOf = (pid: number): number | null => {
  const parent = /^PPid:\t(\d+)$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1]
  return parent === undefined ? null : Number(parent)
}

/** A shell that runs a service's `run` file without exec: the supervisor is one further up. */
const isRunShell = (pid: number): boolean =>
  (read(`/proc/${pid}/cmdline`) ?? '').split('\0').slice(0, 3).some(word => word === './run' || word.endsWith('/run'))

/**
 * The supervisor of a process. It climbs only through `run` scripts: what an administrator started by hand also has
 * supervised ancestors, such as the sshd he came through.
 */
export const supervisorOf = (pid: number): Supervisor | null => {
  for (let child = pid, i = 0; i <= MAX_RUN_SHELLS; i++) {
    const parent = parentOf(child)
    if (parent === null || parent === 0) return null
    const command = read(`/proc/${parent}/comm`)?.trim()
    if (command === 'supervise' || command === 'runsv' || command === 's6-supervise') {
      const directory = directoryOf(parent)
      return directory === null || !isTrusted(parent) || directory.endsWith(' (deleted)') ? null : {command, directory, child}
    }
    if (!isRunShell(parent)) return null
    child = parent
  }
  return null
}

/** The systemd unit in whose control group a process is; null for one of a login or a container. */
export const unitOf = (pid: number): string | null =>
  /^(?:0:|\d+:name=systemd):\/(?:.*\/)?([^/]+\.service)$/m.exec(read(`/proc/${pid}/cgroup`) ?? '')?.[1] ?? null
