// What an operator asks of a migration, read from its options.
import {OpsError} from 'mailops/core'

import {isAddress, type AddressMap} from '../value/address.js'
import {checkMaps, parseMap, type PathMap} from '../value/map-path.js'

/** `null`: leave the settings; `system`: empty them, so that Windows' own are used. */
export type DnsWish = null | 'system' | readonly string[]

/** One value that is named outright. */
export interface SetWish {
  /** `LOCATION=VALUE` or `FILE:LOCATION=VALUE`, as given; where the location ends only the documents tell. */
  readonly text: string
}

/** All that the options ask for. */
export interface Wishes {
  readonly maps: readonly PathMap[]
  readonly addresses: readonly AddressMap[]
  readonly dns: DnsWish
  readonly sets: readonly SetWish[]
}

const usage = (code: string, message: string, hint?: string): OpsError => new OpsError(code, message, {exit: 'usage', ...(hint !== undefined && {hint})})

const parseAddressMap = (text: string): AddressMap => {
  const [from = '', to = '', ...others] = text.split('=').map(part => part.trim())
  if (others.length === 0 && isAddress(from) && isAddress(to)) return {from, to}
  throw usage('BAD_ADDRESS', `--ip ${text}: OLD=NEW is wanted, both IP addresses`, '--ip 192.0.2.10=198.51.100.10')
}

const parseDns = (text: string): DnsWish => {
  if (text.trim().toLowerCase() === 'system') return 'system'
  const addresses = text.split(',').map(part => part.trim())
  const wrong = addresses.find(address => !isAddress(address))
  if (wrong === undefined) return addresses
  throw usage('BAD_ADDRESS', `--dns ${text}: ${wrong === '' ? 'an empty part' : wrong} is no IP address`, '--dns 192.0.2.53,192.0.2.54, or --dns system')
}

/**
 * Reads the options.
 * @throws OpsError 64 `BAD_MAP`, `BAD_ADDRESS`, `BAD_SET`
 */
export const parseWishes = (options: {
  map?: readonly string[] | undefined
  ip?: readonly string[] | undefined
  dns?: string | undefined
  set?: readonly string[] | undefined
}): Wishes => {
  const maps = (options.map ?? []).map(parseMap)
  checkMaps(maps)
  const addresses = (options.ip ?? []).map(parseAddressMap)
  for (const text of options.set ?? [])
    if (!text.includes('=')) throw usage('BAD_SET', `--set ${text}: LOCATION=VALUE is wanted`, 'mailops smartermail inventory SERVICE_DIR shows locations')
  return {maps, addresses, dns: options.dns === undefined ? null : parseDns(options.dns), sets: (options.set ?? []).map(text => ({text}))}
}
