// Lists all files of an installation that belong into a source, without reading them.
import * as fs from 'node:fs'
import {basename, dirname, isAbsolute, join, relative, resolve} from 'node:path'

import {OpsError, fromSystem} from 'mailops/core'

import type {ConfigFile, Inventory} from '../../inventory/inventory.js'
import {chooseRoots, type ChosenRoot} from '../../source/choose-roots.js'
import type {LeftOut, SourceDomain, SourceRoot} from '../../source/source.js'
import {realRoot} from './inside.js'
import {walk, type Found} from './walk.js'

/** What of an installation is wanted. */
export interface InstallationOptions {
  /** Local copies of domains roots, as the user named them. */
  readonly domains?: readonly string[]
  readonly configOnly?: boolean
  /** Names of configuration files; of all of these each must be there. */
  readonly files?: readonly string[] | null
  readonly skipSpool?: boolean
  readonly skipLogs?: boolean
  /** Called with the number of files so far. */
  readonly progress?: (files: number) => void
}

/** A file with the root it is below. */
export interface ListedFile extends Found {
  /** Name in the source: root, `/`, path below it. */
  readonly full: string
  /** Real path of its root. */
  readonly rootPath: string
}

/** An installation file by file, as it was when it was listed. */
export interface Listing {
  readonly roots: readonly SourceRoot[]
  readonly domains: readonly SourceDomain[]
  readonly files: readonly ListedFile[]
  readonly emptyDirectories: readonly string[]
  readonly leftOut: readonly LeftOut[]
  readonly bytes: number
}

/** Lists an installation. @throws OpsError 66 when a directory or a file that was asked for is not there */
export const listInstallation = (inventory: Inventory, options: InstallationOptions = {}): Listing => {
  const domainsDirectories = [...new Set((options.domains ?? []).map(existing))]
  const {configOnly = false, skipSpool = false, skipLogs = false} = options
  const siblings = siblingsOf([...domainsDirectories, ...inventory.domains.flatMap(({local}) => (local === null ? [] : [dirname(local)]))])
    // The configuration knows better.
    .filter(({kind}) => !inventory.directories.some(one => one.kind === kind && one.local !== null))
  const chosen = chooseRoots(inventory, {domainsDirectories, configOnly, skipSpool, skipLogs, siblings})
  const config = wantedConfig(inventory, options)
  const files: ListedFile[] = []
  const emptyDirectories: string[] = []
  const leftOut: LeftOut[] = []
  for (const one of chosen.roots) {
    const {root} = one
    const rootPath = rooted(root.path)
    const wanted = root.kind === 'service' ? inConfig(config) : inRoot(one)
    const known = files.length
    const walked = walk(rootPath, {wanted, progress: count => options.progress?.(known + count)})
    const full = (name: string): string => (name === '' ? root.name : `${root.name}/${name}`)
    for (const file of walked.files) files.push({...file, full: full(file.name), rootPath})
    emptyDirectories.push(...walked.emptyDirectories.map(full))
    leftOut.push(...walked.leftOut.map(left => ({...left, name: full(left.name)})))
  }
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  return {roots: chosen.roots.map(({root}) => root), domains: chosen.domains, files, emptyDirectories, leftOut, bytes}
}

const rooted = (path: string): string => {
  try {
    return realRoot(path)
  } catch (error) {
    throw fromSystem(error, 'open', path)
  }
}

const existing = (directory: string): string => {
  const path = resolve(directory)
  try {
    if (fs.statSync(path).isDirectory()) return path
  } catch (error) {
    throw fromSystem(error, 'open', path)
  }
  throw new OpsError('ENOTDIR', `${path} is not a directory`, {exit: 'noInput', hint: 'name the local copy of the domains root'})
}

/** Refuses an output below a directory that is bundled: it would be bundled itself. @throws OpsError 64 `OUTPUT_INSIDE` */
export const refuseInside = ({roots}: Listing, output: string): void => {
  const around = roots.find(({path}) => !relative(path, output).startsWith('..') && !isAbsolute(relative(path, output)))
  if (around === undefined) return
  throw new OpsError('OUTPUT_INSIDE', `${output} is in ${around.path}, which is bundled`, {exit: 'usage', hint: 'name a place outside with -o'})
}

// SmarterMail's own layout and nothing else: beside any directory there may be a spool, /var/spool for one.
const isDomains = (path: string): boolean => basename(path).toLowerCase() === 'domains' && dirname(dirname(path)) !== dirname(path)

/** Directories called Spool or Logs beside one called Domains, as SmarterMail lays them out. */
const siblingsOf = (roots: readonly string[]): {kind: 'spool' | 'logs'; path: string}[] =>
  [...new Set(roots.filter(isDomains).map(root => dirname(root)))].flatMap(parent => {
    try {
      return fs.readdirSync(parent, {withFileTypes: true}).flatMap(entry => {
        const kind = entry.name.toLowerCase()
        if (!entry.isDirectory() || (kind !== 'spool' && kind !== 'logs')) return []
        return [{kind: kind as 'spool' | 'logs', path: join(parent, entry.name)}]
      })
    } catch {
      // A parent that cannot be read tells nothing; what the configuration names is taken all the same.
      return []
    }
  })

const wantedConfig = (inventory: Inventory, {files = null, skipLogs = false}: InstallationOptions): ReadonlySet<string> => {
  const all = inventory.files.filter(({name}) => !(skipLogs && /^(settings\/)?logs\//i.test(name)))
  if (files === null) return new Set(all.map(({name}) => name))
  const found = files.map(name => ({name, file: named(all, name)}))
  const missing = found.filter(({file}) => file === undefined)
  if (missing.length > 0)
    throw new OpsError('ENOENT', `${inventory.serviceDirectory} has no ${missing.map(({name}) => name).join(', ')}`, {
      exit: 'noInput',
      hint: `mailops smartermail inventory ${inventory.serviceDirectory}`,
    })
  return new Set(found.flatMap(({file}) => (file === undefined ? [] : [file.name])))
}

// Windows does not tell upper from lower case, and articles about SmarterMail do not either.
const named = (files: readonly ConfigFile[], wanted: string): ConfigFile | undefined => {
  const lower = wanted.replaceAll('\\', '/').toLowerCase()
  return files.find(({name}) => name === wanted) ?? files.find(({name}) => name.toLowerCase() === lower || name.toLowerCase() === `settings/${lower}`)
}

const inConfig = (names: ReadonlySet<string>): ((name: string, isDirectory: boolean) => boolean) => {
  const directories = new Set([...names].flatMap(name => name.split('/').slice(0, -1).map((_, at, parts) => parts.slice(0, at + 1).join('/'))))
  return (name, isDirectory) => (isDirectory ? directories : names).has(name)
}

const inRoot = ({only, except}: ChosenRoot): ((name: string) => boolean) =>
  name => !except.has(name) && (only === null || only.has(name.split('/', 1)[0]!))
