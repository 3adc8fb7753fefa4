// Why a client was deferred, when it may pass, and what would let it pass: findings, one a line.
import {durationText, plural, terminalSafe, type JsonObject} from 'mailops/core'

import {networkOf, parseAddress} from '../policy/address.js'
import type {SeenEnvelope} from '../policy/envelopes.js'
import {domainOf} from '../policy/sender.js'
import type {Decision, Settings} from '../policy/types.js'
import type {Entry, Lost} from '../store/store.js'
import {decisionText} from './decision-text.js'
import {entryJson, prospect, stateOf} from './entry-row.js'

/** One thing that is known. `kind` is stable, for scripts. */
export interface Finding {
  readonly kind: 'decision' | 'entry' | 'lost' | 'envelope' | 'advice'
  readonly text: string
  readonly data?: JsonObject
}

const ago = (at: number, now: number): string => `${durationText(Math.max(0, now - at) / 1000)} ago`

const keyText = ({network, sender, recipient}: Pick<Entry, 'network' | 'sender' | 'recipient'>): string =>
  terminalSafe(sender === '' && recipient === '' ? network : `${network} ${sender} -> ${recipient}`)

/** An entry as a finding. */
export const entryFinding = (entry: Entry, now: number, settings: Settings): Finding => {
  const state = stateOf(entry, now, settings)
  const tries = plural(entry.tries, 'attempt')
  const past = entry.passed > 0 ? `first seen ${ago(entry.first, now)}, passed after ${durationText((entry.passed - entry.first) / 1000)}, last used ${ago(entry.last, now)}` : `first seen ${ago(entry.first, now)}, ${tries}, last ${ago(entry.last, now)}`
  return {kind: 'entry', text: `${keyText(entry)}: ${state}; ${past}; ${prospect(entry, now, settings)}`, data: {...(entryJson(entry) as object), state}}
}

/** What never came back, as a finding. */
export const lostFinding = (lost: Lost, now: number): Finding => ({
  kind: 'lost',
  text: `${keyText(lost)}: seen ${ago(lost.first, now)}, ${plural(lost.tries, 'attempt')}, never came back in time`,
  data: entryJson({...lost, passed: 0}),
})

/** What a deferred client said, as a finding. */
export const envelopeFinding = ({network, client, helo, sender, recipient, at}: SeenEnvelope, now: number): Finding => ({
  kind: 'envelope',
  text: `${terminalSafe(client)} was turned away ${ago(at, now)} with mail from ${terminalSafe(sender === '' ? '<>' : sender)}${recipient === '' ? '' : ` to ${terminalSafe(recipient)}`}`,
  data: {network, client, ...(helo !== undefined && {helo}), sender, recipient, at: new Date(at).toISOString()},
})

/** The decision that would fall now. */
export const decisionFinding = (client: string, decision: Decision): Finding => ({
  kind: 'decision',
  text: `${terminalSafe(client)} ${decisionText(decision)}`,
  data: decision as unknown as JsonObject,
})

/** Commands that would let a deferred client pass. */
export const adviceFor = (client: string, decision: Decision, settings: Settings): Finding[] => {
  const advice = (text: string): Finding => ({kind: 'advice', text})
  if (decision.reason === 'block-listed') return [advice('take it off: mailops greylist block ENTRY --remove (the entry is named above)')]
  if (decision.action !== 'defer') return []
  const address = parseAddress(client)
  const domain = decision.sender === undefined ? '' : domainOf(decision.sender)
  return [
    advice(`let it come back after ${durationText(Math.ceil((decision.wait ?? settings.delay) / 1000))}, within ${durationText(settings.window / 1000)} of its first attempt`),
    ...(address === null ? [] : [advice(`or let its network pass: mailops greylist allow ${networkOf(address, settings)}`)]),
    ...(domain === '' ? [] : [advice(`or the domain: mailops greylist allow ${terminalSafe(domain)} --as domain`)]),
    ...(decision.recipient === undefined || decision.recipient === '' ? [] : [advice(`or take the recipient out: mailops greylist opt out ${terminalSafe(decision.recipient)}`)]),
  ]
}
