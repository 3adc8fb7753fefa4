// Addresses of clients: every form in which servers hand them on, and the networks they are counted by.
import ipaddr from 'ipaddr.js'

/** An address that can be compared: IPv4 as a number, IPv6 as 32 hex digits, whose order is that of the addresses. */
export type Address = {readonly family: 4; readonly value: number} | {readonly family: 6; readonly hex: string}

const V4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/

const parseV4 = (text: string): Address | null => {
  const parts = V4.exec(text)
  if (parts === null) return null
  let value = 0
  for (let n = 1; n <= 4; n++) {
    const part = Number(parts[n])
    if (part > 255) return null
    value = value * 256 + part
  }
  return {family: 4, value}
}

const hexOf = (parts: readonly number[]): string => parts.map(part => part.toString(16).padStart(4, '0')).join('')

/**
 * The address in a text; null for anything else. Takes off brackets, Exim's and XCLIENT's `IPv6:`, a scope (`%eth0`),
 * and the `::ffff:` of an IPv4 client that came in over an IPv6 socket.
 */
export const parseAddress = (text: string): Address | null => {
  const v4 = parseV4(text)
  if (v4 !== null) return v4
  if (!text.includes(':')) return null
  const bare = text.trim().replace(/^\[(.*)\]$/, '$1').replace(/^ipv6:/i, '').replace(/%.*$/, '')
  if (!ipaddr.IPv6.isValid(bare)) return parseV4(bare)
  const v6 = ipaddr.IPv6.parse(bare)
  if (v6.isIPv4MappedAddress()) return parseV4(v6.toIPv4Address().toString())
  return {family: 6, hex: hexOf(v6.parts)}
}

const v4Text = (value: number): string => `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`

/** The number with all but the first `bits` bits cleared. */
export const maskV4 = (value: number, bits: number): number =>
  bits === 0 ? 0 : (value & (0xffff_ffff << (32 - bits))) >>> 0

/** The hex digits with all but the first `bits` bits cleared. */
export const maskV6 = (hex: string, bits: number): string => {
  const whole = bits >> 2
  if (bits % 4 === 0) return hex.slice(0, whole).padEnd(32, '0')
  const digit = Number.parseInt(hex[whole] ?? '0', 16) & (0xf0 >> bits % 4)
  return (hex.slice(0, whole) + (digit & 15).toString(16)).padEnd(32, '0')
}

const v6Text = (hex: string): string =>
  new ipaddr.IPv6((hex.match(/.{4}/g) ?? []).map(part => Number.parseInt(part, 16))).toRFC5952String()

/** As people write it: `192.0.2.1`, `2001:db8::1` (RFC 5952). */
export const addressText = (address: Address): string => (address.family === 4 ? v4Text(address.value) : v6Text(address.hex))

/** The network of an address: `192.0.2.0/24`, `2001:db8:1:2::/64`. */
export const networkOf = (address: Address, {ipv4, ipv6}: {ipv4: number; ipv6: number}): string =>
  address.family === 4 ? `${v4Text(maskV4(address.value, ipv4))}/${ipv4}` : `${v6Text(maskV6(address.hex, ipv6))}/${ipv6}`

/** A range of addresses; `prefix` counts bits of its own family. */
export interface Cidr {
  readonly address: Address
  readonly prefix: number
}

/** `192.0.2.0/24`, `192.0.2.7`, `2001:db8::/32`, or null. Bits beyond the prefix are cleared; `::ffff:192.0.2.0/120` is IPv4. */
export const parseCidr = (text: string): Cidr | null => {
  const [, base, bits] = /^([^/\s]+)(?:\/(\d{1,3}))?$/.exec(text.trim()) ?? []
  const address = base === undefined ? null : parseAddress(base)
  if (base === undefined || address === null) return null
  const size = address.family === 4 ? 32 : 128
  const mapped = address.family === 4 && base.includes(':') ? 96 : 0
  const prefix = bits === undefined ? size : Number(bits) - mapped
  if (prefix < 0 || prefix > size) return null
  return address.family === 4
    ? {address: {family: 4, value: maskV4(address.value, prefix)}, prefix}
    : {address: {family: 6, hex: maskV6(address.hex, prefix)}, prefix}
}

/** Canonical text: a single address without its prefix length. */
export const cidrText = ({address, prefix}: Cidr): string =>
  prefix === (address.family === 4 ? 32 : 128) ? addressText(address) : `${addressText(address)}/${prefix}`

/**
 * Number of the /16 or /48 (by `limits`) that a network lies in; null for what is no network of addresses.
 * IPv6 numbers are above all IPv4 ones.
 */
export const groupOf = (network: string, {ipv4, ipv6}: {ipv4: number; ipv6: number}): number | null => {
  const slash = network.indexOf('/')
  const address = parseAddress(slash < 0 ? network : network.slice(0, slash))
  if (address === null) return null
  if (address.family === 4) return Math.floor(address.value / 2 ** (32 - ipv4))
  // The first 48 bits, which a double holds exactly.
  return 2 ** 50 + Math.floor(Number.parseInt(address.hex.slice(0, 12), 16) / 2 ** Math.max(0, 48 - ipv6))
}
