// The lists, ready to be asked: who passes always, who never, which recipients take part.
import {parseCidr, type Address} from './address.js'
import {cidrMap, type CidrMap} from './cidr-map.js'
import {nameMap, type NameMap} from './name-map.js'
import {ruleText} from './rule.js'
import type {Request, Rule, RuleKind, RuleList} from './types.js'

/** What the lists say of a request: nothing, or the verdict and the entry it rests on. */
export interface ListVerdict {
  readonly action: 'allow' | 'block'
  readonly by: string
}

export interface Lists {
  /**
   * Within a family (address; client name; HELO; sender; recipient) the narrowest entry counts, between equals the
   * blocking one; between families the blocking one.
   */
  verdict(request: Request, address: Address | null): ListVerdict | null
  /** The entry that takes a recipient out, or in. */
  optedOut(recipient: string): string | null
  optedIn(recipient: string): string | null
}

interface Found {
  readonly rule: Rule
  readonly score: number
}

const namesOf = (rules: readonly Rule[], list: RuleList, kinds: readonly RuleKind[]): NameMap<Rule> =>
  nameMap(
    rules
      .filter(rule => rule.list === list && kinds.includes(rule.kind))
      // For a `domain` entry `user@domain` is no form, so nothing but domains can match.
      .map(rule => ({name: rule.value, value: rule})),
  )

const rangesOf = (rules: readonly Rule[], list: RuleList): CidrMap<Rule> =>
  cidrMap(
    rules.flatMap(rule => {
      const cidr = rule.kind === 'ip' && rule.list === list ? parseCidr(rule.value) : null
      return cidr === null ? [] : [{cidr, value: rule}]
    }),
  )

/** One list's entries by family. */
const familiesOf = (rules: readonly Rule[], list: 'allow' | 'block') => {
  const ranges = rangesOf(rules, list)
  const client = namesOf(rules, list, ['client'])
  const helo = namesOf(rules, list, ['helo'])
  const sender = namesOf(rules, list, ['sender', 'domain'])
  const recipient = namesOf(rules, list, ['recipient'])
  const nullSender = rules.find(rule => rule.list === list && rule.kind === 'sender' && rule.value === '<>')
  const named = (names: NameMap<Rule>, name: string | undefined): Found | null => {
    const found = name === undefined || name === '' ? null : names.find(name)
    return found === null ? null : {rule: found.value, score: found.score}
  }
  const bySender = (name: string | undefined): Found | null =>
    name === '' ? (nullSender === undefined ? null : {rule: nullSender, score: 10_000}) : named(sender, name)
  return (request: Request, address: Address | null): (Found | null)[] => {
    const range = address === null ? null : ranges.find(address)
    return [
      range === null ? null : {rule: range.value, score: range.prefix},
      named(client, request.clientName === 'unknown' ? undefined : request.clientName),
      named(helo, request.helo),
      bySender(request.sender),
      named(recipient, request.recipient),
    ]
  }
}

/** The lists of these entries; made anew when one is added or removed. */
export const makeLists = (rules: readonly Rule[]): Lists => {
  const hasVerdicts = rules.some(({list}) => list === 'allow' || list === 'block')
  const allow = familiesOf(rules, 'allow')
  const block = familiesOf(rules, 'block')
  const out = namesOf(rules, 'opt-out', ['recipient'])
  const into = namesOf(rules, 'opt-in', ['recipient'])
  const textOf = (found: {value: Rule} | null): string | null => (found === null ? null : ruleText(found.value))
  return {
    verdict: (request, address) => {
      if (!hasVerdicts) return null
      const allowed = allow(request, address)
      const blocked = block(request, address)
      const stop = blocked.find((found, n) => found !== null && found.score >= (allowed[n]?.score ?? 0))
      if (stop) return {action: 'block', by: ruleText(stop.rule)}
      const go = allowed.find(found => found !== null)
      return go ? {action: 'allow', by: ruleText(go.rule)} : null
    },
    optedOut: recipient => textOf(out.find(recipient)),
    optedIn: recipient => textOf(into.find(recipient)),
  }
}
