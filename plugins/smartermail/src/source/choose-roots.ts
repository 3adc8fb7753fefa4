// Which directories of an installation belong to it, and under which names they go into a source.
import {basename, dirname, posix, relative, sep, win32} from 'node:path'

import type {Inventory} from '../inventory/inventory.js'
import type {RootKind, SourceDomain, SourceRoot} from './source.js'

/** What the options of a command choose. */
export interface Choice {
  /** Local copies of domains roots, absolute: all that is in them belongs to the installation. */
  readonly domainsDirectories: readonly string[]
  readonly configOnly: boolean
  readonly skipSpool: boolean
  readonly skipLogs: boolean
  /** Directories called Spool or Logs beside the domains, which a configuration need not name; absolute. */
  readonly siblings: readonly {kind: 'spool' | 'logs'; path: string}[]
}

/** A root and what of it is wanted. */
export interface ChosenRoot {
  readonly root: SourceRoot
  /** Names of its children that are wanted; null: all. */
  readonly only: ReadonlySet<string> | null
  /** Directories below it that are not wanted, relative, parted by `/`. */
  readonly except: ReadonlySet<string>
}

/** The roots that were chosen, and in which of them each domain lies. */
export interface Chosen {
  readonly roots: readonly ChosenRoot[]
  readonly domains: readonly SourceDomain[]
}

/** `rest` of path below a directory, parted by `/`; '' for itself, null when it is elsewhere. */
const below = (directory: string, path: string): string | null => {
  const rest = relative(directory, path)
  return rest === '..' || rest.startsWith(`..${sep}`) || rest === path ? null : rest.split(sep).join('/')
}

const pathRules = (path: string): typeof win32 => (/^[A-Za-z]:|\\/.test(path) ? win32 : posix)

/** The one directory under which the configuration has these domains; null when there are several or none. */
const commonParent = (paths: readonly string[]): string | null => {
  const parents = new Map(paths.map(path => [path.replace(/[\\/]+$/, ''), pathRules(path)] as const)
    .map(([path, rules]) => [rules.dirname(path).replaceAll('/', '\\').toLowerCase(), rules.dirname(path)] as const))
  return parents.size === 1 ? [...parents.values()][0]! : null
}

/** Chooses the roots: `service` first, then domains, spool and logs. */
export const chooseRoots = (inventory: Inventory, choice: Choice): Chosen => {
  const service: ChosenRoot = {
    root: {name: 'service', kind: 'service', path: inventory.serviceDirectory, configured: null},
    only: null,
    except: new Set(),
  }
  if (choice.configOnly)
    return {roots: [service], domains: inventory.domains.map(({name, path}) => ({name, configured: path, at: null}))}
  const groups = domainGroups(inventory, choice.domainsDirectories)
  const named = [...inventory.directories, ...choice.siblings.map(({kind, path}) => ({kind, local: path, path: null}))]
  const taken: Group[] = [...groups]
  for (const {kind, local, path} of named) {
    const isSkipped = kind === 'spool' ? choice.skipSpool : choice.skipLogs
    if (local === null) continue
    const around = taken.find(group => group.only === null && below(group.path, local) !== null)
    if (around !== undefined) {
      if (isSkipped && below(around.path, local) !== '') around.except.add(below(around.path, local)!)
    } else if (!isSkipped) taken.push({kind, path: local, configured: path, only: null, except: new Set()})
  }
  const named2 = nameGroups(taken)
  return {roots: [service, ...named2], domains: inventory.domains.map(one => placed(one, named2))}
}

interface Group {
  readonly kind: RootKind
  readonly path: string
  readonly configured: string | null
  readonly only: Set<string> | null
  readonly except: Set<string>
}

const domainGroups = ({domains}: Inventory, directories: readonly string[]): Group[] => {
  const whole = directories.map((path): Group => {
    const inside = domains.filter(({local}) => local !== null && dirname(local) === path)
    return {kind: 'domains', path, configured: commonParent(inside.map(one => one.path)), only: null, except: new Set()}
  })
  const apart = new Map<string, string[]>()
  for (const {local, path} of domains) {
    if (local === null || directories.some(directory => below(directory, local) !== null)) continue
    apart.set(dirname(local), [...(apart.get(dirname(local)) ?? []), path])
  }
  const wanted = (parent: string): Set<string> =>
    new Set(domains.flatMap(({local}) => (local !== null && dirname(local) === parent ? [basename(local)] : [])))
  return [
    ...whole,
    ...[...apart].map(([path, paths]): Group => ({kind: 'domains', path, configured: commonParent(paths), only: wanted(path), except: new Set()})),
  ]
}

const nameGroups = (groups: readonly Group[]): ChosenRoot[] => {
  const counts = new Map<RootKind, number>()
  return groups.map(({kind, path, configured, only, except}) => {
    const number = (counts.get(kind) ?? 0) + 1
    counts.set(kind, number)
    return {root: {name: number === 1 ? kind : `${kind}-${number}`, kind, path, configured}, only, except}
  })
}

const placed = ({name, path, local}: Inventory['domains'][number], roots: readonly ChosenRoot[]): SourceDomain => {
  for (const {root, only} of roots) {
    if (local === null || root.kind !== 'domains') continue
    const rest = below(root.path, local)
    if (rest !== null && (only === null || only.has(rest.split('/', 1)[0]!)))
      return {name, configured: path, at: rest === '' ? root.name : `${root.name}/${rest}`}
  }
  return {name, configured: path, at: null}
}
