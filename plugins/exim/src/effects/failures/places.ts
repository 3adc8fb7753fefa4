// Finds the logs of this machine's Exim: what Exim itself says, else where distributions put them.
import {readdirSync, statSync} from 'node:fs'
import {basename, dirname, join} from 'node:path'

import {find, run} from 'mailops/effects'

import {LOG_NAMES, parseLogPath, SYSLOG_FILES, USUAL_LOGS, type LogPath} from '../../failures/log-path.js'
import {seriesOf} from '../../failures/rotation.js'

/** Where Exim logs here. */
export interface LogPlaces {
  /** Files that are there, rotated ones included. */
  readonly files: readonly string[]
  /** Where they were looked for. */
  readonly looked: readonly string[]
  /** Directories that may hold some, and are closed to this user. */
  readonly closed: readonly string[]
}

const namesIn = (directory: string, closed: Set<string>): string[] => {
  try {
    return readdirSync(directory)
  } catch (error) {
    // Absent or closed: there is nothing to find, and who looks says so when nothing is found anywhere.
    if ((error as NodeJS.ErrnoException).code === 'EACCES') closed.add(directory)
    return []
  }
}

// Nobody named it: a pipe or a device that was put there would keep us for ever. What cannot be looked at is told later.
const isLog = (path: string): boolean => {
  try {
    return statSync(path).isFile()
  } catch {
    return true // opening it says why
  }
}

// Names as a pattern with `*`, and everything that rotation makes of them.
const filesLike = (pattern: string, closed: Set<string>): string[] => {
  const parts = basename(pattern).split('*')
  const directory = dirname(pattern)
  if (directory.includes('*')) return []
  const fits = (name: string): boolean => {
    const base = basename(seriesOf(join(directory, name)))
    return parts.length === 1 ? base === parts[0] || name === parts[0] : name.startsWith(parts[0]!) && base.includes(parts.at(-1)!)
  }
  return namesIn(directory, closed).filter(fits).map(name => join(directory, name)).filter(isLog)
}

const askExim = async (): Promise<LogPath | null> => {
  const program = find('exim') ?? find('exim4')
  if (program === null) return null
  const {status, stdout} = await run([program, '-bP', 'log_file_path', 'spool_directory'], {timeoutMs: 10_000})
  // An Exim without a configuration cannot say; the usual places then.
  if (status !== 0) return null
  const value = (option: string): string => new RegExp(`^${option} = ?(.*)$`, 'm').exec(stdout)?.[1]?.trim() ?? ''
  return parseLogPath(value('log_file_path'), value('spool_directory') || '/var/spool/exim')
}

const filled = (patterns: readonly string[]): string[] => patterns.flatMap(pattern => LOG_NAMES.map(name => pattern.replace('%s', name)))

/** The logs of this machine, rotated ones included. */
export const findLogs = async (): Promise<LogPlaces> => {
  const said = await askExim()
  const looked = filled(said === null ? USUAL_LOGS : [...said.files, ...(said.files.length === 0 ? [] : USUAL_LOGS)])
  const shut = new Set<string>()
  const like = (pattern: string): string[] => filesLike(pattern, shut)
  const own = [...new Set(looked.flatMap(like))]
  if (own.length > 0 && said?.syslog !== true) return {files: own, looked, closed: [...shut]}
  const syslog = said?.syslog === true || own.length === 0 ? SYSLOG_FILES : []
  return {files: [...own, ...syslog.flatMap(like)], looked: [...looked, ...syslog], closed: [...shut]}
}
