// Debian's /etc/exim4/update-exim4.conf.conf: shell-like settings, lists of domains separated by ; or : (update-exim4.conf(8)).
import {domainForm} from './name.js'
import type {ListEntry} from './list-file.js'

/** The settings that hold domains. */
export const DEBIAN_LISTS = {local: 'dc_other_hostnames', backup: 'dc_relay_domains'} as const
export type DebianSetting = (typeof DEBIAN_LISTS)[keyof typeof DEBIAN_LISTS]

const settingLine = (setting: string): RegExp =>
  new RegExp(`^([ \\t]*${setting}=)(["']?)([^"'\\n]*)\\2([ \\t]*(?:#.*)?\\r?)$`, 'm')

// update-exim4.conf takes both; a doubled colon (IPv6) does not occur in lists of domains.
const itemsOf = (value: string): string[] =>
  value
    .split(/[;:]/)
    .map(item => item.trim())
    .filter(item => item !== '')

/** Domains and patterns of a setting; the line number is that of the setting. */
export const parseDebian = (text: string, setting: DebianSetting): {entries: ListEntry[]; patterns: string[]} => {
  const match = settingLine(setting).exec(text)
  if (match === null) return {entries: [], patterns: []}
  const line = text.slice(0, match.index).split('\n').length
  const entries: ListEntry[] = []
  const patterns: string[] = []
  for (const item of itemsOf(match[3] ?? '')) {
    const domain = domainForm(item)
    if (domain === null) patterns.push(item)
    else
      entries.push({
        domain,
        line,
        works: !item.endsWith('.'),
        defects: [
          ...(item.endsWith('.') ? ['TRAILING_DOT' as const] : []),
          ...(entries.some(other => other.domain === domain) ? ['DUPLICATE' as const] : []),
        ],
      })
  }
  return {entries, patterns}
}

/** The text with a domain in a setting or out of it; all other items, lines and comments stay as they are. */
export const editDebian = (
  text: string,
  {setting, domain, isIn}: {setting: DebianSetting; domain: string; isIn: boolean},
): string => {
  const match = settingLine(setting).exec(text)
  if (match === null)
    return isIn ? `${text === '' || text.endsWith('\n') ? text : `${text}\n`}${setting}='${domain}'\n` : text
  const value = match[3] ?? ''
  const items = itemsOf(value)
  const has = items.filter(item => domainForm(item) === domain)
  // Right already: not a byte is changed.
  if (isIn ? has.length === 1 && has[0]!.toLowerCase() === domain : has.length === 0) return text
  const separator = value.includes(':') && !value.includes(';') ? ':' : ';'
  const others = items.filter(item => domainForm(item) !== domain)
  const next = (isIn ? [...others, domain] : others).join(separator)
  const quote = match[2] === '' ? "'" : match[2]
  return `${text.slice(0, match.index)}${match[1]}${quote}${next}${quote}${match[4]}${text.slice(match.index + match[0].length)}`
}
