// Moves the keys of a service aside and back, by rename alone, so that at every instant they are whole in one of two places.
import * as fs from 'node:fs'
import {dirname, join} from 'node:path'

import {fromSystem, OpsError} from 'mailops/core'
import {privateDirectory, readSeen, syncDirectory} from 'mailops/effects'

import {asideOf, type RenewalArgs} from '../../serviceauth/renewal.js'

// A monitor that makes keys between our two renames can do so again and again, but not for ever.
const MOST_TRIES = 20

const rename = (from: string, to: string): void => {
  try {
    fs.renameSync(from, to)
    syncDirectory(dirname(to))
    syncDirectory(dirname(from))
  } catch (error) {
    throw fromSystem(error, `move ${from} to`, to)
  }
}

/**
 * Makes the place beside serviceauth, 0700.
 * @throws OpsError 73 when that is another file system: keys are never copied about
 */
export const makeAside = (args: RenewalArgs): void => {
  const parent = dirname(args.base)
  if (readSeen(parent)?.dev !== args.dev)
    throw new OpsError(
      'OTHER_FILE_SYSTEM',
      `${parent} is another file system than ${args.base}: old keys cannot be set aside there by rename`,
      {
        exit: 'cannotCreate',
        hint: 'unmount it, or let cPanel make new keys by hand',
      },
    )
  privateDirectory(asideOf(args))
}

/** Sets the keys of a service aside. */
export const setAside = (args: RenewalArgs, service: string): void =>
  rename(join(args.base, service), join(asideOf(args), service))

/** True from before the first key is moved until everything is back. */
export const hasAside = (args: RenewalArgs): boolean => readSeen(asideOf(args)) !== null

/** True while the old keys of a service are aside. */
export const isAside = (args: RenewalArgs, service: string): boolean => readSeen(join(asideOf(args), service)) !== null

/** Takes away what was made meanwhile: moved aside first, since only a rename takes both keys at once. */
export const takeAwayNew = (args: RenewalArgs, service: string): void => {
  const now = readSeen(join(args.base, service))
  if (now === null) return
  // A link or a file is nobody's keys, and not ours to remove.
  if (now.type !== 'directory')
    throw new OpsError(
      'SYMLINK',
      `${join(args.base, service)} is a ${now.type} now; the old keys are in ${asideOf(args)}`,
      {exit: 'badData', hint: 'remove it, then mailops recover'},
    )
  const away = join(asideOf(args), `${service}.new`)
  fs.rmSync(away, {recursive: true, force: true})
  rename(join(args.base, service), away)
}

/** Brings the old keys of a service back, in place of those that were made meanwhile. */
export const bringBack = (args: RenewalArgs, service: string): void => {
  for (let tries = 1; ; tries++) {
    takeAwayNew(args, service)
    try {
      return rename(join(asideOf(args), service), join(args.base, service))
    } catch (error) {
      // New keys came between the two renames.
      const code = (error as {code?: string}).code
      if (tries >= MOST_TRIES || (code !== 'ENOTEMPTY' && code !== 'EEXIST')) throw error
    }
  }
}

/** Removes the place aside and the new keys that ended there; called when the old ones are back. */
export const dropAside = (args: RenewalArgs): void => {
  fs.rmSync(asideOf(args), {recursive: true, force: true})
  syncDirectory(dirname(args.base))
}
