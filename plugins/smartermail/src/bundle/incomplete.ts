// What a bundle lacks, in words: everything that is not in it as it was on the disk.
import {plural, terminalSafe} from 'mailops/core'

import type {SourceDomain, SourceEntry} from '../source/source.js'
import type {Manifest} from './manifest.js'

const REASONS = {
  link: 'a link, which is not followed',
  special: 'neither file nor directory',
  name: 'a name that no bundle can hold',
  unreadable: 'cannot be read',
  vanished: 'vanished meanwhile',
} as const

const FLAWS = {
  changed: 'changed while it was read; what is in the bundle may be a mixture',
  shortened: 'became shorter or unreadable while it was read; its end is zeros in the bundle',
} as const

/** All that a bundle lacks. */
export interface Incomplete {
  readonly leftOut: Manifest['leftOut']
  readonly flawed: readonly (SourceEntry & {readonly flaw: 'changed' | 'shortened'})[]
  /** Domains whose directory is not on this host. */
  readonly withoutData: readonly SourceDomain[]
}

/** Gathers it from a manifest. */
export const incompleteOf = ({leftOut, files, domains, configOnly}: Manifest): Incomplete => ({
  leftOut,
  flawed: files.flatMap(file => (file.flaw === undefined ? [] : [{...file, flaw: file.flaw}])),
  withoutData: configOnly ? [] : domains.filter(({at}) => at === null),
})

/** A line for each, safe for a terminal; at most `most` of a kind, then how many more. */
export const incompleteLines = ({leftOut, flawed, withoutData}: Incomplete, most: number): string[] => [
  ...some(withoutData, most, 'domain', ({name, configured}) => `${name}: its directory ${configured} is not here; name its local copy with --domains`),
  ...some(leftOut, most, 'entry', ({name, reason, detail}) => `${name}: left out: ${REASONS[reason]}${detail === undefined ? '' : ` (${detail})`}`),
  ...some(flawed, most, 'file', ({name, flaw}) => `${name}: ${FLAWS[flaw]}`),
]

const some = <One>(list: readonly One[], most: number, what: string, line: (one: One) => string): string[] => [
  ...list.slice(0, most).map(one => terminalSafe(line(one))),
  ...(list.length > most ? [`... and ${plural(list.length - most, `more such ${what}`, `more such ${what === 'entry' ? 'entries' : `${what}s`}`)}; all are in the manifest`] : []),
]
