// Which values change, and why: the whole of a migration's edits, from the values that were found and what was asked for.
import {OpsError, plural} from 'mailops/core'

import type {Document} from '../document/document.js'
import type {Edit} from '../document/edit.js'
import type {Found} from '../inventory/find-values.js'
import {hasRange, mapAddresses, type AddressMap} from '../value/address.js'
import {isSecretName} from '../value/label.js'
import {mapValue, type PathMap} from '../value/map-path.js'
import {keyOf, parentOf} from '../value/windows-path.js'
import {dnsEdits} from './dns-edits.js'
import {namedValues} from './named-values.js'
import type {Wishes} from './wishes.js'

/** What is to be changed, and what a person should know. */
export interface PlannedEdits {
  readonly edits: readonly Edit[]
  readonly warnings: readonly string[]
}

interface Decision {
  /** The options that it came from. */
  readonly used: readonly (PathMap | AddressMap)[]
  readonly after: string
  readonly why: string
  readonly unmapped: readonly string[]
  readonly ambiguous: string | null
}

const key = ({file, location}: {file: string; location: string}): string => `${file}\0${location}`

const decide = ({value}: Found, {maps, addresses}: Wishes): Decision => {
  const mapped = mapValue(value, maps)
  const addressed = addresses.length === 0 ? value : mapAddresses(value, addresses)
  const used = addressed === value ? mapped.used : [...mapped.used, ...addresses.filter(one => mapAddresses(value, [one]) !== value)]
  const isBoth = mapped.after !== value && addressed !== value
  if (mapped.ambiguous !== null || isBoth)
    return {used, after: value, why: '', unmapped: [], ambiguous: mapped.ambiguous ?? 'a path and an address of it change at once'}
  if (addressed !== value && hasRange(value)) return {used, after: value, why: '', unmapped: [], ambiguous: 'an end of a range of addresses would change'}
  const why = mapped.used.map(({from, to}) => `--map ${from}=${to}`)
  if (addressed !== value) return {used, after: addressed, why: '--ip', unmapped: mapped.unmapped, ambiguous: null}
  return {used, after: mapped.after, why: [...new Set(why)].join(' '), unmapped: mapped.unmapped, ambiguous: null}
}

const MOST_LISTED = 5

const refuseAmbiguous = (unclear: readonly {found: Found; why: string}[]): void => {
  const [first] = unclear
  if (first === undefined) return
  const list = unclear.slice(0, MOST_LISTED).map(({found, why}) => `${found.file}:${found.line}:${found.column} ${found.location}: ${why}`)
  const more = unclear.length > MOST_LISTED ? `; and ${unclear.length - MOST_LISTED} more` : ''
  throw new OpsError('AMBIGUOUS_VALUE', `${plural(unclear.length, 'value')} cannot be changed without guessing: ${list.join('; ')}${more}`, {
    exit: 'usage',
    hint: `say what is meant: --set '${first.found.file}:${first.found.location}=VALUE'`,
  })
}

/** A typing error in an option shows in nothing else: it changes no value. */
const idleWarnings = (idle: ReadonlySet<PathMap | AddressMap>, {maps}: Wishes): string[] =>
  [...idle].map(one => `--${(maps as readonly unknown[]).includes(one) ? 'map' : 'ip'} ${one.from}=${one.to} changes no value: nothing in the configuration begins with it or holds it`)

/** Paths that stay as they are, by the directory above, most first. */
const unmappedWarnings = (paths: readonly string[]): string[] => {
  const groups = new Map<string, {parent: string; count: number}>()
  for (const path of paths) {
    const parent = parentOf(path)
    const group = groups.get(keyOf(parent))
    if (group === undefined) groups.set(keyOf(parent), {parent, count: 1})
    else group.count++
  }
  const sorted = [...groups.values()].toSorted((a, b) => b.count - a.count)
  const lines = sorted.slice(0, 2 * MOST_LISTED).map(({parent, count}) => `${plural(count, 'path')} in ${parent} ${count === 1 ? 'stays' : 'stay'} as ${count === 1 ? 'it is' : 'they are'}: no --map covers ${count === 1 ? 'it' : 'them'}`)
  if (sorted.length > lines.length) lines.push(`and paths in ${plural(sorted.length - lines.length, 'more directory', 'more directories')}`)
  return lines
}

/**
 * Decides on every value: --set before --dns before --map and --ip. Secrets are left alone unless --set names them.
 * @throws OpsError 64 when what is meant cannot be told; `--set` says it then
 */
export const planEdits = (documents: readonly Document[], values: readonly Found[], wishes: Wishes): PlannedEdits => {
  const named = new Map<string, Edit>()
  for (const {spot, after} of namedValues(documents, wishes.sets)) {
    const known = values.find(value => key(value) === key(spot))
    const isSecret = known?.kind === 'secret' || isSecretName({name: spot.name, context: ''})
    named.set(key(spot), {...spot, kind: isSecret ? 'secret' : (known?.kind ?? 'other'), after, why: '--set'})
  }
  const edits: Edit[] = [...named.values()]
  const free = named.size === 0 ? values : values.filter(value => !named.has(key(value)))
  const dns = dnsEdits(wishes.dns, free)
  for (const {found, after} of dns.edits) edits.push({...found, after, why: wishes.dns === 'system' ? '--dns system' : '--dns'})
  const unclear: {found: Found; why: string}[] = []
  const unmapped: string[] = []
  const hidden: string[] = []
  const idle = new Set<PathMap | AddressMap>([...wishes.maps, ...wishes.addresses])
  for (const found of free) {
    if (found.kind === 'port' || (found.kind === 'dns' && wishes.dns !== null)) continue
    const {after, why, unmapped: paths, ambiguous, used} = decide(found, wishes)
    for (const one of used) idle.delete(one)
    if (found.kind === 'secret') {
      if (after !== found.value) hidden.push(`${found.file}:${found.line} ${found.location}: a secret that holds what a map names; it stays as it is`)
      continue
    }
    if (ambiguous !== null) unclear.push({found, why: ambiguous})
    else if (after !== found.value) edits.push({...found, after, why})
    if (wishes.maps.length > 0) for (const path of paths) unmapped.push(path)
  }
  refuseAmbiguous(unclear)
  const order = new Map(documents.map(({file}, n) => [file, n]))
  const changed = edits
    .filter(({value, after}) => value !== after)
    .toSorted((a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.span.start - b.span.start)
  return {edits: changed, warnings: [...dns.warnings, ...idleWarnings(idle, wishes), ...hidden, ...unmappedWarnings(unmapped)]}
}
