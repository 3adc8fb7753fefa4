// The providers' list in force: the one that `providers update` wrote beside the store, else the one that came along.
import {dirname, join} from 'node:path'

import {isOpsError} from 'mailops/core'
import {readWhole} from 'mailops/effects'

import {BUNDLED} from '../../providers/bundled.js'
import {parseProviders, type ProviderList} from '../../providers/providers.js'

/** Where `providers update` writes: beside the store. */
export const providersPath = (db: string): string => join(dirname(db), 'providers.json')

/**
 * The list in force.
 * @throws OpsError 65 `BAD_PROVIDERS` when the file is damaged, 77 when it may not be read
 */
export const loadProviders = (db: string): ProviderList & {readonly from: string} => {
  const path = providersPath(db)
  let text: string
  try {
    // The folder is the daemon's: neither a link nor a pipe in it may lead or hold us.
    text = readWhole(path).toString('utf8')
  } catch (error) {
    // Never updated: the bundled one holds.
    if (isOpsError(error) && ['ENOENT', 'ENOTDIR'].includes(error.code)) return {...BUNDLED, from: 'bundled'}
    throw error
  }
  return {...parseProviders(text, path), from: path}
}
