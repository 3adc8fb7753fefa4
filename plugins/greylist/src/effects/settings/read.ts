// Reads /etc/mailops/greylist.json.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {OpsError, fromSystem} from 'mailops/core'
import {configDirectory, statePlace} from 'mailops/effects'

import type {Settings} from '../../policy/types.js'
import {defaultSettings, mergeSettings, parseSettingsFile, type Overrides} from '../../settings/settings.js'

/** Where the settings are unless `--config` names a file. */
export const settingsPath = (): string => join(configDirectory(), 'greylist.json')

/** More than any settings file has; keeps a wrong path (a log, a database) from being read into memory. */
const MOST_BYTES = 8 * 1024 * 1024

const readText = (path: string, isNamed: boolean): string | null => {
  try {
    if (fs.statSync(path).size > MOST_BYTES) throw new OpsError('BAD_SETTINGS', `${path} is too large for a settings file`, {exit: 'configuration'})
    return fs.readFileSync(path, 'utf8')
  } catch (error) {
    // Without a file the defaults hold; a file that was named must be there.
    if (!isNamed && (error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw fromSystem(error, 'read', path)
  }
}

/**
 * The settings in force: defaults, then the file, then flags.
 * @param config file named by a flag; the default one may be absent
 * @throws OpsError 78 `BAD_SETTINGS` that names file and member, 66 or 77 when it cannot be read
 */
export const readSettings = (config: string | undefined, overrides: Overrides = {}): Settings => {
  const {state, run} = statePlace()
  const defaults = defaultSettings({socket: join(run, 'greylist.sock'), db: join(state, 'greylist', 'greylist.db')})
  const path = config ?? settingsPath()
  const text = readText(path, config !== undefined)
  return text === null ? mergeSettings(defaults, {}, {overrides}) : mergeSettings(defaults, parseSettingsFile(text, path), {overrides, file: path})
}
