// Writes a table beside another: as readable for daemons as that one, and nothing of others overwritten.
import {realpathSync, type Stats, statSync} from 'node:fs'
import {resolve} from 'node:path'

import {fromSystem, OpsError} from 'mailops/core'
import {readSeen, writeAtomic, writeNew} from 'mailops/effects'

export interface OutputOptions {
  /** The map whose owner and mode it gets; undefined for a table that is no file. */
  readonly like: string | undefined
  readonly force: boolean
}

/**
 * Refuses what must not be written to: OUTPUT_EXISTS (73) without `force`, NOT_A_FILE (73) for what no table can take the
 * place of, USAGE (64) for the map itself.
 */
export const checkOutput = (path: string, {like, force}: OutputOptions): void => {
  if (like !== undefined && sameFile(path, like))
    throw new OpsError('USAGE', `-o ${path} is the map itself`, {exit: 'usage', hint: 'give another file'})
  const before = readSeen(path)
  if (before !== null && !force)
    throw new OpsError('OUTPUT_EXISTS', `${path} is there already`, {exit: 'cannotCreate', hint: 'another name, or --force'})
  if (before !== null && before.type !== 'file')
    throw new OpsError('NOT_A_FILE', `${path} is not a plain file`, {exit: 'cannotCreate'})
}

/** Writes the table (latin1 text) atomically, with the owner and mode of the map. */
export const writeOutput = (path: string, text: string, {like, force}: OutputOptions): void => {
  checkOutput(path, {like, force})
  const data = Buffer.from(text, 'latin1')
  const attributes = attributesLike(like === undefined ? null : statOf(like))
  if (force) writeAtomic(path, data, attributes)
  else writeNew(path, data, attributes)
}

/** Owner and mode of the map: daemons must be able to read what stands in for it. 0644 for a table that was no file. */
export const attributesLike = (
  map: {readonly mode: number; readonly uid: number; readonly gid: number} | null,
): {mode: number; uid?: number; gid?: number} => {
  if (map === null) return {mode: 0o644}
  const {mode, uid, gid} = map
  // Only root may give a file away.
  return process.getuid?.() === 0 ? {mode: mode & 0o777, uid, gid} : {mode: mode & 0o777}
}

const statOf = (path: string): Stats => {
  try {
    return statSync(path)
  } catch (error) {
    throw fromSystem(error, 'look at', path)
  }
}

const sameFile = (a: string, b: string): boolean => {
  const real = (path: string): string => {
    try {
      return realpathSync(path)
    } catch {
      // Not there yet.
      return resolve(path)
    }
  }
  return real(a) === real(b)
}
