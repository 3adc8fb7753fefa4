// The figures of an installation that the steps of a move are filled in with.
import type {Found} from '../inventory/find-values.js'
import type {Era, LeftOut, Source} from '../source/source.js'
import {addressesIn} from '../value/address.js'
import {pathsIn} from '../value/path-in-value.js'

/** A value and in how many places of the configuration it stands. */
export interface Counted {
  readonly value: string
  readonly places: number
}

/** What the steps of a checklist need to know of the installation. */
export interface Figures {
  readonly source: string
  readonly isBundle: boolean
  readonly era: Era
  readonly version: string | null
  readonly host: 'windows' | 'posix'
  /** By name. */
  readonly domains: readonly {readonly name: string; readonly path: string; readonly bytes: number; readonly isHere: boolean}[]
  readonly files: number
  readonly bytes: number
  readonly spoolFiles: number
  /** Addresses that services are bound to or know, without those of the machine itself and of DNS. */
  readonly addresses: readonly Counted[]
  readonly dns: readonly Counted[]
  readonly ports: readonly Counted[]
  /** Directories that paths of the configuration begin with: drive and first folder. */
  readonly prefixes: readonly Counted[]
  readonly leftOut: readonly LeftOut[]
  /** ISO 8601 of a bundle. */
  readonly created: string | null
}

const counted = (values: readonly string[]): Counted[] => {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].map(([value, places]) => ({value, places})).toSorted((a, b) => b.places - a.places || (a.value < b.value ? -1 : 1))
}

/** What a finder of places finds, as texts. */
const cutOut = (find: (value: string) => readonly {readonly start: number; readonly end: number}[]) => (value: string): string[] =>
  find(value).map(({start, end}) => value.slice(start, end))

const isOwn = (address: string): boolean => /^(?:127\.|0\.0\.0\.0$|::1?$|255\.)/.test(address)

// `C:\SmarterMail\Domains\x` is moved with all that begins with `C:\SmarterMail`.
const prefixOf = (path: string): string =>
  /^(?:[A-Za-z]:[\\/][^\\/]*|[\\/]{2}[^\\/]+[\\/][^\\/]+|\/[^/]+\/?[^/]*)/.exec(path)?.[0] ?? path

/** Gathers them from a source and the values in its configuration; `created` is of a bundle. */
export const figuresOf = (source: Source, values: readonly Pick<Found, 'kind' | 'value'>[], created: string | null): Figures => {
  const of = (kind: Found['kind']): string[] => values.filter(value => value.kind === kind).map(({value}) => value)
  const paths = of('path').flatMap(cutOut(pathsIn))
  const spool = new Set(source.roots.filter(({kind}) => kind === 'spool').map(({name}) => name))
  const sizes = sizesOf(source)
  return {
    source: source.path, isBundle: source.kind === 'bundle', era: source.era, version: source.version, created,
    host: paths.filter(path => path.startsWith('/')).length > paths.length / 2 ? 'posix' : 'windows',
    domains: source.domains.map(({name, configured, at}) => ({name, path: configured, bytes: at === null ? 0 : sizes(at), isHere: at !== null}))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    files: source.entries.length,
    bytes: source.entries.reduce((sum, {bytes}) => sum + bytes, 0),
    spoolFiles: source.entries.filter(({name}) => spool.has(name.split('/', 1)[0]!)).length,
    addresses: counted(of('address').flatMap(cutOut(addressesIn)).filter(address => !isOwn(address))),
    dns: counted(of('dns').flatMap(cutOut(addressesIn))),
    ports: counted(of('port')).toSorted((a, b) => Number(a.value) - Number(b.value)),
    prefixes: counted(paths.map(prefixOf)),
    leftOut: source.leftOut,
  }
}

/** Bytes below a directory of a source; all are summed up in one pass. */
const sizesOf = ({entries, domains}: Source): ((at: string) => number) => {
  const sizes = new Map(domains.flatMap(({at}) => (at === null ? [] : [[at, 0] as [string, number]])))
  for (const {name, bytes} of entries)
    for (let end = name.lastIndexOf('/'); end > 0; end = name.lastIndexOf('/', end - 1)) {
      const at = name.slice(0, end)
      if (sizes.has(at)) sizes.set(at, sizes.get(at)! + bytes)
    }
  return at => sizes.get(at) ?? 0
}
