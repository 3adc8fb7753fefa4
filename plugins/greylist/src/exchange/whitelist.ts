// The whitelist files of postgrey, sqlgrey and greylistd (the host list that Exim's ACL names): one entry a line.
import {terminalSafe} from 'mailops/core'

import {makeRule} from '../policy/rule.js'
import type {Rule, RuleKind} from '../policy/types.js'
import {globsOf} from './globs.js'
import type {Imported, LineReader} from './imported.js'

/** Whom a whitelist names. */
export type WhitelistOf = 'clients' | 'recipients'
/** The programs that have such files. */
export type WhitelistFrom = 'postgrey' | 'sqlgrey' | 'greylistd'

export interface WhitelistOptions {
  readonly from: WhitelistFrom
  readonly of: WhitelistOf
  readonly now: number
  /** Told what counts here otherwise than there. */
  readonly warn: (text: string) => void
}

/** Lines that are named one by one; of more than that only the number is told. */
const MOST_NAMED = 20

/** `/regex/` of postgrey and sqlgrey, `^regex` of Exim; null for other lines. */
const regexIn = (text: string, from: WhitelistFrom): string | null => {
  if (from === 'greylistd') return text.startsWith('^') ? text : null
  return /^\/(\S+)\/$/.exec(text)?.[1] ?? null
}

type Draft = readonly [kind: RuleKind, value: string]

/** `10`, which is a network to Exim alone, `192.0` and `192.0.2`, each with or without a dot behind it. */
const octetsOf = (text: string, from: WhitelistFrom): string | null => {
  const parts = /^(\d{1,3}(?:\.\d{1,3}){0,2})\.?$/.exec(text)?.[1]?.split('.')
  return parts === undefined || (parts.length === 1 && from !== 'greylistd') ? null : `${[...parts, '0', '0', '0'].slice(0, 4).join('.')}/${parts.length * 8}`
}

const MASK = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)\.(\d+)\.(\d+)\.(\d+)$/

/** `10.0.0.0/255.0.0.0` as `10.0.0.0/8`; null for what is no such thing. */
const masked = (text: string): string | null => {
  const [, base, ...bytes] = MASK.exec(text) ?? []
  if (base === undefined) return null
  const bits = bytes.map(byte => Number(byte).toString(2).padStart(8, '0')).join('')
  return /^1*0*$/.test(bits) && bits.length === 32 ? `${base}/${bits.replace(/0/g, '').length}` : null
}

const clientDrafts = (text: string, from: WhitelistFrom): Draft[] => {
  const octets = octetsOf(text, from)
  if (octets !== null) return [['ip', octets]]
  const plain = masked(text) ?? text
  return [[/^[\d.]+(\/\d+)?$/.test(plain) || plain.includes(':') ? 'ip' : 'client', plain]]
}

/** postgrey passes `user+anything@domain` for `user@domain`, too. */
const recipientDrafts = (text: string): Draft[] => {
  const [, user = '', domain = ''] = /^([^@*]+)@(.*)$/.exec(text) ?? []
  return user === '' ? [['recipient', text]] : [['recipient', text], ['recipient', `${user}+*@${domain === '' ? '*' : domain}`]]
}

/** What a line says, without its comment; null when it has no form of an entry. */
const draftsOf = (text: string, {from, of}: WhitelistOptions): {drafts: readonly Draft[]; wider: boolean} | null => {
  const kind = of === 'clients' ? 'client' : 'recipient'
  const regex = regexIn(text, from)
  if (regex !== null) {
    const globs = globsOf(regex)
    return globs === null ? null : {drafts: globs.globs.map(glob => [kind, glob] as const), wider: globs.isWider}
  }
  if (/\s/.test(text)) return null
  return {drafts: of === 'clients' ? clientDrafts(text, from) : recipientDrafts(text), wider: false}
}

const ruleOf = ([kind, text]: Draft, {from, of, now}: WhitelistOptions): Rule =>
  makeRule({list: of === 'clients' ? 'allow' : 'opt-out', kind, text, note: `from the whitelist of ${from}`, added: now})

/** Why a line is left out. */
const faultOf = (text: string, from: WhitelistFrom): string => {
  if (from === 'greylistd' && /^[!@+]|;/.test(text)) return 'an item that only Exim can look up'
  return regexIn(text, from) === null ? 'no address, network or name' : 'a regular expression that no pattern with * can stand for'
}

/** Reads a whitelist: its clients come onto the allow list, its recipients onto the opt-out list. */
export const whitelistReader = (options: WhitelistOptions): LineReader => {
  const {from, warn} = options
  let number = 0
  let faults = 0
  let names = 0
  const wider: string[] = []
  const skip = (text: string): Imported => {
    const fault = faultOf(text, from)
    return {skipped: ++faults <= MOST_NAMED ? `line ${number}, ${terminalSafe(text.slice(0, 80))}: ${fault}` : fault}
  }
  return {
    take: line => {
      number++
      const text = line.replace(/^\ufeff/, '').replace(from === 'greylistd' ? /(^|\s)#.*$/ : /#.*$/, '').trim()
      if (text === '') return null
      try {
        const found = draftsOf(text, options)
        if (found === null) return skip(text)
        const rules = found.drafts.map(draft => ruleOf(draft, options))
        names += rules.filter(({kind}) => kind === 'client').length
        if (found.wider) wider.push(`line ${number}, ${terminalSafe(text.slice(0, 80))}, is taken as ${rules.map(({value}) => value).join(' ')}`)
        return rules.map(rule => ({rule}))
      } catch {
        return skip(text) // of a form that no entry here can have; named with its line
      }
    },
    end: () => {
      for (const text of wider.slice(0, MOST_NAMED)) warn(`${text}, which takes some names more`)
      if (wider.length > MOST_NAMED) warn(`and ${wider.length - MOST_NAMED} more such lines; mailops greylist list --lists shows them`)
      if (from === 'greylistd' && names > 0) warn('Exim does not send the name of a client with its question: leave the names in the ACL, too (hosts = ...); here they count for the filter and for Postfix')
      return null
    },
  }
}
