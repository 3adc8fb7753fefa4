// The policy itself: what is decided without the store, what the store is asked, what its answer means.
import type {Answer, Ask} from '../store/store.js'
import {networkOf, parseAddress, type Address} from './address.js'
import type {CidrMap} from './cidr-map.js'
import type {Lists} from './lists.js'
import {domainOf, recipientKey, senderKey} from './sender.js'
import {greylistHeader, replyText} from './text.js'
import type {Decision, Listener, PolicySettings, Request, Timing} from './types.js'

/** What decisions rest on beside the store. */
export interface Policy {
  readonly settings: PolicySettings
  readonly lists: Lists
  /** Names of providers by range; empty when they are not to pass. */
  readonly providers: CidrMap<string>
  /** What listeners have of their own, by name. */
  readonly listeners: ReadonlyMap<string, Listener>
  /** True while everything passes: by the settings, or after a store was lost. */
  readonly learning: boolean
  /** True when the sender's domain names this address in its SPF record, as far as that is known by now. */
  readonly isSpfClient: (domain: string, address: Address) => boolean
  /** A deferred domain that names the address in its SPF record: for clients whose sender is not known yet. */
  readonly spfDomainOf: (address: Address) => string | undefined
  /** Our name, for the header. */
  readonly host: string
}

/** A request that the store has to be asked about, or the decision that needs no store. */
export type Opening = {readonly decision: Decision} | {readonly ask: Ask; readonly address: Address}

const timingOf = (policy: Policy, request: Request): Timing => {
  const {settings} = policy
  const own = request.listener === undefined ? undefined : policy.listeners.get(request.listener)?.timing
  const {delay, window, keep} = request.override ?? {}
  if (own === undefined && delay === undefined && window === undefined && keep === undefined) return settings
  const base = {...settings, ...own}
  return {...base, delay: delay ?? base.delay, window: window ?? base.window, keep: keep ?? base.keep}
}

const pass = (reason: Decision['reason'], by?: string | null): Opening => ({
  decision: {action: 'pass', reason, ...(by !== undefined && by !== null && {by})},
})

const reject = (policy: Policy, {reason, text, by}: {reason: Decision['reason']; text?: string | undefined; by?: string}): Opening => ({
  decision: {action: 'reject', reason, text: text ?? policy.settings.blockText, ...(by !== undefined && {by})},
})

/** Before MAIL there is no envelope, whatever a protocol's empty attributes say. */
const hasEnvelope = ({stage, sender}: Request): boolean => sender !== undefined && stage !== 'connect' && stage !== 'helo'

/** Passes that need neither address nor store. */
const byRecipient = (policy: Policy, request: Request): Opening | null => {
  const {lists, settings} = policy
  const {recipient} = request
  const out = recipient === undefined ? null : lists.optedOut(recipient)
  if (out !== null) return pass('opted-out', out)
  if (settings.recipients === 'all') return null
  return recipient !== undefined && lists.optedIn(recipient) !== null ? null : pass('opted-out', 'only recipients on the opt-in list are greylisted')
}

const byRank = (policy: Policy, request: Request): Opening | null => {
  if (request.relayClient === true) return pass('relay-client')
  if (request.authenticated !== undefined && request.authenticated !== '') return pass('authenticated')
  const {mode, text} = request.override ?? {}
  if (mode === 'pass') return pass('override')
  return mode === 'reject' ? reject(policy, {reason: 'override', text}) : null
}

const askOf = (policy: Policy, request: Request, {address, now}: {address: Address; now: number}): Ask => {
  const timing = timingOf(policy, request)
  const withEnvelope = hasEnvelope(request)
  const sender = withEnvelope ? (request.sender ?? '') : ''
  const domain = domainOf(sender)
  const spf = withEnvelope ? (domain !== '' && policy.isSpfClient(domain, address) ? domain : undefined) : policy.spfDomainOf(address)
  return {
    network: networkOf(address, timing),
    sender: withEnvelope ? senderKey(sender) : '',
    recipient: withEnvelope ? recipientKey(request.recipient ?? '') : '',
    now,
    delay: timing.delay,
    window: timing.window,
    keep: timing.keep,
    passNetwork: policy.settings.passNetwork,
    ...(domain !== '' && policy.settings.spf && {domain}),
    ...(spf !== undefined && {spf}),
  }
}

/** What can be said without the store; else what to ask it. */
export const open = (policy: Policy, request: Request, now: number): Opening => {
  const ranked = byRank(policy, request)
  if (ranked !== null) return ranked
  const address = parseAddress(request.client)
  const seen = hasEnvelope(request) ? request : {...request, sender: undefined, recipient: undefined}
  const listed = policy.lists.verdict(seen as Request, address)
  if (listed?.action === 'block') return reject(policy, {reason: 'block-listed', by: listed.by})
  if (listed?.action === 'allow') return pass('allow-listed', listed.by)
  const byRcpt = byRecipient(policy, request)
  if (byRcpt !== null) return byRcpt
  // What cannot be remembered cannot be greylisted: deferring it would be for ever.
  if (address === null) return pass('no-address')
  const provider = policy.providers.find(address)
  if (provider !== null) return pass('provider', provider.value)
  // A callout asks whether an address exists, with MAIL FROM:<> and RCPT, and must get its answer there.
  if (hasEnvelope(request) && request.sender === '' && request.stage !== 'data' && request.stage !== 'end') return pass('null-sender')
  return {ask: askOf(policy, request, {address, now}), address}
}

const keyOf = ({network, sender, recipient}: Ask): Pick<Decision, 'network' | 'sender' | 'recipient'> =>
  sender === '' && recipient === '' ? {network} : {network, sender, recipient}

const deferral = (policy: Policy, request: Request, {ask, answer}: {ask: Ask; answer: Answer}): Decision => {
  const reason = answer.outcome === 'early' ? 'early' : 'new'
  const {first, tries} = answer
  const seen = {reason, ...keyOf(ask), first, tries} as const
  const wait = Math.max(0, first + ask.delay - ask.now)
  if (policy.learning) return {action: 'pass', learning: true, wait, ...seen}
  const own = request.listener === undefined ? undefined : policy.listeners.get(request.listener)?.text
  const text = request.override?.text ?? own ?? policy.settings.text
  return {action: 'defer', ...seen, wait, text: replyText(text, {client: request.client, wait})}
}

/** What the store's answer means for the client. */
export const conclude = (policy: Policy, request: Request, {ask, answer}: {ask: Ask; answer: Answer}): Decision => {
  const {outcome, first, tries} = answer
  if (outcome === 'new' || outcome === 'early') return deferral(policy, request, {ask, answer})
  if (outcome === 'full') return {action: 'pass', reason: 'limit', ...keyOf(ask)}
  if (outcome === 'known') return {action: 'pass', reason: 'known', ...keyOf(ask), first, tries}
  const delayed = ask.now - first
  return {
    action: 'pass',
    reason: outcome === 'ripe' ? 'retried' : 'spf',
    ...keyOf(ask),
    first,
    tries,
    delayed,
    ...(outcome === 'spf' && ask.spf !== undefined && {by: ask.spf}),
    // In learning mode nothing was delayed by us.
    ...(policy.settings.header && !policy.learning && {header: greylistHeader({delayed, host: policy.host, at: ask.now})}),
  }
}
