// Reads the logs beside Exim's that confirm a cause: chkservd.log and cphulkd.log of cPanel.
import {open} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'

import {fromSystem, isOpsError} from 'mailops/core'

import {ChkservdReader, type ServiceChecks} from '../../failures/chkservd.js'
import {CphulkReader} from '../../failures/cphulk.js'
import {bytesOf} from './bytes.js'

/** Where they are; the places of cPanel when not given. */
export interface SidePaths {
  readonly chkservd?: string
  readonly cphulk?: string
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

const eachLine = async (path: string, take: (line: string) => void, complain: (text: string) => void): Promise<void> => {
  const file = await open(path)
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

interface Place {
  readonly path: string
  /** A log that was named must be there; another need not be, and may be closed to this user. */
  readonly isNamed: boolean
}

// Named, or named among the logs, or beside them, or where cPanel has it.
const placeOf = (kind: keyof SidePaths, paths: SidePaths, logs: readonly string[]): Place => {
  const named = paths[kind] ?? logs.find(log => isSideLog(log) && basename(log).startsWith(NAMES[kind]))
  if (named !== undefined) return {path: named, isNamed: true}
  const [first] = logs
  return {path: first === undefined ? USUAL[kind] : join(dirname(first), NAMES[kind]), isNamed: false}
}

const readInto = async ({path, isNamed}: Place, take: (line: string) => void, warn: (text: string) => void): Promise<string | null> => {
  try {
    await eachLine(path, take, text => warn(`${path} ${text}`))
    return path
  } catch (error) {
    const known = fromSystem(error, 'read', path)
    if (isNamed || !isOpsError(known)) throw known
    const {code} = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTDIR') warn(known.message)
    return null
  }
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
