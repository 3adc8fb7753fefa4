// What becomes of the settings of DNS servers.
import {OpsError} from 'mailops/core'

import type {Found} from '../inventory/find-values.js'
import {addressList} from '../value/address.js'
import type {DnsWish} from './wishes.js'

/** New values for the settings; only those that change. */
export interface DnsEdits {
  readonly edits: readonly {readonly found: Found; readonly after: string}[]
  readonly warnings: readonly string[]
}

const MOST_SETTINGS = 2

const refuse = (message: string, settings: readonly Found[]): OpsError =>
  new OpsError('DNS_UNCLEAR', message, {
    exit: 'usage',
    hint:
      settings.length === 0
        ? "name the settings: --set 'FILE:LOCATION=ADDRESS'; mailops smartermail inventory shows locations"
        : `name them instead: ${settings.slice(0, 4).map(({file, location}) => `--set '${file}:${location}=ADDRESS'`).join(' ')}`,
  })

/**
 * Hands addresses out to the settings, in the order in which they stand; what is left of the settings is emptied.
 * @throws OpsError 64 `DNS_UNCLEAR` when there is none, there are more than two, or they do not hold all addresses
 */
export const dnsEdits = (wish: DnsWish, values: readonly Found[]): DnsEdits => {
  if (wish === null) return {edits: [], warnings: []}
  const settings = values.filter(({kind, value}) => kind === 'dns' && addressList(value) !== null)
  if (settings.length === 0 && wish === 'system') return {edits: [], warnings: ['no setting of DNS servers holds an address: the system\'s are used already']}
  if (settings.length === 0) throw refuse('no setting of DNS servers was found: --dns does not know where to write', settings)
  if (settings.length > MOST_SETTINGS) throw refuse(`${settings.length} settings look like DNS servers: which of them are meant cannot be told`, settings)
  const left = wish === 'system' ? [] : [...wish]
  const edits = settings.map(found => {
    const {addresses, separator} = addressList(found.value)!
    return {found, after: left.splice(0, addresses.length).join(separator)}
  })
  if (left.length > 0) throw refuse(`there are more addresses than settings of DNS servers: ${left.join(', ')} would be left over`, settings)
  return {edits: edits.filter(({found, after}) => after !== found.value), warnings: []}
}
