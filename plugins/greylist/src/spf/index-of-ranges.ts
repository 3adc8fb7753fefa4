// Which domains' SPF records name an address: ranges of many domains that come and go.
import {maskV4, maskV6, parseCidr, type Address, type Cidr} from '../policy/address.js'
import {cidrMap, type CidrMap} from '../policy/cidr-map.js'

/** Domains at most; beyond it the one that was set longest ago goes. */
const MOST = 20_000

export interface DomainRanges {
  set(domain: string, ranges: readonly string[]): void
  has(domain: string): boolean
  /** True when the domain is known and names the address. */
  holds(domain: string, address: Address): boolean
  /** A known domain that names the address: the one that did so first. */
  domainOf(address: Address): string | undefined
}

const keyOf = ({address, prefix}: Cidr): string => `${prefix}/${address.family === 4 ? address.value : address.hex}`

/** The key under which a range of that length would hold the address. */
const keyAt = (address: Address, prefix: number): string =>
  `${prefix}/${address.family === 4 ? maskV4(address.value, prefix) : maskV6(address.hex, prefix)}`

/** An index with no domain in it. */
export const domainRanges = (): DomainRanges => {
  const domains = new Map<string, {readonly cidrs: readonly Cidr[]; readonly map: CidrMap<true>}>()
  const first = new Map<string, string>()
  // How many ranges have each prefix length, by family: only these are looked for.
  const lengths = {4: new Map<number, number>(), 6: new Map<number, number>()}
  const count = ({address, prefix}: Cidr, by: number): void => {
    const left = (lengths[address.family].get(prefix) ?? 0) + by
    if (left > 0) lengths[address.family].set(prefix, left)
    else lengths[address.family].delete(prefix)
  }
  const remove = (domain: string): void => {
    for (const cidr of domains.get(domain)?.cidrs ?? []) {
      if (first.get(keyOf(cidr)) !== domain) continue
      first.delete(keyOf(cidr))
      count(cidr, -1)
    }
    domains.delete(domain)
  }
  return {
    set: (domain, ranges) => {
      remove(domain)
      const cidrs = ranges.flatMap(range => parseCidr(range) ?? [])
      domains.set(domain, {cidrs, map: cidrMap(cidrs.map(cidr => ({cidr, value: true as const})))})
      for (const cidr of cidrs) {
        if (first.has(keyOf(cidr))) continue
        first.set(keyOf(cidr), domain)
        count(cidr, 1)
      }
      if (domains.size > MOST) remove(domains.keys().next().value ?? domain)
    },
    has: domain => domains.has(domain),
    holds: (domain, address) => (domains.get(domain)?.map.find(address) ?? null) !== null,
    domainOf: address => {
      for (const prefix of lengths[address.family].keys()) {
        const domain = first.get(keyAt(address, prefix))
        if (domain !== undefined) return domain
      }
      return undefined
    },
  }
}
