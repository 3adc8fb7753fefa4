// The large providers whose pools retry from other networks: their ranges, when they were looked up, and how old that is.
import {OpsError} from 'mailops/core'
import * as v from 'valibot'

import {parseCidr} from '../policy/address.js'
import {cidrMap, type CidrMap} from '../policy/cidr-map.js'

/** One provider: the domain whose SPF record names its ranges, and what it named. */
export interface Provider {
  readonly name: string
  readonly domain: string
  readonly ranges: readonly string[]
}

/** A list of providers with the day of its look-up, `2026-11-22`. */
export interface ProviderList {
  readonly date: string
  readonly providers: readonly Provider[]
}

const schema = v.object({
  date: v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\d$/, 'must be a day as 2026-11-22')),
  providers: v.array(
    v.object({
      name: v.pipe(v.string(), v.minLength(1)),
      domain: v.pipe(v.string(), v.minLength(1)),
      ranges: v.array(v.pipe(v.string(), v.check(text => parseCidr(text) !== null, 'must be addresses as 192.0.2.0/24'))),
    }),
  ),
})

/**
 * A list from the file that `providers update` writes.
 * @throws OpsError 65 `BAD_PROVIDERS` that names file and member
 */
export const parseProviders = (text: string, file: string): ProviderList => {
  const bad = (what: string): OpsError =>
    new OpsError('BAD_PROVIDERS', `${file}: ${what}`, {exit: 'badData', hint: 'mailops greylist providers update'})
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw bad(`is not JSON: ${(error as Error).message}`)
  }
  const result = v.safeParse(schema, value)
  if (result.success) return result.output
  const [issue] = result.issues
  throw bad(`"${(issue.path ?? []).map(({key}) => String(key)).join('.')}" ${issue.message}`)
}

/** Which provider an address belongs to. */
export const providerMap = ({providers}: ProviderList): CidrMap<string> =>
  cidrMap(
    providers.flatMap(({name, ranges}) =>
      ranges.flatMap(range => {
        const cidr = parseCidr(range)
        return cidr === null ? [] : [{cidr, value: name}]
      }),
    ),
  )

/** After so many days a list is told to be old. */
export const STALE_DAYS = 180

/** How old a list is, in whole days. */
export const ageDays = ({date}: ProviderList, now: number): number => Math.max(0, Math.floor((now - Date.parse(`${date}T00:00:00Z`)) / 86_400_000))
