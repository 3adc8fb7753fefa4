// Postfix's attributes as a question to the policy, and the policy's answer as an action of access(5).
import type {Decision, Request, Stage} from '../policy/types.js'
import {textOfLatin1} from './bytes.js'
import {replyText} from './filter-line.js'
import type {PolicyAttributes} from './policy-delegation.js'

const STAGES: Readonly<Record<string, Stage>> = {
  CONNECT: 'connect',
  EHLO: 'helo',
  HELO: 'helo',
  MAIL: 'mail',
  RCPT: 'rcpt',
  DATA: 'data',
  'END-OF-MESSAGE': 'end',
}

/**
 * What to ask. Absent, empty and `unknown` mean the same (SMTPD_POLICY_README).
 * @returns null for states in which greylisting has no say: VRFY, ETRN, and those of Postfix to come
 */
export const requestOfAttributes = (attributes: PolicyAttributes, listener: string): Request | null => {
  const stage = STAGES[(attributes.get('protocol_state') ?? 'RCPT').toUpperCase()]
  if (stage === undefined) return null
  const value = (name: string): string => textOfLatin1(attributes.get(name) ?? '')
  const name = value('client_name')
  // Before MAIL an empty sender is none; from MAIL on it is the null sender.
  const hasSender = stage !== 'connect' && stage !== 'helo'
  return {
    client: value('client_address'),
    stage,
    listener,
    ...(name !== '' && name !== 'unknown' && {clientName: name}),
    ...(value('helo_name') !== '' && {helo: value('helo_name')}),
    ...(hasSender && {sender: value('sender')}),
    ...(value('recipient') !== '' && {recipient: value('recipient')}),
    ...(value('sasl_username') !== '' && {authenticated: value('sasl_username')}),
    ...(value('instance') !== '' && {instance: value('instance')}),
  }
}

/**
 * The decision as an action. 4.2.0 stands in the text, since Postfix says 4.7.1 of itself, which some peers took for
 * a refusal; DEFER_IF_PERMIT lets a later restriction still refuse for good.
 */
export const actionOf = (decision: Decision): string => {
  if (decision.action === 'reject') return `REJECT 5.7.1 ${replyText(decision.text ?? '') || 'not accepted from here'}`
  if (decision.action === 'defer') return `DEFER_IF_PERMIT 4.2.0 ${replyText(decision.text ?? '') || 'greylisted, please try again later'}`
  return decision.header === undefined ? 'DUNNO' : `PREPEND ${decision.header}`
}
