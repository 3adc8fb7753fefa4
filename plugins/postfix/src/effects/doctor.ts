// The pattern maps of the instances on this machine, for doctor.
import {describe, type DoctorFinding} from 'mailops/core'

import type {NamedMap} from '../configuration/map-values.js'
import {mapFindings} from '../doctor/map-finding.js'
import {estimateTable} from '../memory/table-estimate.js'
import {parseTable} from '../table/parse.js'
import {placeOf} from './configuration/holders.js'
import {type Instance, otherInstances, readInstance} from './configuration/read.js'
import {loadMap} from './read-map.js'

/** For how long maps are reckoned; what is left over is guessed. */
const BUDGET_MS = 5_000

/** Findings about all pattern maps of Postfix and its further instances. */
export const postfixFindings = async (): Promise<DoctorFinding[]> => {
  const first = await instanceOrFinding(undefined)
  if (first === undefined) return []
  if ('code' in first) return [first]
  const directories = otherInstances(first.configuration).filter(directory => directory !== first.configuration.directory)
  const others = await Promise.all(directories.map(instanceOrFinding))
  const end = performance.now() + BUDGET_MS
  const findings: DoctorFinding[] = []
  for (const instance of [first, ...others]) {
    if (instance === undefined) continue
    if ('code' in instance) findings.push(instance)
    else findings.push(...(await findingsOf(instance, () => performance.now() > end)))
  }
  return findings
}

const instanceOrFinding = async (directory: string | undefined): Promise<Instance | DoctorFinding | undefined> => {
  try {
    return await readInstance(directory)
  } catch (error) {
    return failure(error)
  }
}

/** An error about one thing is what there is to say about it; a bug is doctor's to show. */
const failure = (error: unknown): DoctorFinding => {
  const {code, message, hint, exit} = describe(error)
  if (code === 'BUG') throw error
  return {code: `POSTFIX_${code}`, severity: exit === 77 ? 'note' : 'problem', text: message, ...(hint !== undefined && {hint})}
}

const findingsOf = async (instance: Instance, stop: () => boolean): Promise<DoctorFinding[]> => {
  const findings: DoctorFinding[] = []
  for (const {engine, name} of filesOf(instance)) {
    try {
      const {source, reference, name: shown} = await loadMap(`${engine}:${name}`, {instance: async () => instance})
      const table = parseTable(source, {engine})
      const {holders} = placeOf(instance, reference)
      findings.push(...mapFindings(shown, {table, estimate: estimateTable(table, {stop}), holders}))
    } catch (error) {
      findings.push(failure(error))
    }
  }
  return findings
}

/** Each map file once; tables in main.cf itself are small. */
const filesOf = ({uses}: Instance): NamedMap[] => {
  const maps = new Map<string, NamedMap>()
  for (const {map} of uses) if (map.name.startsWith('/')) maps.set(`${map.engine}:${map.name}`, map)
  return [...maps.values()]
}
