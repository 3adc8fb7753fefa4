// The providers' list in force: the one that `providers update` wrote beside the store, else the one that came along.
import * as fs from 'node:fs'
import {dirname, join} from 'node:path'

import {fromSystem} from 'mailops/core'

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
    text = fs.readFileSync(path, 'utf8')
  } catch (error) {
    // Never updated: the bundled one holds.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return {...BUNDLED, from: 'bundled'}
    throw fromSystem(error, 'read', path)
  }
  return {...parseProviders(text, path), from: path}
}
