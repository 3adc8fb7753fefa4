// IP addresses of log lines: one normal form for each, and which of them must never be banned.
import ipaddr from 'ipaddr.js'

// Four numbers up to 255 without leading zeros; by hand, since most lines of a log have one.
const isIpv4 = (text: string): boolean => {
  let parts = 1
  let value = -1
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 46) {
      if (value < 0) return false
      parts++
      value = -1
    } else {
      if (code < 48 || code > 57 || value === 0) return false
      value = value < 0 ? code - 48 : value * 10 + code - 48
      if (value > 255) return false
    }
  }
  return parts === 4 && value >= 0
}

const normalIpv6 = (text: string): string => {
  // Four groups of dots at its end, or a zone: ipaddr.js knows both.
  if (!ipaddr.IPv6.isValid(text)) return ''
  const parsed = ipaddr.IPv6.parse(text)
  return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address().toString() : parsed.toString()
}

const REMEMBERED = 4096
const known = new Map<string, string>()

/** Takes what stands between brackets, returns the shortest form (a mapped IPv4 address as IPv4), '' when it is no address. */
export const normalAddress = (text: string): string => {
  if (isIpv4(text)) return text
  const found = known.get(text)
  if (found !== undefined) return found
  // The longest is 45 characters, and a zone (`%eth0`) after it.
  const normal = text.length > 64 || !text.includes(':') ? '' : normalIpv6(text)
  if (known.size >= REMEMBERED) known.clear()
  known.set(text, normal)
  return normal
}

/** True for 127.0.0.0/8 and ::1, and for a session without an address (`-bs`). */
export const isLoopback = (address: string): boolean => address === '' || address.startsWith('127.') || address === '::1'

/** True for an address of this machine's own networks, that nobody meets on the Internet. */
export const isPrivate = (address: string): boolean => {
  if (address === '' || !ipaddr.isValid(address)) return false
  const range = ipaddr.parse(address).range()
  return range === 'private' || range === 'uniqueLocal' || range === 'linkLocal' || range === 'carrierGradeNat'
}

/** A set of addresses and networks: `192.0.2.1`, `2001:db8::/32`. */
export class AddressSet {
  private readonly single = new Set<string>()
  private readonly networks: [ipaddr.IPv4 | ipaddr.IPv6, number][] = []

  /** Takes an address or a network; false when it is neither. */
  add(text: string): boolean {
    const address = normalAddress(text)
    if (address !== '') this.single.add(address)
    else if (ipaddr.isValidCIDR(text)) this.networks.push(ipaddr.parseCIDR(text))
    else return false
    return true
  }

  has(address: string): boolean {
    if (this.single.has(address)) return true
    if (this.networks.length === 0 || !ipaddr.isValid(address)) return false
    const parsed = ipaddr.parse(address)
    return this.networks.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits))
  }
}
