// A Service folder on this host: its files, era and version. Links are named, never followed.
import * as fs from 'node:fs'
import {join, resolve} from 'node:path'

import {OpsError, fromSystem} from 'mailops/core'

import {eraOfFiles, eraOfVersion, isConfigName} from '../../inventory/config-files.js'
import {fileVersion} from '../../inventory/file-version.js'
import type {Era} from '../../source/source.js'

/** A file or link below the folder. */
export interface FolderEntry {
  /** Relative, parted by `/`. */
  readonly name: string
  readonly path: string
  readonly type: 'file' | 'link' | 'other'
  readonly bytes: number
  readonly mtimeMs: number
}

/** A Service folder. */
export interface ServiceFolder {
  /** Absolute. */
  readonly path: string
  readonly era: Era
  readonly eraFrom: 'program' | 'files'
  readonly version: string | null
  readonly configDirectory: string
  /** Its configuration, by name. */
  readonly entries: readonly FolderEntry[]
}

const MOST_DEPTH = 16
/** Programs are read whole to find their version. */
const MOST_PROGRAM = 512 * 1024 * 1024
const PROGRAMS = /^(?:MailService|SmarterMail)\.(?:exe|dll)$/i

/** Entries of a directory and, where `descend` says so, below it. */
export function* entriesBelow(root: string, descend: (name: string) => boolean, prefix = '', depth = 0): Generator<FolderEntry> {
  const directory = join(root, prefix)
  let found: fs.Dirent[]
  try {
    found = fs.readdirSync(directory, {withFileTypes: true})
  } catch (error) {
    throw fromSystem(error, 'list', directory)
  }
  for (const entry of found.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`
    const path = join(root, name)
    if (entry.isDirectory()) {
      if (depth < MOST_DEPTH && descend(name)) yield* entriesBelow(root, descend, name, depth + 1)
      continue
    }
    const stat = fs.lstatSync(path, {throwIfNoEntry: false})
    // Removed since the directory was read.
    if (stat === undefined) continue
    const type = stat.isFile() ? 'file' : stat.isSymbolicLink() ? 'link' : 'other'
    yield {name, path, type, bytes: stat.size, mtimeMs: stat.mtimeMs}
  }
}

const versionOf = (entries: readonly FolderEntry[]): string | null => {
  for (const {name, path, type, bytes} of entries) {
    if (type !== 'file' || !PROGRAMS.test(name) || bytes > MOST_PROGRAM) continue
    const version = fileVersion(fs.readFileSync(path))
    if (version !== null) return version
  }
  return null
}

/**
 * Looks at a Service folder.
 * @throws OpsError 66 `NOT_A_SERVICE_FOLDER`, naming the folder below it that is one where there is
 */
export const openServiceFolder = (directory: string): ServiceFolder => {
  const path = resolve(directory)
  if (!fs.statSync(path, {throwIfNoEntry: false})?.isDirectory())
    throw new OpsError('ENOENT', `cannot open ${path}: no such directory`, {exit: 'noInput'})
  // A folder of programs holds much that is no configuration; the folder Settings itself is all configuration.
  const isProgram = fs.existsSync(join(path, 'Settings')) || fs.readdirSync(path).some(name => PROGRAMS.test(name) || /\.xml$/i.test(name))
  const entries = [...entriesBelow(path, name => !isProgram || /^Settings(?:\/|$)/i.test(name))]
  const {era: fromFiles, configDirectory} = eraOfFiles(entries.map(({name}) => name))
  if (fromFiles === 'unknown') throw notService(path)
  const version = versionOf(entries)
  const fromVersion = version === null ? null : eraOfVersion(version)
  // Files of one era under a program of the other: a conversion that never ran. The files are what is there to move.
  const eraFrom = fromVersion === fromFiles ? 'program' : 'files'
  const config = entries.filter(({name}) => isConfigName(name, fromFiles, configDirectory))
  return {path, era: fromFiles, eraFrom, version, configDirectory, entries: config}
}

const notService = (path: string): OpsError => {
  const inside = ['Service', 'SmarterMail/Service'].find(name => fs.existsSync(join(path, name)))
  return new OpsError('NOT_A_SERVICE_FOLDER', `${path} is no Service folder of SmarterMail: neither domainList.xml, mailConfig.xml nor Settings/domains.json is in it`, {
    exit: 'noInput',
    hint: inside === undefined ? String.raw`name the folder Service of the installation, usually C:\Program Files (x86)\SmarterTools\SmarterMail\Service` : `name ${join(path, inside)}`,
  })
}
