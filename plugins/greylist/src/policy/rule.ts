// One entry of a list: what a person may write, and its canonical form.
import {OpsError} from 'mailops/core'

import {cidrText, parseCidr} from './address.js'
import type {Rule, RuleKind, RuleList} from './types.js'

/** What an entry can be compared with, as --as writes it. */
export const RULE_KINDS: readonly RuleKind[] = ['ip', 'client', 'helo', 'sender', 'recipient', 'domain']
/** The lists that an entry can stand in. */
export const RULE_LISTS: readonly RuleList[] = ['allow', 'block', 'opt-out', 'opt-in']

const bad = (message: string, hint: string): OpsError => new OpsError('BAD_ENTRY', message, {exit: 'usage', hint})

/** Two to four octets as qgreylist and postgrey write networks: `192.0.2.` or `192.0`. */
const octets = (text: string): string | null => {
  const parts = /^(\d{1,3}(?:\.\d{1,3}){1,2})\.?$/.exec(text)?.[1]?.split('.')
  if (parts === undefined) return null
  return `${[...parts, '0', '0'].slice(0, 4).join('.')}/${parts.length * 8}`
}

const ipValue = (text: string): string | null => {
  const cidr = parseCidr(octets(text) ?? text)
  return cidr === null ? null : cidrText(cidr)
}

const NAME = /^[.@]?[a-z0-9*_]([a-z0-9.*_-]*[a-z0-9*_])?\.?$/

// What an address may hold (RFC 6531 too): anything but blanks, brackets and control characters.
const ADDRESS = /^[^\s<>\u0000-\u001f\u007f]*@[^\s<>@\u0000-\u001f\u007f]*$/

const nameValue = (kind: RuleKind, text: string): string | null => {
  const lower = text.toLowerCase().replace(/\.$/, '')
  if (kind === 'sender' && (lower === '<>' || lower === '')) return '<>'
  const takesAddress = kind === 'sender' || kind === 'recipient'
  if (lower.includes('@') && !lower.startsWith('@')) return takesAddress && ADDRESS.test(lower) ? lower : null
  if (lower.startsWith('@') && !takesAddress && kind !== 'domain') return null
  // A HELO may be an address literal.
  if (kind === 'helo' && /^\[[0-9a-f.:]+\]$/.test(lower)) return lower
  return NAME.test(lower) ? lower : null
}

const DOMAIN_KINDS = 'domain, client, helo, sender or recipient'

/** What kind a text is by its look; null where a person has to say it: a name may be a client's or a domain's. */
export const guessKind = (text: string, list: RuleList): RuleKind | null => {
  if (list === 'opt-in' || list === 'opt-out') return 'recipient'
  if (ipValue(text) !== null) return 'ip'
  return text.includes('@') || text === '<>' ? 'sender' : null
}

/**
 * A list entry from what a person wrote.
 * @throws OpsError 64 `BAD_ENTRY` that says what is wrong with it
 */
export const makeRule = ({list, text, kind, note, added}: {list: RuleList; text: string; kind?: RuleKind | undefined; note?: string | undefined; added?: number | undefined}): Rule => {
  const sure = kind ?? guessKind(text, list)
  // No top-level domain is a number (RFC 3696, 2): such a name is an address with a slip in it.
  if (sure !== 'ip' && sure !== 'helo' && /^[\d.]+(\/\d*)?$/.test(text))
    throw bad(ipValue(text) === null ? `'${text}' is no IPv4 address or network` : `'${text}' is an address, not a ${sure}`, 'an entry is 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32')
  if (sure === null) throw bad(`'${text}' may be a domain of senders or the name of a client`, `say which: --as ${DOMAIN_KINDS}`)
  if ((list === 'opt-in' || list === 'opt-out') && sure !== 'recipient')
    throw bad(`the ${list} list holds recipients, '${text}' is given as ${sure}`, 'a recipient is user@domain, user@, or a domain')
  const value = sure === 'ip' ? ipValue(text) : nameValue(sure, text)
  if (value === null) throw bad(`'${text}' is no entry of kind ${sure}`, sure === 'ip' ? 'an entry is 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32' : 'a domain, user@domain, or a pattern with *')
  return {list, kind: sure, value, ...(note !== undefined && {note}), ...(added !== undefined && {added})}
}

/** What makes two entries the same. */
export const ruleKey = ({list, kind, value}: Rule): string => `${list} ${kind} ${value}`

/** An entry for people: `allow ip 192.0.2.0/24`. */
export const ruleText = (rule: Rule): string => ruleKey(rule)
