// Where the mail of a domain goes by DNS, seen from this machine: here, here as a second choice, elsewhere, or not to be told.
import ipaddr from 'ipaddr.js'

/** An answer about MX records (RFC 5321 section 5.1, RFC 7505). `failed`: SERVFAIL, no answer, refused; it says nothing. */
export type MxAnswer =
  | {readonly status: 'mx'; readonly records: readonly MxRecord[]}
  | {readonly status: 'null-mx'}
  /** The name is there, without MX: its address counts as one (implicit MX). */
  | {readonly status: 'none'}
  | {readonly status: 'nxdomain'}
  | {readonly status: 'failed'; readonly why: string}

export interface MxRecord {
  readonly priority: number
  /** Lower case, without a final dot. */
  readonly exchange: string
}

/** What is known of a host that an MX names. */
export interface HostAnswer {
  readonly status: 'found' | 'none' | 'failed'
  readonly addresses: readonly string[]
  /** Set when the name is an alias, which RFC 2181 section 10.3 forbids for an MX. */
  readonly alias?: string
  readonly why?: string
}

/** What this machine answers for. */
export interface OwnPlace {
  /** In the form of `addressForm`. */
  readonly addresses: ReadonlySet<string>
  /** hosts_treat_as_local: names, `*` at the front stands for anything. */
  readonly names: readonly string[]
  /** Exim drops MX hosts with these before it looks further (ignore_target_hosts 127.0.0.0/8): cPanel's router does. */
  readonly ignoresLoopback: boolean
}

/** One address in the form in which addresses are compared; null for what is none. */
export const addressForm = (text: string): string | null => {
  const bare = text.replace(/%.*$/, '')
  return ipaddr.isValid(bare) ? ipaddr.process(bare).toString() : null
}

/** True for 127.0.0.0/8, ::1, 0.0.0.0 and ::. */
export const isLoopback = (address: string): boolean => {
  const form = addressForm(address)
  return form !== null && ['loopback', 'unspecified'].includes(ipaddr.process(form).range())
}

/** True for fe80::/10 and 169.254.0.0/16, which mean something else on every link. */
export const isLinkLocal = (address: string): boolean => {
  const form = addressForm(address)
  return form !== null && ipaddr.process(form).range() === 'linkLocal'
}

/** True for addresses that the Internet cannot reach: behind a NAT, an MX never names them. */
export const isOffInternet = (address: string): boolean => {
  const form = addressForm(address)
  return form !== null && !['unicast', 'reserved'].includes(ipaddr.process(form).range())
}

/** One MX host as judged. */
export interface Target extends MxRecord, HostAnswer {
  readonly isHere: boolean
  /** Not looked at by Exim: no address, or only loopback where that is ignored. */
  readonly isSkipped: boolean
}

export type MailPlace = 'here' | 'behind' | 'elsewhere' | 'null-mx' | 'nowhere' | 'undecided'

export interface Routing {
  readonly place: MailPlace
  /** By priority. */
  readonly targets: readonly Target[]
  /** Made of the domain's own address, for want of an MX. */
  readonly isImplicit: boolean
  /** What could not be asked, for `undecided`. */
  readonly unknown: readonly string[]
}

const matchesName = (name: string, pattern: string): boolean =>
  pattern.startsWith('*') ? name.endsWith(pattern.slice(1).toLowerCase()) : name === pattern.toLowerCase()

const judge = (record: MxRecord, host: HostAnswer, own: OwnPlace): Target => {
  const usable = host.addresses.filter(
    address => !own.ignoresLoopback || !isLoopback(address) || own.addresses.has(addressForm(address)!),
  )
  const isHere =
    usable.some(address => own.addresses.has(addressForm(address) ?? '') || isLoopback(address)) ||
    (usable.length > 0 && own.names.some(pattern => matchesName(record.exchange, pattern)))
  return {...record, ...host, isHere, isSkipped: host.status !== 'failed' && usable.length === 0}
}

/** Exim's rule: the local host and all with its priority or a worse one are dropped; nothing left means that it is the best. */
const placeOf = (targets: readonly Target[]): MailPlace => {
  const usable = targets.filter(({isSkipped}) => !isSkipped)
  const here = usable.find(({isHere}) => isHere)
  const unknown = usable.filter(({status}) => status === 'failed')
  if (usable.length === 0) return 'nowhere'
  if (here === undefined) return unknown.length > 0 ? 'undecided' : 'elsewhere'
  const better = usable.filter(({priority}) => priority < here.priority)
  if (better.length === 0) return 'here'
  // One known better host is enough: whatever the others are, this machine is not the best.
  return better.some(({status}) => status === 'found') ? 'behind' : 'undecided'
}

/** Where the mail of a domain goes. */
export const routingOf = (
  domain: string,
  {answer, hosts, own}: {answer: MxAnswer; hosts: ReadonlyMap<string, HostAnswer>; own: OwnPlace},
): Routing => {
  const nothing = {targets: [], isImplicit: false, unknown: []}
  if (answer.status === 'failed') return {...nothing, place: 'undecided', unknown: [`MX of ${domain}: ${answer.why}`]}
  if (answer.status === 'nxdomain') return {...nothing, place: 'nowhere'}
  if (answer.status === 'null-mx') return {...nothing, place: 'null-mx'}
  const isImplicit = answer.status === 'none'
  const records =
    answer.status === 'none'
      ? [{priority: 0, exchange: domain}]
      : answer.records.toSorted((a, b) => a.priority - b.priority || (a.exchange < b.exchange ? -1 : 1))
  const unasked: HostAnswer = {status: 'failed', addresses: [], why: 'not asked'}
  const targets = records.map(record => judge(record, hosts.get(record.exchange) ?? unasked, own))
  const unknown = targets
    .filter(({status}) => status === 'failed')
    .map(({exchange, why}) => `address of ${exchange}: ${why ?? 'unknown'}`)
  return {place: placeOf(targets), targets, isImplicit, unknown}
}

/** `10 mx1.example, 20 mx2.example`; what an answer comes to in a few words. */
export const answerText = (answer: MxAnswer): string => {
  switch (answer.status) {
    case 'mx':
      return answer.records
        .toSorted((a, b) => a.priority - b.priority)
        .map(({priority, exchange}) => `${priority} ${exchange}`)
        .join(', ')
    case 'null-mx':
      return 'null MX: it takes no mail'
    case 'none':
      return 'no MX'
    case 'nxdomain':
      return 'no such domain'
    case 'failed':
      return `undecided: ${answer.why}`
  }
}

/** True when two answers name the same hosts with the same priorities, or say the same nothing. */
export const sameAnswer = (a: MxAnswer, b: MxAnswer): boolean => {
  if (a.status !== 'mx' || b.status !== 'mx') return a.status === b.status
  const text = (answer: MxAnswer & {status: 'mx'}): string =>
    answer.records
      .map(({priority, exchange}) => `${priority} ${exchange}`)
      .toSorted()
      .join()
  return text(a) === text(b)
}
