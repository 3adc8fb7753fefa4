// A pattern table as an indexed one, where no lookup can tell the difference.
import {TableLookup} from '../lookup/lookup.js'
import type {Rule, Table} from '../table/entry.js'
import {answeredKeys, type FiniteLimits, outOfTime} from './finite.js'
import type {Refusal} from './refusal.js'

/** Table types that convert-regexp writes. */
export const INDEXED_TYPES = ['cdb', 'lmdb', 'hash', 'texthash'] as const
export type IndexedType = (typeof INDEXED_TYPES)[number]

export interface Converted {
  /** Keys with their results, sorted by key. */
  readonly entries: readonly (readonly [key: string, result: string])[]
  /** The source of the indexed table, for postmap(1). */
  readonly text: string
}

export interface ConvertOptions extends FiniteLimits {
  /** recipient_delimiter of main.cf. */
  readonly recipientDelimiter: string
}

/**
 * Lists what a table answers. Daemons ask indexed tables in lower case and also for parts of an address (access(5),
 * transport(5), virtual(5)): the address without its extension, the domain, the user alone. So that none of these can hit,
 * all keys must be whole addresses and there must be no recipient_delimiter.
 */
export const convertTable = (table: Table, options: ConvertOptions): Converted | Refusal => {
  const found = answeredKeys(table, options)
  if ('refusal' in found) return found.refusal
  const lookup = new TableLookup(table)
  const entries: [string, string][] = []
  for (const {key, entry} of found.keys) {
    if (options.automaton.stop?.() === true) return outOfTime().refusal
    const rule = table.entries[entry] as Rule
    const refusal = keyRefusal(key, rule, options)
    if (refusal !== undefined) return refusal
    const answer = rule.result.kind === 'text' ? {kind: 'answer' as const, result: rule.result.text} : lookup.lookup(key)
    if (answer.kind === 'answer' && 'captures' in answer) {
      const upper = lookup.lookup(key.toUpperCase())
      if (upper.kind !== 'answer' || upper.result !== answer.result)
        return refusalOf('case', rule, `answers ${key} with letters of the key in the case they came in, and an indexed table is asked in lower case`)
    }
    if (answer.kind !== 'answer') return refusalOf('captures', rule, 'uses $number of groups that can be empty in a repetition: what they hold is up to the engine')
    if (answer.result.trim() === '') return refusalOf('captures', rule, `answers ${key} with nothing, which an indexed table cannot hold`)
    entries.push([key, answer.result])
  }
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return {entries, text: entries.map(([key, result]) => `${key}\t${result}\n`).join('')}
}

const refusalOf = (code: Refusal['code'], rule: Rule, message: string, hint?: string): Refusal => ({
  code,
  line: rule.line,
  message,
  ...(hint !== undefined && {hint}),
})

const keyRefusal = (key: string, rule: Rule, {recipientDelimiter}: ConvertOptions): Refusal | undefined => {
  const parts = key.split('@')
  const [user, domain] = parts as [string, string | undefined]
  if (parts.length !== 2 || user === '' || domain === '')
    return refusalOf('no-address', rule, `answers "${key}", which is no whole address: an indexed table would be asked for it as a part of others too`)
  if (user.startsWith('.') || user.endsWith('.') || user.includes('..'))
    return refusalOf('unsafe-byte', rule, `answers "${key}", which is looked up in quotes`)
  if (recipientDelimiter !== '')
    return refusalOf(
      'delimiter',
      rule,
      `answers ${key}, and with recipient_delimiter = ${recipientDelimiter} an indexed table would also answer ${user}${recipientDelimiter[0]}anything@${domain} with it`,
      "--recipient-delimiter '' if no such address is ever looked up",
    )
  return undefined
}
