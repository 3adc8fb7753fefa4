// What is wrong with domains and their directories, from the inventory alone.
import type {Domain, Inventory} from '../inventory/inventory.js'
import {isBelow, keyOf, parentOf, segmentsOf} from '../value/windows-path.js'
import {finding, type Finding} from './finding.js'

/** A domain name as DNS compares it: without case, IDN as xn--. */
export const comparable = (name: string): string => {
  const bare = name.trim().replace(/\.$/, '').toLowerCase()
  if (!/[^\u0000-\u007f]/.test(bare)) return bare
  try {
    return new URL(`http://${bare.normalize('NFC')}/`).hostname
  } catch {
    return bare // no name that DNS could have: compared as it is written
  }
}

const groupsBy = <T>(all: readonly T[], keyOfOne: (one: T) => string): T[][] => {
  const groups = new Map<string, T[]>()
  for (const one of all) {
    const list = groups.get(keyOfOne(one))
    if (list === undefined) groups.set(keyOfOne(one), [one])
    else list.push(one)
  }
  return [...groups.values()].filter(group => group.length > 1)
}

const at = ({file, location}: {file: string; location: string}): string => `${file}:${location}`

const duplicates = (named: readonly {name: string; file: string; location: string}[]): Finding[] =>
  groupsBy(named, ({name}) => comparable(name)).map(([first, ...others]) =>
    finding('DOMAIN_DUPLICATE', first!.name, `stands in ${[first!, ...others].map(one => `${at(one)}${one.name === first!.name ? '' : ` as ${one.name}`}`).join(' and ')}`),
  )

const mailPrefixes = (domains: readonly Domain[]): Finding[] => {
  const names = new Set(domains.map(({name}) => comparable(name)))
  return domains.filter(({name}) => names.has(`mail.${comparable(name)}`)).map(({name}) => finding('DOMAIN_MAIL_PREFIX', name, `mail.${name} is a domain too: it may vanish from the list`))
}

const nested = (domains: readonly Domain[]): Finding[] => {
  // Sorted, a directory comes right before what lies in it, but for names that sort between; so all above are kept.
  const sorted = domains.map(domain => ({domain, key: `${keyOf(domain.path).replaceAll('\\', '/')}/`})).toSorted((a, b) => (a.key < b.key ? -1 : 1))
  const open: typeof sorted = []
  const found: Finding[] = []
  for (const one of sorted) {
    while (open.length > 0 && !one.key.startsWith(open.at(-1)!.key)) open.pop()
    const outer = open.at(-1)
    if (outer !== undefined && outer.key !== one.key)
      found.push(finding('PATH_NESTED', one.domain.name, `${one.domain.path} lies in ${outer.domain.path} of ${outer.domain.name}`))
    open.push(one)
  }
  return found
}

/** Duplicates, nesting, missing paths; all by Windows rules. */
export const domainFindings = ({domains, pathless, host, files}: Inventory, {isNative}: {isNative: (path: string) => boolean}): Finding[] => {
  const isReadable = files.every(({problem}) => problem === null)
  return [
    ...(domains.length === 0 && isReadable ? [finding('NO_DOMAINS', 'the configuration', 'no path with a domain name beside it was found')] : []),
    ...pathless.map(one => finding('DOMAIN_NO_PATH', one.name, `no directory in ${at(one)}`)),
    ...duplicates([...domains, ...pathless]),
    ...mailPrefixes(domains),
    ...groupsBy(domains, ({path}) => keyOf(path)).map(group => finding('PATH_DUPLICATE', group[0]!.path, `is the directory of ${group.map(({name}) => name).join(' and ')}`)),
    ...nested(domains),
    ...domains.filter(({local}) => local === null).map(({name, path}) =>
      isNative(path) ? finding('PATH_NOT_FOUND', name, `${path} is not there`) : finding('PATH_NOT_HERE', name, `${path} is a path of a ${host === 'windows' ? 'Windows' : 'Linux'} host; a copy of it is found beside the Service folder or below --domains`),
    ),
  ]
}

const commonParent = (paths: readonly string[]): string | null => {
  const [first, ...others] = paths.map(parentOf)
  if (first === undefined) return null
  let common = first
  for (const other of others) while (!isBelow(other, common) && segmentsOf(common).length > 0) common = parentOf(common)
  return segmentsOf(common).length === 0 ? null : common
}

/** Paths that lead out of the installation: neither near the domains nor where the program is. */
export const outsideFindings = ({domains, values, serviceDirectory}: Inventory): Finding[] => {
  const roots = new Map<string, string>()
  for (const {path} of domains) {
    const root = parentOf(parentOf(path))
    const top = segmentsOf(root).length === 0 ? parentOf(path) : root
    roots.set(keyOf(top), top)
  }
  const common = commonParent(domains.map(({path}) => path))
  const inside = [...roots.values(), ...(common === null ? [] : [common]), parentOf(serviceDirectory)]
  return values
    .filter(({kind, value}) => kind === 'path' && value !== null)
    .filter(({value}) => {
      const path = /(?:[A-Za-z]:[\\/]|\\\\|\/)[^"<>|;]*/.exec(value!)?.[0] ?? value!
      return !/[\\/]SmarterTools[\\/]SmarterMail(?:[\\/]|$)/i.test(path) && !inside.some(root => isBelow(path, root))
    })
    .map(({file, line, column, location, value}) => finding('PATH_OUTSIDE', `${file}:${line}:${column}`, `${location} names ${value}`))
}
