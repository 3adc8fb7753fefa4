// Who holds a map on this machine.
import type {MapReference} from '../../map-argument.js'
import {type Holder, holdersOf} from '../../configuration/holders.js'
import type {NamedMap} from '../../configuration/map-values.js'
import {daemonsOf, substitutionForbiddenBy} from '../../configuration/uses.js'
import {type Instance, isFile} from './read.js'
import {runningProcesses} from './running.js'

/** The place of a map in a configuration. */
export interface MapPlace {
  readonly holders: readonly Holder[]
  /** Parameters for which Postfix skips rules with $n. */
  readonly forbidSubstitution: readonly string[]
  /** All parameters that name it. */
  readonly parameters: readonly string[]
}

/** Looks a map up in an instance. */
export const placeOf = ({configuration, uses}: Instance, reference: MapReference): MapPlace => {
  const is = isMap({configuration, uses}, reference)
  const holders = holdersOf(daemonsOf(uses, is), runningProcesses(configuration))
  return {
    holders,
    forbidSubstitution: substitutionForbiddenBy(uses, is),
    parameters: [...new Set(holders.flatMap(({parameters}) => parameters))],
  }
}

const isMap = ({configuration}: Instance, reference: MapReference): ((map: NamedMap) => boolean) => {
  if (reference.kind === 'inline') return map => `${map.engine}:${map.name}` === reference.name
  const is = isFile(configuration, reference.path)
  return map => map.engine === reference.engine && is(map)
}
