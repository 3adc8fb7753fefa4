// Who a process is: its number and when it began, so that a number used again is never taken for the old process.
import {spawnSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {find} from '../process.js'

/** A process for good: `start` compares only with another `start` of the same machine. */
export interface Identity {
  pid: number
  /** Null where the system does not tell. */
  start: string | null
}

const readText = (path: string): string | null => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return null // the process ended meanwhile, or /proc is not for us: the caller treats both as "not known"
  }
}

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' // there, but of another user
  }
}

/** Fields of /proc/PID/stat from the third on (proc(5)): the second may hold blanks and parentheses. */
const statFields = (pid: number): string[] | null => {
  const text = readText(`/proc/${pid}/stat`)
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ')
}

const linuxStart = (pid: number): string | null => {
  const fields = statFields(pid)
  const state = fields?.[0]
  // A zombie has closed its files and holds nothing.
  if (fields === null || state === undefined || 'ZX'.includes(state)) return null
  return `${readText('/proc/sys/kernel/random/boot_id')?.trim() ?? ''}/${fields[19] ?? ''}`
}

const ask = (program: string, args: readonly string[]): string | null => {
  const file = find(program)
  if (file === null) return null
  const {status, stdout} = spawnSync(file, args, {
    encoding: 'latin1', windowsHide: true, timeout: 10_000, env: {...process.env, LC_ALL: 'C', TZ: 'UTC'},
  })
  return status === 0 && stdout.trim() !== '' ? stdout.trim() : null
}

const askStart = (pid: number): string | null =>
  process.platform === 'win32'
    ? ask('powershell', ['-NoProfile', '-NonInteractive', '-Command', `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`])
    : ask('ps', ['-o', 'lstart=', '-p', String(pid)])

/** The identity of a running process; null when there is none of this number. */
export const identityOf = (pid: number): Identity | null => {
  if (process.platform === 'linux') {
    const start = linuxStart(pid)
    return start === null ? null : {pid, start}
  }
  return exists(pid) ? {pid, start: askStart(pid)} : null
}

/** False only when that very process has surely ended: where the system does not tell, a live number counts as it. */
export const isAlive = ({pid, start}: Identity): boolean => {
  const now = identityOf(pid)
  return now !== null && (now.start === null || start === null || now.start === start)
}

/** The command line of a process on one line, safe for a terminal, at most 200 characters; null when not known. */
export const commandOf = (pid: number): string | null => {
  const text = process.platform === 'win32' ? null
    : process.platform === 'linux' ? (readText(`/proc/${pid}/cmdline`) || readText(`/proc/${pid}/comm`))
      : ask('ps', ['-o', 'command=', '-p', String(pid)])
  return text === null || text === '' ? null : oneLine(text)
}

/** Text of others on one line: blanks for NULs and line ends, `?` for what a terminal could obey. */
export const oneLine = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- these are what it is about
  text.replace(/[\0\s]+/g, ' ').trim().replace(/[\x00-\x1f\x7f-\x9f]/g, '?').slice(0, 200)
