// Where each directory of a source goes on this host.
import {join} from 'node:path'

import {OpsError} from 'mailops/core'

import type {SourceDomain, SourceRoot} from '../source/source.js'
import {mapValue, type PathMap} from '../value/map-path.js'
import {lastSegment, parentOf} from '../value/windows-path.js'

/** A directory in the source and the one it is copied to. */
export interface Destination {
  /** Name in the source: `domains/example.com`, `spool`. */
  readonly at: string
  /** Absolute, of this host. */
  readonly to: string
  /** The directory that it is put in: backups of what is replaced go here too. */
  readonly base: string
  readonly what: string
}

/** What decides on the places. */
export interface Places {
  /** --domains; null without it. */
  readonly domains: string | null
  readonly maps: readonly PathMap[]
  /** Path of a domain once the edits are made, by its name in lower case. */
  readonly pathOf: (domain: string) => string | undefined
  /** True for a path that this host can open as it stands. */
  readonly isNative: (path: string) => boolean
  readonly resolve: (path: string) => string
}

const nowhere = (domain: SourceDomain, path: string): OpsError =>
  new OpsError('NO_PLACE', `the files of ${domain.name} would go to ${path}, which is no path of this host`, {
    exit: 'usage',
    hint: 'say where the domains go on this host with --domains DIR, or leave them with --config-only',
  })

const domainDestination = (domain: SourceDomain, places: Places): Destination | null => {
  if (domain.at === null) return null
  const path = places.pathOf(domain.name.toLowerCase()) ?? mapValue(domain.configured, places.maps).after
  if (places.domains !== null) return {at: domain.at, to: join(places.domains, lastSegment(path)), base: places.domains, what: domain.name}
  if (!places.isNative(path)) throw nowhere(domain, path)
  const to = places.resolve(path)
  return {at: domain.at, to, base: parentOf(to), what: domain.name}
}

const rootDestination = (root: SourceRoot, places: Places): Destination | string => {
  if (root.kind === 'domains' && places.domains !== null) return {at: root.name, to: places.domains, base: places.domains, what: 'files beside the domains'}
  const path = root.configured === null ? null : mapValue(root.configured, places.maps).after
  if (path === null) return `${root.name}: the configuration names no place for it; its files are not copied`
  if (!places.isNative(path)) return `${root.name}: ${path} is no path of this host; its files are not copied`
  const to = places.resolve(path)
  return {at: root.name, to, base: parentOf(to), what: root.kind}
}

/**
 * Decides where everything but the configuration goes; what has no place is told in `warnings`.
 * @throws OpsError 64 `NO_PLACE` for a domain, 65 `CLASH` when two would go to one place
 */
export const destinationsOf = (
  source: {readonly roots: readonly SourceRoot[]; readonly domains: readonly SourceDomain[]},
  places: Places,
): {destinations: Destination[]; warnings: string[]} => {
  const found = source.domains.map(domain => domainDestination(domain, places)).filter(one => one !== null)
  const byPlace = new Map<string, Destination>()
  for (const one of found) {
    const other = byPlace.get(one.to.toLowerCase())
    if (other !== undefined && other.at !== one.at)
      throw new OpsError('CLASH', `${other.what} and ${one.what} would both go to ${one.to}`, {exit: 'badData', hint: 'give one of them another place with --map or --set'})
    byPlace.set(one.to.toLowerCase(), one)
  }
  const warnings = source.domains.flatMap(({name, at}) => (at === null ? [`the files of ${name} are not in the source; they are not copied`] : []))
  for (const root of source.roots) {
    if (root.kind === 'service') continue
    const destination = rootDestination(root, places)
    // Longer names first: a domain's own place wins over its root's.
    if (typeof destination !== 'string') byPlace.set(`root ${root.name}`, destination)
    else if (root.kind !== 'domains') warnings.push(destination)
  }
  const unique = [...new Set(byPlace.values())].toSorted((a, b) => b.at.length - a.at.length)
  return {destinations: unique, warnings}
}

/** The destination of a file of the source, and its path there; null when it has none. */
export const placeIn = (byAt: ReadonlyMap<string, Destination>, name: string): {destination: Destination; rest: string} | null => {
  for (let cut = name.lastIndexOf('/'); cut > 0; cut = name.lastIndexOf('/', cut - 1)) {
    const destination = byAt.get(name.slice(0, cut))
    if (destination !== undefined) return {destination, rest: name.slice(cut + 1)}
  }
  return null
}
