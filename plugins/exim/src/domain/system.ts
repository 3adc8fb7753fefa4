// The mail system of a machine, and where it keeps which domains are its own.
import type {ListEntry} from './list-file.js'

/** Final destination here, routed by MX, or taken in for a better MX. */
export type Role = 'local' | 'remote' | 'backup'

/** A file, or a setting in one, that lists domains. */
export interface ListSource {
  /** `manual`: routes of their own (cPanel's manualmx), which come before everything else. */
  readonly role: Role | 'manual'
  readonly path: string
  /** The setting in that file; absent when the whole file is the list. */
  readonly setting?: string
  readonly exists: boolean
  /** The path is a directory, whose names are the domains: what made it keeps more in it than a name. */
  readonly isDirectory?: true
  readonly entries: readonly ListEntry[]
  /** Defects of the file as a whole, a phrase each. */
  readonly defects: readonly string[]
  /** Patterns that may hold more than is listed: `*.example.com`, `lsearch` of another kind. */
  readonly patterns: readonly string[]
}

export type SystemKind = 'cpanel' | 'debian-exim' | 'exim' | 'sendmail' | 'postfix' | 'qmail'

/** What is on the machine. */
export interface MailSystem {
  readonly kind: SystemKind
  readonly name: string
  readonly lists: readonly ListSource[]
}

/** As people know them. */
export const SYSTEM_NAMES: Readonly<Record<SystemKind, string>> = {
  'cpanel': 'cPanel',
  'debian-exim': "Debian's Exim",
  'exim': 'Exim',
  'sendmail': 'sendmail',
  'postfix': 'Postfix',
  'qmail': 'qmail',
}

/** Where a domain is listed. */
export interface Listing {
  readonly source: ListSource
  readonly entry: ListEntry
}

/** All places that list a domain. */
export const listingsOf = ({lists}: MailSystem, domain: string): Listing[] =>
  lists.flatMap(source => source.entries.filter(entry => entry.domain === domain).map(entry => ({source, entry})))

/** What the lists make of a domain: only what works counts; local comes first, as in the routers. */
export const listedRole = (listings: readonly Listing[]): {role: Role | 'unlisted'; isConflict: boolean} => {
  const has = (role: Role): boolean => listings.some(({source, entry}) => source.role === role && entry.works)
  const isConflict = has('local') && (has('remote') || has('backup'))
  const role = has('local') ? 'local' : has('backup') ? 'backup' : has('remote') ? 'remote' : 'unlisted'
  return {role, isConflict}
}

/** `/etc/localdomains:12`, `/etc/postfix/main.cf (mydestination)`. */
export const placeText = ({source, entry}: Listing): string =>
  source.isDirectory === true ? `${source.path}/${entry.domain}` : source.setting === undefined ? `${source.path}:${entry.line}` : `${source.path} (${source.setting})`
