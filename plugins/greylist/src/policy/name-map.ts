// Entries for names and addresses: exact ones, a domain with all below it, and patterns with `*`; the narrowest is found.

/** Values by name. */
export interface NameMap<T> {
  /** `score` is the higher the narrower the entry: exact address, long domain, short domain, pattern. */
  find(name: string): {readonly value: T; readonly score: number} | null
}

const EXACT = 10_000
const DOMAIN = 1000

const patternOf = (text: string): RegExp =>
  new RegExp(`^${text.split(/\*+/).map(part => part.replace(/[\\^$.+?()[\]{}|/]/g, '\\$&')).join('.*')}$`, 's')

/** The domain and everything above it, longest first: `a.b.c`, `b.c`, `c`. */
const above = (domain: string): string[] => {
  const labels = domain.split('.')
  return labels.map((_, n) => labels.slice(n).join('.'))
}

/**
 * Entries: `user@domain`; `user@` at any domain; `@domain` or `domain`: it and all below it; `.domain`: only what is
 * below it; `*` anywhere: a pattern over the whole name.
 * @param entries in lower case
 */
export const nameMap = <T>(entries: readonly {readonly name: string; readonly value: T}[]): NameMap<T> => {
  const exact = new Map<string, T>()
  const domains = new Map<string, T>()
  const below = new Map<string, T>()
  const patterns: {pattern: RegExp; value: T; score: number}[] = []
  for (const {name, value} of entries) {
    if (name.includes('*')) patterns.push({pattern: patternOf(name), value, score: name.replaceAll('*', '').length})
    else if (name.startsWith('.')) below.set(name.slice(1), value)
    else if (name.startsWith('@')) domains.set(name.slice(1), value)
    else if (name.includes('@')) exact.set(name, value)
    else domains.set(name, value)
  }
  patterns.sort((a, b) => b.score - a.score)
  const byAddress = (name: string, at: number): T | undefined => (at < 0 ? undefined : exact.get(name) ?? exact.get(`${name.slice(0, at)}@`))
  const byDomain = (domain: string): {value: T; score: number} | null => {
    if (domains.size === 0 && below.size === 0) return null
    for (const [n, suffix] of above(domain).entries()) {
      const value = domains.get(suffix) ?? (n > 0 ? below.get(suffix) : undefined)
      if (value !== undefined) return {value, score: DOMAIN + suffix.length}
    }
    return null
  }
  return {
    find: name => {
      if (entries.length === 0) return null
      const lower = name.toLowerCase().replace(/\.$/, '')
      const at = lower.lastIndexOf('@')
      const value = byAddress(lower, at)
      if (value !== undefined) return {value, score: EXACT}
      const domain = byDomain(lower.slice(at + 1))
      if (domain !== null) return domain
      return patterns.find(({pattern}) => pattern.test(lower)) ?? null
    },
  }
}
