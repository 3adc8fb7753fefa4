// Reads the logs beside Exim's that confirm a cause: chkservd.log, cphulkd.log and maillog of cPanel.
import {constants} from 'node:fs'
import {open, type FileHandle} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'

import {fromSystem, isOpsError, OpsError} from 'mailops/core'

import {BACKEND_NEEDLE, BackendReader} from '../../failures/backend-log.js'
import {ChkservdReader, type ServiceChecks} from '../../failures/chkservd.js'
import {LogClock, type WallClock} from '../../failures/clock.js'
import {CphulkReader} from '../../failures/cphulk.js'
import {LONGEST_LINE} from '../../failures/block-scan.js'
import {bytesOf} from './bytes.js'

/** Where they are; the places of cPanel when not given. */
export interface SidePaths {
  readonly chkservd?: string
  readonly cphulk?: string
  /** Dovecot's; read before the others, see `readBackendLog`. */
  readonly maillog?: string
}

/** What they say; null where there is no such log. */
export interface SideLogs {
  readonly checks: ReadonlyMap<string, ServiceChecks> | null
  readonly cphulk: CphulkReader | null
  /** Paths that were read. */
  readonly read: readonly string[]
}

// The usual places are of this machine, so they say something about its own logs only.
const USUAL = {chkservd: '/var/log/chkservd.log', cphulk: '/usr/local/cpanel/logs/cphulkd.log'} as const
const NAMES = {chkservd: 'chkservd.log', cphulk: 'cphulkd.log'} as const
// Lines of both are short; what is longer is junk.
const LONGEST = 64 * 1024

interface Place {
  readonly path: string
  /** A log that was named must be there; another need not be, and may be closed to this user. */
  readonly isNamed: boolean
}

const openPlace = async ({path, isNamed}: Place): Promise<FileHandle> => {
  if (isNamed) return open(path)
  // Whoever owns the directory of a log may have put a pipe there, which would hold us, or a device, which never ends.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  if ((await file.stat()).isFile()) return file
  await file.close()
  throw new OpsError('NOT_A_FILE', `cannot read ${path}: it is not a plain file`, {exit: 'badData'})
}

const eachLine = async (place: Place, take: (line: string) => void, complain: (text: string) => void): Promise<void> => {
  const file = await openPlace(place)
  try {
    let rest = ''
    for await (const chunk of await bytesOf(file, complain)) {
      const lines = (rest + chunk.toString('latin1')).split(/\r?\n/)
      rest = lines.pop() ?? ''
      if (rest.length > LONGEST) rest = ''
      for (const line of lines) take(line)
    }
    if (rest !== '') take(rest)
  } finally {
    await file.close()
  }
}

// Named, or named among the logs, or beside them, or where cPanel has it.
const placeOf = (kind: keyof typeof NAMES, paths: SidePaths, logs: readonly string[]): Place => {
  const named = paths[kind] ?? logs.find(log => isSideLog(log) && basename(log).startsWith(NAMES[kind]))
  if (named !== undefined) return {path: named, isNamed: true}
  const [first] = logs
  return {path: first === undefined ? USUAL[kind] : join(dirname(first), NAMES[kind]), isNamed: false}
}

const orNone = async ({path, isNamed}: Place, warn: (text: string) => void, read: () => Promise<void>): Promise<string | null> => {
  try {
    await read()
    return path
  } catch (error) {
    const known = fromSystem(error, 'read', path)
    if (isNamed || !isOpsError(known)) throw known
    const {code} = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTDIR') warn(known.message)
    return null
  }
}

const readInto = (place: Place, take: (line: string) => void, warn: (text: string) => void): Promise<string | null> =>
  orNone(place, warn, () => eachLine(place, take, text => warn(`${place.path} ${text}`)))

const NEEDLE = Buffer.from(BACKEND_NEEDLE, 'latin1')
const NEWLINE = 10

// A mail log has gigabytes, and these lines are few: the bytes are searched, and only they become text.
const eachFault = async (place: Place, take: (line: string, written: number) => void, complain: (text: string) => void): Promise<void> => {
  const file = await openPlace(place)
  try {
    const {mtimeMs} = await file.stat()
    let rest: Buffer = Buffer.alloc(0)
    const search = (bytes: Buffer): void => {
      for (let at = bytes.indexOf(NEEDLE); at >= 0; ) {
        const end = bytes.indexOf(NEWLINE, at)
        const stop = end < 0 ? bytes.length : end
        const start = bytes.lastIndexOf(NEWLINE, at) + 1
        if (stop - start <= LONGEST_LINE) take(bytes.toString('latin1', start, stop).trimEnd(), mtimeMs / 1000)
        at = bytes.indexOf(NEEDLE, stop)
      }
    }
    for await (const chunk of await bytesOf(file, complain)) {
      const whole = chunk.lastIndexOf(NEWLINE) + 1
      if (whole > 0) {
        const first = chunk.indexOf(NEWLINE) + 1
        search(Buffer.concat([rest, chunk.subarray(0, first)]))
        search(chunk.subarray(first, whole))
        rest = Buffer.alloc(0)
      }
      rest = Buffer.concat([rest, chunk.subarray(whole)])
      if (rest.length > LONGEST_LINE) rest = Buffer.alloc(0)
    }
    search(rest)
  } finally {
    await file.close()
  }
}

// The usual place is of this machine, so it says something about its own logs only.
const mailLogOf = (named: string | undefined, logs: readonly string[]): Place => {
  if (named !== undefined) return {path: named, isNamed: true}
  const [first] = logs
  return {path: first === undefined || first === '-' ? '/var/log/maillog' : join(dirname(first), 'maillog'), isNamed: false}
}

/** Reads the mail log, where there is one, for the times at which Dovecot could not ask; null where there is none. */
export const readBackendLog = async (
  {named, logs, wall}: {named: string | undefined; logs: readonly string[]; wall: WallClock},
  warn: (text: string) => void,
): Promise<{backend: BackendReader; path: string} | null> => {
  const place = mailLogOf(named, logs)
  const backend = new BackendReader()
  let clock: LogClock | undefined
  const read = (take: (line: string, written: number) => void): Promise<void> => eachFault(place, take, text => warn(`${place.path} ${text}`))
  const path = await orNone(place, warn, () => read((line, written) => backend.line(line, (clock ??= new LogClock(wall, written)))))
  backend.end()
  return path === null ? null : {backend, path}
}

/** True for a name that is chkservd.log's or cphulkd.log's, rotated or not. */
export const isSideLog = (path: string): boolean => Object.values(NAMES).some(name => basename(path).startsWith(name))

/**
 * Reads both where they are.
 * @param logs the logs that were named, none when this machine's are read
 */
export const readSideLogs = async (paths: SidePaths, logs: readonly string[], warn: (text: string) => void): Promise<SideLogs> => {
  const checks = new ChkservdReader()
  const hulk = new CphulkReader()
  const first = await readInto(placeOf('chkservd', paths, logs), line => checks.line(line), warn)
  const second = await readInto(placeOf('cphulk', paths, logs), line => hulk.line(line), warn)
  return {
    checks: first === null ? null : checks.services,
    cphulk: second === null ? null : hulk,
    read: [first, second].filter(path => path !== null),
  }
}
