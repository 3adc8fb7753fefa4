// Takes stock of a Service folder: reads all of its configuration, and the sizes of the domains' directories.
import {createHash} from 'node:crypto'
import * as fs from 'node:fs'

import {fromSystem} from 'mailops/core'
import {readWhole} from 'mailops/effects'

import {formatOf, MOST_CONFIG_BYTES} from '../../inventory/config-files.js'
import {findDirectories} from '../../inventory/find-directories.js'
import {settleDomains} from '../../inventory/find-domains.js'
import {valueOf} from '../../inventory/find-values.js'
import type {ConfigFile, Domain, FileProblem, Inventory} from '../../inventory/inventory.js'
import {readConfig, type ReadConfig} from '../../inventory/read-config.js'
import {localDirectory, type Surroundings} from './local-directory.js'
import {openServiceFolder, entriesBelow, type FolderEntry, type ServiceFolder} from './service-folder.js'

/** How much is looked at. */
export interface InventoryOptions {
  /** Local copies of the domains' root. */
  readonly domains?: readonly string[]
  /** Count files and bytes of each domain's directory; true unless told. */
  readonly sizes?: boolean
  /** Let the second parser read every file too; true unless told. */
  readonly both?: boolean
  /** Find the domains' directories on this host; true unless told. */
  readonly places?: boolean
  /** Keep the documents themselves, to patch them; false unless told. */
  readonly keep?: boolean
  readonly progress?: (done: number, total: number) => void
}

/** A file of the configuration together with what it tells. */
export interface LookedAt {
  readonly file: ConfigFile
  readonly read: ReadConfig | null
}

const flawOf = (code: string, message: string): FileProblem => ({code, line: null, column: null, message})

const unread = ({name, bytes, mtimeMs}: FolderEntry, problem: FileProblem): LookedAt => ({
  file: {name, format: 'opaque', encoding: null, bom: false, bytes, mtimeMs, sha256: '', problem}, read: null,
})

const lookAt = (entry: FolderEntry, {both = true, keep = false}: InventoryOptions): LookedAt => {
  const {name, path, type, mtimeMs} = entry
  if (type === 'link') return unread(entry, flawOf('LINK', `a link to ${fs.readlinkSync(path)}, which is not followed`))
  if (type === 'other') return unread(entry, flawOf('SPECIAL', 'neither a file nor a directory'))
  const format = formatOf(name)
  if (entry.bytes > MOST_CONFIG_BYTES && format !== 'opaque')
    return unread(entry, flawOf('TOO_LARGE', `${entry.bytes} bytes: more than ${MOST_CONFIG_BYTES}, which no configuration has`))
  if (format === 'opaque') return {file: {name, format, encoding: null, bom: false, bytes: entry.bytes, mtimeMs, sha256: digestOfFile(path), problem: null}, read: null}
  const bytes = readWhole(path)
  const read = readConfig(name, bytes, {format, both})
  const decoded = read.document?.decoded
  return {
    file: {
      name, format, encoding: decoded?.encoding ?? null, bom: (decoded?.bomBytes ?? 0) > 0, bytes: bytes.length, mtimeMs,
      sha256: createHash('sha256').update(bytes).digest('hex'), problem: read.problem,
    },
    // The bytes are not kept unasked: a hundred files of a hundred megabytes would not fit.
    read: keep ? read : {...read, document: null},
  }
}

const digestOfFile = (path: string): string => {
  const hash = createHash('sha256')
  const piece = Buffer.allocUnsafe(1 << 18)
  const fd = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0))
  try {
    for (let size; (size = fs.readSync(fd, piece, 0, piece.length, null)) > 0; ) hash.update(piece.subarray(0, size))
  } finally {
    fs.closeSync(fd)
  }
  return hash.digest('hex')
}

/** Files and bytes below a directory; links count as nothing. */
export const sizeOf = (directory: string): {files: number; bytes: number} => {
  let files = 0
  let bytes = 0
  for (const entry of entriesBelow(directory, () => true)) {
    if (entry.type !== 'file') continue
    files++
    bytes += entry.bytes
  }
  return {files, bytes}
}

/** Reads every file of the configuration. */
export const lookAtFiles = (folder: ServiceFolder, options: InventoryOptions = {}): LookedAt[] =>
  folder.entries.map((entry, n) => {
    options.progress?.(n, folder.entries.length)
    try {
      return lookAt(entry, options)
    } catch (error) {
      const known = fromSystem(error, 'read', entry.path)
      if (known === error && !(error instanceof Error && error.name === 'OpsError')) throw error
      // One that cannot be read must not hide the others.
      return unread(entry, flawOf('UNREADABLE', (known as Error).message))
    }
  })

/** The inventory of files that were read. */
export const inventoryOf = (folder: ServiceFolder, looked: readonly LookedAt[], options: InventoryOptions = {}): Inventory => {
  const around: Surroundings = {serviceDirectory: folder.path, domains: options.domains}
  const reads = looked.flatMap(({read}) => (read === null ? [] : [read]))
  const values = reads.flatMap(read => read.values)
  const domains = settleDomains(reads.flatMap(read => read.domains.domains)).map((domain): Domain => {
    const local = options.places === false ? null : localDirectory(domain.path, around)
    const size = local === null || options.sizes === false ? {files: null, bytes: null} : sizeOf(local)
    return {...domain, local, ...size}
  })
  const paths = values.filter(({kind}) => kind === 'path')
  return {
    serviceDirectory: folder.path, configDirectory: folder.configDirectory, era: folder.era, eraFrom: folder.eraFrom, version: folder.version,
    host: paths.filter(({value}) => value.startsWith('/')).length > paths.length / 2 ? 'posix' : 'windows',
    files: looked.map(({file}) => file),
    domains, pathless: reads.flatMap(read => read.domains.pathless),
    directories: findDirectories(values).map(one => ({...one, local: localDirectory(one.path, {serviceDirectory: folder.path})})),
    // Those who keep the documents have the values themselves.
    values: options.keep === true ? [] : values.map(valueOf),
  }
}

/**
 * Takes stock of an installation, changing nothing.
 * @throws OpsError 66 when it is no Service folder
 */
export const takeInventory = async (directory: string, options: InventoryOptions = {}): Promise<Inventory> => {
  const folder = openServiceFolder(directory)
  return inventoryOf(folder, lookAtFiles(folder, options), options)
}
