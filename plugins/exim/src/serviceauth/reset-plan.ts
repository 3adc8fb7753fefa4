// The plan of a reset: rights mended one by one, all new keys by one bulk change, so that cPanel is restarted once.
import type {AttributesChange, Plan, Seen} from 'mailops/core'

import type {Anomaly} from './anomaly.js'
import type {Decision} from './decide.js'
import {renewalChange, type RenewalArgs} from './renewal.js'

/** One change a path, whatever number of things is wrong with it. */
export const rightsChanges = (
  anomalies: readonly Anomaly[],
  lookAt: (path: string) => Seen | null,
): AttributesChange[] => {
  const faults = anomalies.filter(({rights}) => rights !== undefined)
  return [...new Set(faults.map(({path}) => path))].flatMap((path): AttributesChange[] => {
    const found = faults.filter(fault => fault.path === path)
    const before = lookAt(path)
    const rights = found[0]?.rights
    if (before === null || rights === undefined) return []
    return [
      {kind: 'attributes', path, before, ...rights, why: found.map(({text}) => text.slice(path.length + 1)).join(', ')},
    ]
  })
}

/** The whole plan; `renewal` only when a decision is to renew. */
export const resetPlan = (
  decisions: readonly Decision[],
  {
    base,
    baseFaults,
    renewal,
    lookAt,
  }: {base: string; baseFaults: readonly Anomaly[]; renewal: RenewalArgs | null; lookAt: (path: string) => Seen | null},
): Plan => {
  const faults = [...baseFaults, ...decisions.flatMap(one => (one.action === 'rights' ? one.anomalies : []))]
  return {
    subject: 'exim reset-serviceauth',
    resource: base,
    changes: [...rightsChanges(faults, lookAt), ...(renewal === null ? [] : [renewalChange(renewal)])],
  }
}
