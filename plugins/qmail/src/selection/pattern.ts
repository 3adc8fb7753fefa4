// Patterns of addresses: exact, @domain, @*.domain, a glob, /regex/i, or the null sender.
import {asciiLower} from '../message/ascii-case.js'
import {compileGlob, isGlob, unescaped, type Matcher} from './glob.js'
import {byteForms, parseRegex} from './regex.js'
import {usageError} from './usage-error.js'

/** An address with its domain in ASCII lower case, its local part as it is: how addresses are compared. */
export const canonicalAddress = (address: string): string => {
  const at = address.lastIndexOf('@')
  if (at === -1) return address
  const domain = address.slice(at)
  const lower = asciiLower(domain)
  return lower === domain ? address : address.slice(0, at) + lower
}

// What follows the last @ in lower case; a text that no domain pattern holds where there is none.
const domainOf = (address: string): string => {
  const at = address.lastIndexOf('@')
  return at === -1 ? '@' : asciiLower(address.slice(at + 1))
}

/** Patterns sorted by how they are looked up, so that ten thousand exact addresses cost one look-up. */
interface Compiled {
  readonly exact: Set<string>
  readonly domains: Set<string>
  readonly others: Matcher[]
}

/**
 * Compiles patterns of one option to a function that tells whether any of them matches an address (latin1 bytes).
 * - `` or `<>`: the null sender; nothing else matches it but `*` and regexes;
 * - `user@host`: local part exactly as written, domain in any case;
 * - `@host`: any address of that domain; `@*.host`: of any domain below it, not of itself;
 * - with * or ?: a glob over the whole address, its part after the last @ in any case; without an @ all in any case;
 * - `/regex/` or `/regex/i`: found anywhere in the address as it stands.
 * A bad pattern is a USAGE error that names it.
 */
export const addressMatcher = (patterns: readonly string[], option: string): Matcher => {
  const compiled: Compiled = {exact: new Set(), domains: new Set(), others: []}
  for (const pattern of patterns) add(compiled, pattern, option)
  const {exact, domains, others} = compiled
  return address =>
    (domains.size > 0 && domains.has(domainOf(address))) ||
    (exact.size > 0 && exact.has(canonicalAddress(address))) ||
    others.some(matches => matches(address))
}

const add = (compiled: Compiled, pattern: string, option: string): void => {
  if (pattern.includes('\0')) throw usageError(option, pattern, 'no address contains a NUL')
  if (pattern === '' || pattern === '<>') {
    compiled.exact.add('')
    return
  }
  const regex = parseRegex(pattern, option)
  for (const form of byteForms(regex?.source ?? pattern)) {
    if (regex !== undefined) {
      const expression = new RegExp(form, regex.flags)
      compiled.others.push(address => expression.test(address))
    } else if (isGlob(form)) compiled.others.push(addressGlob(form))
    else addPlain(compiled, unescaped(form), option)
  }
}

const addPlain = ({exact, domains}: Compiled, address: string, option: string): void => {
  if (address === '@') throw usageError(option, address, 'a domain must follow the @', '@example.com')
  if (address.startsWith('@')) domains.add(asciiLower(address.slice(1)))
  else exact.add(canonicalAddress(address))
}

const addressGlob = (pattern: string): Matcher => {
  const at = pattern.lastIndexOf('@')
  if (at === -1) {
    const whole = compileGlob(asciiLower(pattern))
    return address => whole(asciiLower(address))
  }
  const local = at === 0 ? () => true : compileGlob(pattern.slice(0, at))
  const domain = compileGlob(asciiLower(pattern.slice(at + 1)))
  return address => {
    const split = address.lastIndexOf('@')
    return split !== -1 && domain(asciiLower(address.slice(split + 1))) && local(address.slice(0, split))
  }
}
