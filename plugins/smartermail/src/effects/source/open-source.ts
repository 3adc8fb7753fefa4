// What a user calls a source: a directory is a Service folder, a file a bundle.
import {statSync} from 'node:fs'

import {fromSystem} from 'mailops/core'

import type {Source} from '../../source/source.js'
import {takeInventory} from '../inventory/take-inventory.js'
import {openFolder} from './folder.js'
import type {InstallationOptions} from './list-installation.js'
import {openBundle} from './open-bundle.js'

/** True for a directory. @throws OpsError 66 when nothing is there */
export const isFolder = (path: string): boolean => {
  try {
    return statSync(path).isDirectory()
  } catch (error) {
    throw fromSystem(error, 'open', path)
  }
}

/** Opens either. @throws OpsError as openBundle and takeInventory do */
export const openSource = async (
  path: string,
  {passphrase = null, ...options}: InstallationOptions & {readonly passphrase?: Buffer | null},
): Promise<Source> => {
  if (!isFolder(path)) return openBundle(path, {passphrase})
  const inventory = await takeInventory(path, {domains: options.domains ?? [], sizes: false, both: false})
  return openFolder(inventory, options)
}
