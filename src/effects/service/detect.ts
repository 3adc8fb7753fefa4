// Finds who controls a service: from its process when it runs, else from where services are usually kept.
import {existsSync, realpathSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {isOpsError} from '../../errors.js'
import {find} from '../process.js'
import {supervisorOf, unitOf} from './ancestry.js'
import {bareProcess, sysv} from './commands.js'
import {isSupervised} from './supervise-status.js'
import {daemontools, runit, s6} from './supervised.js'
import {hasUnit, isBooted, mainPid, systemd} from './systemd.js'
import type {Service} from './types.js'

/** What is known of a service, and where to look for it. */
export interface DetectOptions {
  /** The process that does the work, when it runs: it is the surest way. */
  pid?: number
  /** What it may be called: `['qmail-send', 'qmail']`; the first found wins, one that runs before one that does not. */
  serviceNames: readonly string[]
  /** Parents of service directories. */
  serviceDirectories?: readonly string[]
  /** Scripts that take stop and start, absolute; the init.d scripts of `serviceNames` unless told. */
  scripts?: readonly string[]
  /** Passed to `bareProcess` when nobody supervises `pid`. */
  startCommand?: string
  /** /run/systemd/system: there when systemd runs the machine. */
  systemdRun?: string
}

const SERVICE_DIRECTORIES = ['/service', '/etc/service', '/var/service', '/run/service']
const SCRIPT_DIRECTORIES = ['/etc/init.d', '/etc/rc.d/init.d', '/usr/local/etc/rc.d']
const SYSTEMD_RUN = '/run/systemd/system'

const scriptsOf = ({scripts, serviceNames}: DetectOptions): readonly string[] =>
  (scripts ?? serviceNames.flatMap(name => SCRIPT_DIRECTORIES.map(directory => join(directory, name))))
    .filter(script => find(script) !== null)

const systemdRuns = ({systemdRun = SYSTEMD_RUN}: DetectOptions): boolean => isBooted(systemdRun) && find('systemctl') !== null

/** By what the supervisor keeps there: runit a `stat`, s6 an `event`, daemontools neither. Null: no supervisor runs. */
export const serviceAt = (directory: string): Service | null => {
  const real = realDirectory(directory)
  if (real === null || !existsSync(join(real, 'supervise'))) return null
  const isS6 = existsSync(join(real, 'event'))
  if (!supervisedOrHidden(real, isS6 ? 'control' : 'ok')) return null
  if (isS6) return s6(real)
  return existsSync(join(real, 'supervise', 'stat')) ? runit(real) : daemontools(real)
}

const realDirectory = (path: string): string | null => {
  try {
    const real = realpathSync(path)
    return statSync(real).isDirectory() ? real : null
  } catch {
    return null // not there, or a dangling link: no service of this name here
  }
}

/** What we may not look into is taken for a service: controlling it then says why it cannot be. */
const supervisedOrHidden = (directory: string, fifo: 'ok' | 'control'): boolean => {
  try {
    return isSupervised(directory, fifo)
  } catch (error) {
    if (isOpsError(error) && error.code === 'EACCES') return true
    throw error
  }
}

const bySupervisor = (pid: number): Service | null => {
  const above = supervisorOf(pid)
  if (above === null) return null
  return {supervise: daemontools, runsv: runit, 's6-supervise': s6}[above.command](above.directory)
}

/** A process started by hand is in the unit of cron or sshd: the unit must own it, or bear one of the names. */
const byUnit = async (pid: number, options: DetectOptions): Promise<Service | null> => {
  const unit = systemdRuns(options) ? unitOf(pid) : null
  if (unit === null) return null
  const named = options.serviceNames.some(name => unit === `${name}.service`)
  return named || (await mainPid(unit)) === pid ? systemd(unit) : null
}

const ofProcess = async (pid: number, options: DetectOptions): Promise<Service> => {
  const {startCommand} = options
  const found = bySupervisor(pid) ?? await byUnit(pid, options)
  if (found !== null) return found
  const script = scriptsOf(options)[0]
  if (script !== undefined && startCommand === undefined) return sysv(script, {pid})
  return bareProcess(pid, startCommand === undefined ? {} : {startCommand})
}

const isUp = async (service: Service): Promise<boolean> => {
  try {
    return (await service.state()).up === true
  } catch (error) {
    // Not ours to look at, or its supervisor has just gone: it is named, but not preferred.
    if (isOpsError(error)) return false
    throw error
  }
}

const byName = async (options: DetectOptions): Promise<Service | null> => {
  const {serviceNames, serviceDirectories = SERVICE_DIRECTORIES} = options
  const names = serviceNames.filter(name => /^[^-./][^/]*$/.test(name))
  const candidates = names.flatMap(name => serviceDirectories.map(directory => serviceAt(join(directory, name))))
    .filter(service => service !== null)
  if (systemdRuns(options))
    for (const name of names) if (await hasUnit(`${name}.service`)) candidates.push(systemd(`${name}.service`))
  for (const service of candidates) if (await isUp(service)) return service
  const script = scriptsOf(options)[0]
  return candidates[0] ?? (script === undefined ? null : sysv(script))
}

/** The service of a process, or of a name when nothing runs; null when there is none. A process always has one. */
export const detectService = async (options: DetectOptions): Promise<Service | null> =>
  options.pid === undefined ? byName(options) : ofProcess(options.pid, options)
