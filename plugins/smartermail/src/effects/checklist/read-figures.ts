// Reads the figures of a checklist out of a Service folder or a bundle; mail itself is not read.
import {statSync} from 'node:fs'

import {fromSystem, isOpsError} from 'mailops/core'

import {figuresOf, type Figures} from '../../checklist/figures.js'
import type {Found} from '../../inventory/find-values.js'
import {formatOf} from '../../inventory/config-files.js'
import {readConfig} from '../../inventory/read-config.js'
import type {Source} from '../../source/source.js'
import {takeInventory} from '../inventory/take-inventory.js'
import {openBundle} from '../source/open-bundle.js'
import {openFolder} from '../source/folder.js'

/** What reading needs beside the source. */
export interface FiguresOptions {
  readonly domains: readonly string[]
  /** Asked for only when the source is an encrypted bundle. */
  readonly passphrase: () => Buffer | null
}

/** @throws OpsError 66 when nothing is there; 64, 65, 77 as openBundle does */
export const readFigures = async (path: string, {domains, passphrase}: FiguresOptions): Promise<Figures> => {
  const created = isDirectory(path) ? null : await openBundle(path, {passphrase: passphrase()})
  const source = created ?? openFolder(await takeInventory(path, {domains, sizes: false, both: false}), {domains})
  try {
    return figuresOf(source, await valuesOf(source), created?.manifest.created ?? null)
  } finally {
    await source.close()
  }
}

const isDirectory = (path: string): boolean => {
  try {
    return statSync(path).isDirectory()
  } catch (error) {
    throw fromSystem(error, 'open', path)
  }
}

const valuesOf = async (source: Source): Promise<Found[]> => {
  const values: Found[] = []
  for await (const file of source.files(({name}) => name.startsWith('service/'))) {
    const name = file.name.slice('service/'.length)
    const format = formatOf(name)
    if (format === 'opaque') continue
    const parts: Uint8Array[] = []
    try {
      for await (const piece of file.content()) parts.push(piece)
    } catch (error) {
      // Written to just now: for figures, what is known of the others will do.
      if (isOpsError(error) && error.code === 'CHANGED') continue
      throw error
    }
    values.push(...readConfig(name, Buffer.concat(parts), {format, both: false}).values.filter(({kind}) => kind !== 'secret'))
  }
  return values
}
