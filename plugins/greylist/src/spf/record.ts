// One SPF record (RFC 7208) as mechanisms; only what names addresses is of use here.
import {parseCidr, type Cidr} from '../policy/address.js'

/** A mechanism that passes (`+`), in the order of the record. */
export type Mechanism =
  | {readonly kind: 'range'; readonly cidr: Cidr}
  | {readonly kind: 'a' | 'mx'; readonly domain: string; readonly ipv4: number; readonly ipv6: number}
  | {readonly kind: 'include'; readonly domain: string}

/** What a record says. */
export interface SpfRecord {
  readonly mechanisms: readonly Mechanism[]
  /** Another domain's record in its place; null with `all`, after which it does not count (RFC 7208 6.1). */
  readonly redirect: string | null
  /** It lets the whole world pass, so it says nothing. */
  readonly isOpen: boolean
}

/** True for a TXT record that is one of SPF (RFC 7208 4.5). */
export const isSpf = (text: string): boolean => /^v=spf1( |$)/i.test(text)

/** `domain/24//64`: each part may be absent. */
const target = (text: string, own: string): {domain: string; ipv4: number; ipv6: number} | null => {
  const match = /^(?::([^/]+))?(?:\/(\d{1,2}))?(?:\/\/(\d{1,3}))?$/.exec(text)
  if (match === null) return null
  const [, domain = own, v4 = '32', v6 = '128'] = match
  return domain.includes('%') || Number(v4) > 32 || Number(v6) > 128 ? null : {domain, ipv4: Number(v4), ipv6: Number(v6)}
}

const mechanismOf = (name: string, rest: string, own: string): Mechanism | null => {
  switch (name) {
    case 'ip4':
    case 'ip6': {
      const cidr = parseCidr(rest.replace(/^:/, ''))
      return cidr === null || (cidr.address.family === 4) !== (name === 'ip4') ? null : {kind: 'range', cidr}
    }
    case 'a':
    case 'mx': {
      const place = target(rest, own)
      return place === null ? null : {kind: name, ...place}
    }
    case 'include': {
      const domain = rest.replace(/^:/, '')
      return domain === '' || domain.includes('%') ? null : {kind: 'include', domain}
    }
    default:
      // exists and ptr ask about one address; they name no ranges.
      return null
  }
}

/**
 * Reads a record. What follows a mechanism that fails some addresses (`-ip4:...`) is left out: it may count for
 * fewer than it says.
 * @param own the domain whose record it is
 */
export const parseSpf = (text: string, own: string): SpfRecord => {
  const mechanisms: Mechanism[] = []
  let redirect: string | null = null
  for (const term of text.trim().split(/ +/).slice(1)) {
    const [, value] = /^redirect=(.+)$/i.exec(term) ?? []
    if (value !== undefined) {
      redirect = value.includes('%') ? null : value
      continue
    }
    const [, sign = '', name = '', rest = ''] = /^([+?~-]?)([a-z0-9]+)([:/].*)?$/i.exec(term) ?? []
    const kind = name.toLowerCase()
    if (kind === 'all') return {mechanisms, redirect: null, isOpen: sign === '' || sign === '+'}
    if (sign !== '' && sign !== '+') return {mechanisms, redirect: null, isOpen: false}
    const mechanism = mechanismOf(kind, rest, own)
    if (mechanism !== null) mechanisms.push(mechanism)
  }
  return {mechanisms, redirect, isOpen: false}
}
