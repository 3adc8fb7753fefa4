// IP addresses in values: alone, in lists, with ports, in URLs; compared as addresses, not as text.
import ipaddr from 'ipaddr.js'

/** An address within a value. */
export interface FoundAddress {
  readonly start: number
  readonly end: number
  readonly text: string
}

// The first and the last of a range (192.0.2.1-192.0.2.9) too.
const V4 = /(?:(?<![\w.:%-])|(?<=(?<![\w.:%-])(?:\d{1,3}\.){3}\d{1,3}\s?-))(?:\d{1,3}\.){3}\d{1,3}(?!\w|-(?!(?:\d{1,3}\.){3}\d)|\.\w)/g
// With :: or eight groups; hexadecimal digits, colons, a zone or an IPv4 tail are looked at by the library.
const V6 = /(?<![\w.:])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?![\w:]|\.\w)/g

/** The addresses in a value, from left to right; four numbers that no address has are none. */
export const addressesIn = (value: string): FoundAddress[] => {
  const found: FoundAddress[] = []
  const add = (match: RegExpExecArray): void => {
    const [text] = match
    const {index: start} = match
    const end = start + text.length
    if (isAddress(text) && !found.some(other => start < other.end && end > other.start)) found.push({start, end, text})
  }
  if (value.includes(':')) for (const match of value.matchAll(V6)) add(match)
  if (value.includes('.')) for (const match of value.matchAll(V4)) add(match)
  return found.toSorted((a, b) => a.start - b.start)
}

/** True for an IPv4 address of four decimal numbers, or an IPv6 address. */
export const isAddress = (text: string): boolean =>
  text.includes(':') ? /[0-9A-Fa-f]/.test(text) && ipaddr.IPv6.isValid(text) : ipaddr.IPv4.isValidFourPartDecimal(text)

/** True when both write the same address: `2001:db8::1` and `2001:0DB8:0:0:0:0:0:1`. */
export const sameAddress = (a: string, b: string): boolean =>
  a === b || (isAddress(a) && isAddress(b) && ipaddr.parse(a).toNormalizedString() === ipaddr.parse(b).toNormalizedString())

/** True when addresses of a value are the ends of a range: with one end changed it would be another range. */
export const hasRange = (value: string): boolean => {
  const found = addressesIn(value)
  return found.some(({end}, n) => n + 1 < found.length && /^\s*-\s*$/.test(value.slice(end, found[n + 1]!.start)))
}

/** One address and what replaces it. */
export interface AddressMap {
  readonly from: string
  readonly to: string
}

/** Replaces addresses, each map on the old value only. */
export const mapAddresses = (value: string, maps: readonly AddressMap[]): string => {
  let after = ''
  let taken = 0
  for (const {start, end, text} of addressesIn(value)) {
    const map = maps.find(({from}) => sameAddress(from, text))
    if (map === undefined) continue
    after += value.slice(taken, start) + map.to
    taken = end
  }
  return after + value.slice(taken)
}

/** The separators and addresses of a value that is nothing but a list of addresses; null for any other value. */
export const addressList = (value: string): {addresses: string[]; separator: string} | null => {
  const parts = value.trim().split(/(\s*[;,]\s*|\s+)/)
  const addresses = parts.filter((_, n) => n % 2 === 0)
  return addresses.every(isAddress) ? {addresses, separator: parts[1] ?? ';'} : null
}
