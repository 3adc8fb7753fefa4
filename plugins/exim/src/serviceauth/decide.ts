// What a reset would do about one service: new keys, or only owner and mode.
import {OpsError} from 'mailops/core'

import {serviceAnomalies, type Anomaly} from './anomaly.js'
import type {ServiceFacts} from './facts.js'
import type {Owners} from './layout.js'

/** `renew`: new keys; `rights`: owner and mode of what is listed. */
export type Decision =
  | {readonly action: 'renew'; readonly facts: ServiceFacts; readonly why: string}
  | {readonly action: 'rights'; readonly facts: ServiceFacts; readonly anomalies: readonly Anomaly[]}

/**
 * Wrong rights alone, also those of serviceauth itself, are mended without touching the keys, unless `force`; everything
 * else means new keys.
 * @param baseFaults what is wrong with serviceauth itself
 * @throws OpsError 65 for a symbolic link or what is neither directory nor file where keys should be
 */
export const decide = (facts: ServiceFacts, {owners, force, baseFaults}: {owners: Owners; force: boolean; baseFaults: readonly Anomaly[]}): Decision => {
  const anomalies = serviceAnomalies(facts, owners)
  const odd = anomalies.find(({kind}) => kind === 'link' || kind === 'strange')
  if (odd !== undefined)
    throw new OpsError(odd.code, `${odd.text}; cPanel makes none there, so nothing was touched`, {
      exit: 'badData',
      hint: `look at it with ls -la ${facts.path}, and remove it if nobody needs it`,
    })
  const keys = anomalies.filter(({kind}) => kind === 'keys')
  if (!force && keys.length === 0 && anomalies.length + baseFaults.length > 0) return {action: 'rights', facts, anomalies}
  const why =
    keys[0]?.text ?? (force ? 'new keys were asked for' : 'owner, mode and length are right, and yet it is refused')
  return {action: 'renew', facts, why}
}
