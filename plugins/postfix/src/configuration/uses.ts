// Who opens a table: every service of an instance with the parameters that name it.
import type {Engine} from '../table/pattern-use.js'
import type {Configuration, Service} from './configuration.js'
import {listFilesIn, mapsIn, type NamedMap} from './map-values.js'
import {forbidsSubstitution, type OpenedAs, readersOf} from './readers.js'

/** One parameter of one service that names a table. */
export interface MapUse {
  readonly map: NamedMap
  /** `smtp/inet`; the service that opens the table, proxymap's where it is proxied. */
  readonly service: string
  readonly program: string
  readonly parameter: string
  readonly openedAs: OpenedAs
  /** Most processes of the service. */
  readonly limit: number
}

/** A daemon that holds a table. */
export interface Daemon {
  readonly service: string
  readonly program: string
  readonly parameters: readonly string[]
  /** How often each of its processes holds the table. */
  readonly copies: number
  readonly limit: number
}

/**
 * Returns all uses of pattern tables in an instance.
 * @param listFile text of a file that a match list names (`relay_domains = /etc/postfix/domains`), undefined where there
 * is none
 */
export const mapUses = (
  configuration: Configuration,
  listFile: (path: string) => string | undefined = () => undefined,
): MapUse[] => {
  const {parameters, services} = configuration
  const classes = (parameters.get('smtpd_restriction_classes') ?? '').split(/[\s,]+/)
  const named = memo((value: string) => mapsIn(value))
  const listed = memo((value: string) => listFilesIn(value).flatMap(path => mapsIn(listFile(path) ?? '')))
  const interesting = [...parameters]
    .filter(([, value]) => named(value).length > 0 || listFilesIn(value).length > 0)
    .map(([name]) => name)
  const found: MapUse[] = []
  for (const service of services) {
    const names = new Set([...interesting, ...service.overrides.keys()])
    for (const parameter of names) {
      const value = service.overrides.get(parameter) ?? parameters.get(parameter) ?? ''
      for (const reader of readersOf(parameter, classes)) {
        if (!reader.programs.includes(service.program)) continue
        const maps = reader.openedAs === 'list' ? [...named(value), ...listed(value)] : named(value)
        for (const map of maps) found.push(useOf({map, service, parameter, openedAs: reader.openedAs}, services))
      }
    }
  }
  return found
}

const memo = <T>(of: (value: string) => T): ((value: string) => T) => {
  const known = new Map<string, T>()
  return value => {
    if (!known.has(value)) known.set(value, of(value))
    return known.get(value)!
  }
}

const useOf = (
  {map, service, parameter, openedAs}: {map: NamedMap; service: Service; parameter: string; openedAs: OpenedAs},
  services: readonly Service[],
): MapUse => {
  const holder = map.proxied ? (services.find(({name}) => name === 'proxymap/unix') ?? service) : service
  return {map, service: holder.name, program: holder.program, parameter, openedAs, limit: holder.limit}
}

/** Returns the daemons that hold a table, in the order of master.cf. `is` tells which of the named tables it is. */
export const daemonsOf = (uses: readonly MapUse[], is: (map: NamedMap) => boolean): Daemon[] => {
  const byService = new Map<string, MapUse[]>()
  for (const use of uses) if (is(use.map)) byService.set(use.service, [...(byService.get(use.service) ?? []), use])
  return [...byService].map(([service, its]) => ({
    service,
    program: its[0]!.program,
    parameters: [...new Set(its.map(({parameter}) => parameter))].toSorted(byOwnFirst),
    copies: new Set(its.map(({openedAs}) => openedAs)).size,
    limit: its[0]!.limit,
  }))
}

// address_verify_transport_maps = $transport_maps and its like say nothing new.
const byOwnFirst = (a: string, b: string): number => Number(isDerived(a)) - Number(isDerived(b))
const isDerived = (parameter: string): boolean => parameter.startsWith('address_verify_') || parameter === 'fast_flush_domains'

/** The parameters for which Postfix skips rules with $n of a table. */
export const substitutionForbiddenBy = (uses: readonly MapUse[], is: (map: NamedMap) => boolean): string[] => [
  ...new Set(uses.flatMap(use => (is(use.map) && forbidsSubstitution(use.openedAs) ? [use.parameter] : []))),
]

/** The types under which a file is named. */
export const typesOf = (uses: readonly MapUse[], is: (name: string) => boolean): Engine[] => [
  ...new Set(uses.flatMap(({map}) => (is(map.name) ? [map.engine] : []))),
]
