// Whether a SmarterMail service runs on a folder, or somebody holds a lock on its files.
import * as fs from 'node:fs'
import {basename, dirname, join, resolve, sep} from 'node:path'

import {find, holder, run, type StatePlace} from 'mailops/effects'

/** What was seen of a running service, for people; empty when nothing was. */
export type Traces = readonly string[]

const NAME = /^(?:MailService|SmarterMail)(?:\.exe|\.dll)?$/i
// Where a Linux package has program, configuration and data apart.
const PACKAGE = ['/opt/smartermail', '/etc/smartermail', '/var/lib/smartermail']

const isIn = (path: string, directory: string): boolean => path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep)

const linkOf = (path: string): string => {
  try {
    return fs.readlinkSync(path)
  } catch {
    return '' // it ended meanwhile, or belongs to another user
  }
}

const argumentsOf = (pid: string): string[] => {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').slice(0, 3)
  } catch {
    return [] // as above
  }
}

const namesOf = (directory: string): string[] => {
  try {
    return fs.readdirSync(directory)
  } catch {
    return [] // no /proc, or not for us
  }
}

/** Processes that are the service of this folder, or have files of it open. */
const linuxProcesses = (folder: string): string[] => {
  const own = [folder, ...(basename(folder).toLowerCase() === 'service' ? [dirname(folder)] : []), ...(PACKAGE.some(path => isIn(folder, path)) ? PACKAGE : [])]
  const found: string[] = []
  for (const pid of namesOf('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue
    const words = argumentsOf(pid)
    const exe = linkOf(`/proc/${pid}/exe`)
    const program = [exe, ...words].find(word => NAME.test(basename(word.replaceAll('\\', '/'))))
    const place = [exe, linkOf(`/proc/${pid}/cwd`), ...words.map(word => (word.includes('/') ? resolve(word) : ''))]
    if (program !== undefined && place.some(path => path !== '' && own.some(directory => isIn(path, directory)))) found.push(`${basename(program)} (pid ${pid})`)
    else if (namesOf(`/proc/${pid}/fd`).some(fd => isWritten(pid, fd, folder))) found.push(`${basename(words[0] ?? exe)} (pid ${pid}), which has a file of it open for writing`)
  }
  return found
}

const isWritten = (pid: string, fd: string, folder: string): boolean => {
  if (!isIn(linkOf(`/proc/${pid}/fd/${fd}`), folder)) return false
  try {
    const flags = /^flags:\s*(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'))?.[1] ?? '0'
    return (Number.parseInt(flags, 8) & 3) !== 0
  } catch {
    return false // closed meanwhile
  }
}

const windowsService = async (): Promise<string[]> => {
  if (find('sc') === null) return []
  const {stdout} = await run(['sc', 'query', 'MailService'], {timeoutMs: 15_000})
  return isUp(stdout) ? ['the Windows service MailService'] : []
}

/** What `sc query` says of a service that is not stopped; the labels are in the language of the machine, the states are not. */
export const isUp = (answer: string): boolean =>
  /:\s*[2-7]\s+(?:START_PENDING|STOP_PENDING|RUNNING|CONTINUE_PENDING|PAUSE_PENDING|PAUSED)\b/.test(answer)

/** Windows refuses to open for writing what a service holds. */
const heldFiles = (paths: readonly string[]): string[] =>
  paths.filter(path => {
    try {
      fs.closeSync(fs.openSync(path, 'r+'))
      return false
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EBUSY' // a sharing violation; no permission is another matter
    }
  })

const MOST_FILES = 50

/**
 * Looks for a running service and held locks.
 * @param folder absolute path of a Service folder
 * @param files its configuration files
 */
export const tracesOf = async (folder: string, files: readonly string[], place: StatePlace): Promise<Traces> => {
  const some = files.slice(0, MOST_FILES)
  if (process.platform === 'win32') return [...(await windowsService()), ...heldFiles(some).map(path => `whoever holds ${path}`)]
  const traces = process.platform === 'linux' ? linuxProcesses(fs.realpathSync(folder)) : []
  for (const path of some) {
    const who = await holder(path, {runDir: place.run})
    if (who !== null) traces.push(`${who.command} (pid ${who.pid}), which holds a lock on ${path}`)
  }
  const pidFile = namesOf(folder).find(name => /^(?:mailservice|smartermail).*\.pid$/i.test(name))
  const pid = pidFile === undefined ? NaN : Number.parseInt(fs.readFileSync(join(folder, pidFile), 'latin1'), 10)
  if (Number.isInteger(pid) && pid > 0 && fs.existsSync(`/proc/${pid}`)) traces.push(`the process of ${pidFile} (pid ${pid})`)
  return [...new Set(traces)]
}
