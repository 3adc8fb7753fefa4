// Opens what a migration reads from: a Service folder or a bundle.
import * as fs from 'node:fs'

import {OpsError} from 'mailops/core'

import type {ReadConfig} from '../../inventory/read-config.js'
import type {Source, SourceEntry} from '../../source/source.js'
import {openServiceFolder, type ServiceFolder} from '../inventory/service-folder.js'
import {inventoryOf, lookAtFiles} from '../inventory/take-inventory.js'
import {readPassphrase} from '../passphrase.js'
import {openBundle} from '../source/open-bundle.js'
import {openFolder} from '../source/folder.js'

/** How much of a source is taken. */
export interface SourceOptions {
  readonly configOnly: boolean
  /** Names of configuration files; all of them without it. */
  readonly files: readonly string[] | null
  /** File of a passphrase, or `-`. */
  readonly passphraseFile: string | undefined
  readonly progress?: ((done: number, total: number) => void) | undefined
}

/** A source, and what opening it has shown already. */
export interface OpenedSource {
  readonly source: Source
  /** Of a folder: what its configuration files told. */
  readonly known: ReadonlyMap<string, ReadConfig>
  readonly folder: ServiceFolder | null
  /** Time of the last write to anything in it, ms. */
  readonly lastWriteMs: number
}

const isNamed = ({name}: SourceEntry, files: readonly string[]): boolean => {
  const bare = name.replace(/^service\//, '').toLowerCase()
  return files.some(file => bare === file.toLowerCase() || bare === `settings/${file.toLowerCase()}`)
}

/** The same source with some of its files only. */
const narrowed = (source: Source, {configOnly, files}: SourceOptions): Source => {
  if (!configOnly && files === null) return source
  const keep = (entry: SourceEntry): boolean => entry.name.startsWith('service/') && (files === null || isNamed(entry, files))
  const missing = files?.find(file => !source.entries.some(entry => isNamed(entry, [file])))
  if (missing !== undefined) throw new OpsError('ENOENT', `${source.path} has no ${missing}`, {exit: 'noInput', hint: 'mailops smartermail inventory shows which files there are'})
  return {
    ...source,
    roots: source.roots.filter(({kind}) => kind === 'service'), domains: [], entries: source.entries.filter(keep), emptyDirectories: [],
    files: (wanted = () => true) => source.files(entry => keep(entry) && wanted(entry)),
  }
}

const openFolderSource = (path: string, options: SourceOptions): OpenedSource => {
  const folder = openServiceFolder(path)
  const look = {both: false, sizes: false, keep: true, places: !options.configOnly, ...(options.progress !== undefined && {progress: options.progress})}
  const looked = lookAtFiles(folder, look)
  const inventory = inventoryOf(folder, looked, look)
  const known = new Map(looked.flatMap(({file, read}): [string, ReadConfig][] => (read === null ? [] : [[file.name, read]])))
  const source = narrowed(openFolder(inventory, {configOnly: options.configOnly || options.files !== null, skipLogs: true}), options)
  return {source, known, folder, lastWriteMs: lastWrite(source)}
}

const lastWrite = ({entries}: Source): number => entries.reduce((last, {mtimeMs}) => Math.max(last, mtimeMs), 0)

/**
 * Opens a source.
 * @throws OpsError 66 when it is neither a folder nor a file; 65 for a damaged bundle
 */
export const openSource = async (path: string, options: SourceOptions): Promise<OpenedSource> => {
  const stat = fs.statSync(path, {throwIfNoEntry: false})
  if (stat === undefined) throw new OpsError('ENOENT', `cannot open ${path}: no such file or directory`, {exit: 'noInput'})
  if (stat.isDirectory()) return openFolderSource(path, options)
  const passphrase = options.passphraseFile === undefined ? null : readPassphrase(options.passphraseFile)
  const source = narrowed(await openBundle(path, {passphrase}), options)
  return {source, known: new Map(), folder: null, lastWriteMs: lastWrite(source)}
}
