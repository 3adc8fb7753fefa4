// All ranges that a domain's SPF record names, its includes and redirect followed.
import {cidrText, parseCidr, type Cidr} from '../policy/address.js'
import {isSpf, parseSpf, type Mechanism} from './record.js'

/** DNS as far as SPF needs it; no such name and no such record are empty lists, trouble is thrown. */
export interface Dns {
  txt(name: string): Promise<readonly string[]>
  /** A and AAAA. */
  addresses(name: string): Promise<readonly string[]>
  mx(name: string): Promise<readonly string[]>
}

export interface Derived {
  readonly ranges: readonly string[]
  /** Why it names no ranges, or fewer than it could; null when all is well. */
  readonly fault: string | null
}

/** Wider ranges than the largest providers' are somebody's trick: half of the Internet in two terms. */
const WIDEST = {ipv4: 10, ipv6: 24}

const isTooWide = ({address, prefix}: Cidr): boolean => prefix < (address.family === 4 ? WIDEST.ipv4 : WIDEST.ipv6)

interface Walk {
  readonly dns: Dns
  readonly ranges: Set<string>
  readonly seen: Set<string>
  lookups: number
  /** Look-ups that may still find nothing. */
  voids: number
  fault: string | null
}

/** RFC 7208 4.6.4: a record that goes on asking for what is not there is in error, and rests on others' servers. */
const found = <T>(walk: Walk, records: readonly T[]): readonly T[] => {
  if (records.length === 0 && walk.voids-- === 0) {
    walk.fault = 'more than two of its DNS look-ups find nothing'
    walk.lookups = 0
  }
  return records
}

const isOver = ({voids}: Walk): boolean => voids < 0

const spend = (walk: Walk): boolean => {
  if (walk.lookups-- > 0) return true
  walk.fault = 'it needs more DNS look-ups than SPF allows'
  return false
}

const add = (walk: Walk, cidr: Cidr | null): void => {
  if (cidr === null) return
  if (isTooWide(cidr)) walk.fault = `the range ${cidrText(cidr)} is too wide to be believed`
  else walk.ranges.add(cidrText(cidr))
}

const addHosts = async (walk: Walk, names: readonly string[], {ipv4, ipv6}: {ipv4: number; ipv6: number}): Promise<void> => {
  // RFC 7208 4.6.4: ten hosts of an MX.
  for (const name of names.slice(0, 10))
    for (const address of found(walk, await walk.dns.addresses(name))) add(walk, parseCidr(`${address}/${address.includes(':') ? ipv6 : ipv4}`))
}

const take = async (walk: Walk, mechanism: Mechanism): Promise<void> => {
  if (mechanism.kind === 'range') return add(walk, mechanism.cidr)
  if (!spend(walk)) return
  if (mechanism.kind === 'include') return follow(walk, mechanism.domain)
  const names = mechanism.kind === 'a' ? [mechanism.domain] : found(walk, await walk.dns.mx(mechanism.domain))
  return addHosts(walk, names, mechanism)
}

const follow = async (walk: Walk, domain: string): Promise<void> => {
  const name = domain.toLowerCase().replace(/\.$/, '')
  if (walk.seen.has(name)) return
  walk.seen.add(name)
  const records = (await walk.dns.txt(name)).filter(isSpf)
  if (records.length !== 1) {
    walk.fault = `${name} has ${records.length === 0 ? 'no SPF record' : 'more than one SPF record'}`
    return
  }
  const record = parseSpf(records[0] ?? '', name)
  if (record.isOpen) {
    walk.fault = `${name} lets every address pass`
    return
  }
  for (const mechanism of record.mechanisms) {
    await take(walk, mechanism)
    if (isOver(walk)) return
  }
  if (record.redirect !== null && spend(walk)) await follow(walk, record.redirect)
}

/**
 * Derives the ranges of a domain.
 * @param lookups look-ups at most: 10 by RFC 7208 4.6.4; more for providers whose names stand deeper
 * @throws what `dns` throws
 */
export const deriveRanges = async (domain: string, dns: Dns, lookups = 10): Promise<Derived> => {
  const walk: Walk = {dns, ranges: new Set(), seen: new Set(), lookups, voids: 2, fault: null}
  await follow(walk, domain)
  return {ranges: [...walk.ranges].sort(), fault: walk.fault}
}
