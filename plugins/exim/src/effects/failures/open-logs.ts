// Opens logs all at once, so that a rotation that comes while the first is read takes none of the others away.
import {constants} from 'node:fs'
import {open, type FileHandle} from 'node:fs/promises'

import {fromSystem, OpsError} from 'mailops/core'

import {bySeries} from '../../failures/rotation.js'

/** A log that is open. */
export interface OpenLog {
  readonly path: string
  readonly file: FileHandle
  /** Seconds since 1970 when it was last written; now for a pipe. */
  readonly written: number
  readonly size: number
  /** False for a pipe. */
  readonly isFile: boolean
  /** Device and inode: the same file by another name is read once. */
  readonly identity: string
}

/** Logs by series, the oldest file of each first. */
export type OpenSeries = ReadonlyMap<string, readonly OpenLog[]>

// Far below the limit of open files that every process has (ulimit -n is 1024 or more).
const MOST = 500

/** open(2) of a socket is ENXIO: standard input may be one where another program started us. */
const openFile = async (path: string): Promise<FileHandle> => {
  try {
    return await open(path === '-' ? '/dev/stdin' : path, constants.O_RDONLY | (path.startsWith('/dev/') || path === '-' ? 0 : constants.O_NONBLOCK))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error
    throw new OpsError('IS_A_SOCKET', `cannot read ${path === '-' ? 'standard input' : path}: it is a socket`, {exit: 'noInput', hint: 'cat LOG | mailops exim auth-failures -'})
  }
}

const openLog = async (path: string): Promise<OpenLog> => {
  const file = await openFile(path)
  const stat = await file.stat()
  if (stat.isDirectory()) {
    await file.close()
    throw new OpsError('EISDIR', `cannot read ${path}: is a directory`, {exit: 'noInput', hint: `name the logs in it: ${path}/*`})
  }
  const written = stat.isFile() ? stat.mtimeMs / 1000 : Date.now() / 1000
  return {path, file, written, size: stat.isFile() ? stat.size : 0, isFile: stat.isFile(), identity: `${stat.dev}:${stat.ino}`}
}

/** What could not be opened. */
export interface Unopened {
  readonly path: string
  readonly error: unknown
}

/** Opens the files of each series. */
export const openLogs = async (paths: readonly string[]): Promise<{series: OpenSeries; unopened: Unopened[]}> => {
  if (paths.length > MOST) throw new OpsError('USAGE', `${paths.length} logs are too many at once; ${MOST} can be`, {exit: 'usage', hint: 'name fewer, the newest for one'})
  const series = new Map<string, OpenLog[]>()
  const unopened: Unopened[] = []
  const known = new Set<string>()
  for (const [name, files] of bySeries([...new Set(paths)]))
    for (const path of files) {
      try {
        const log = await openLog(path)
        if (known.has(log.identity)) await log.file.close()
        else series.set(name, [...(series.get(name) ?? []), log])
        known.add(log.identity)
      } catch (error) {
        unopened.push({path, error: fromSystem(error, 'read', path)})
      }
    }
  return {series, unopened}
}

/** Closes them all. */
export const closeLogs = async (series: OpenSeries): Promise<void> => {
  for (const {file} of [...series.values()].flat()) await file.close()
}
