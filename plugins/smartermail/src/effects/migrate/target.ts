// The Service folder that a migration writes to.
import * as fs from 'node:fs'
import {join, resolve} from 'node:path'

import {OpsError, describe} from 'mailops/core'
import {readWhole} from 'mailops/effects'

import {formatOf, MOST_CONFIG_BYTES} from '../../inventory/config-files.js'
import {readConfig} from '../../inventory/read-config.js'
import type {Era} from '../../source/source.js'
import {openServiceFolder, type ServiceFolder} from '../inventory/service-folder.js'

/** What stands there now. */
export interface Target {
  /** Absolute; exists. */
  readonly path: string
  /** Null: an empty folder, or one without a configuration. */
  readonly folder: ServiceFolder | null
  readonly warnings: readonly string[]
}

const RECENT_MS = 5 * 60_000

/** The newest write to a configuration within the last minutes, in words; null when there was none. */
export const recentWrite = ({entries}: ServiceFolder): string | null => {
  const newest = entries.reduce((most, entry) => (entry.mtimeMs > most.mtimeMs ? entry : most), {name: '', mtimeMs: 0})
  const age = Date.now() - newest.mtimeMs
  return age >= 0 && age < RECENT_MS ? `${newest.name} was written ${Math.round(age / 1000)} s ago` : null
}

const unparseable = ({entries}: ServiceFolder): string[] =>
  entries.flatMap(({name, path, type, bytes}) => {
    const format = formatOf(name)
    if (type !== 'file' || format === 'opaque' || bytes > MOST_CONFIG_BYTES) return []
    const {problem} = readConfig(name, readWhole(path), {format, both: false})
    return problem === null ? [] : [`the target's ${name} is broken${problem.line === null ? '' : ` at line ${problem.line}`}: ${problem.message}`]
  })

const openOrNull = (path: string): ServiceFolder | null => {
  try {
    return openServiceFolder(path)
  } catch (error) {
    if (describe(error).code === 'NOT_A_SERVICE_FOLDER') return null // a new folder, to be filled
    throw error
  }
}

/**
 * Looks at the target.
 * @throws OpsError 66 when the folder is not there
 */
export const openTarget = (directory: string): Target => {
  const path = resolve(directory)
  const stat = fs.lstatSync(path, {throwIfNoEntry: false})
  if (stat === undefined)
    throw new OpsError('ENOENT', `${path} is not there: a migration goes into an installed SmarterMail, or into an empty folder`, {
      exit: 'noInput', hint: `install SmarterMail of the same version, or make the folder: mkdir '${path}'`,
    })
  if (!stat.isDirectory()) throw new OpsError('ENOTDIR', `${path} is no directory`, {exit: 'noInput'})
  const folder = openOrNull(path)
  if (folder === null) return {path, folder, warnings: []}
  const recent = recentWrite(folder)
  return {
    path, folder,
    warnings: [...(recent === null ? [] : [`the target may be in use: ${recent}`]), ...unparseable(folder)],
  }
}

/** Where a configuration file goes: its name there in the case in which it is written there. */
export const targetName = (target: Target, name: string, {era, configDirectory}: {era: Era; configDirectory: string}): string => {
  const bare = configDirectory !== '' && name.startsWith(`${configDirectory}/`) ? name.slice(configDirectory.length + 1) : name
  const directory = target.folder === null ? configDirectory : era === 'json' ? target.folder.configDirectory : ''
  const wanted = directory === '' ? bare : `${directory}/${bare}`
  const known = target.folder?.entries.find(entry => entry.name.toLowerCase() === wanted.toLowerCase())
  return known?.name ?? wanted
}

/** Absolute path of a name there. */
export const pathIn = (target: Target, name: string): string => join(target.path, ...name.split('/'))
