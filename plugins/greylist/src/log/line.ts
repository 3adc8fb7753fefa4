// The line that a decision leaves: JSON for machines, or the classic form that greps and log analysers know.
import {terminalSafe} from 'mailops/core'

import type {Envelope} from '../policy/service.js'
import type {Decision, LogForm, Request} from '../policy/types.js'

const seconds = (span: number | undefined): number | undefined => (span === undefined ? undefined : Math.ceil(span / 1000))

/** Members in the order in which a reader wants them; absent ones are left out. */
const members = (request: Request, decision: Decision, at: number): Record<string, unknown> => ({
  at: new Date(at).toISOString(),
  action: decision.action,
  reason: decision.reason,
  learning: decision.learning,
  client: request.client,
  name: request.clientName === 'unknown' || request.clientName === '' ? undefined : request.clientName,
  helo: request.helo === '' ? undefined : request.helo,
  sender: request.sender,
  recipient: request.recipient === '' ? undefined : request.recipient,
  stage: request.stage,
  network: decision.network,
  key: decision.sender === undefined ? undefined : [decision.network, decision.sender, decision.recipient].join(' '),
  wait: seconds(decision.wait),
  delayed: decision.delayed === undefined ? undefined : Math.floor(decision.delayed / 1000),
  tries: decision.tries,
  by: decision.by,
  listener: request.listener,
})

const quoted = (text: string): string => terminalSafe(text).replace(/[\s,]/g, '?')

/** postgrey's words, so that what reads its log reads ours: `action=greylist, reason=new, client_address=...`. */
const classic = (request: Request, decision: Decision): string => {
  const {action, reason, wait, delayed, learning, by} = decision
  const parts: (string | false)[] = [
    `action=${action === 'defer' ? 'greylist' : action}`,
    `reason=${reason === 'early' ? `early-retry (${seconds(wait)}s missing)` : reason === 'new' && wait !== undefined ? `new (${seconds(wait)}s to wait)` : reason}`,
    learning === true && 'learning=yes',
    delayed !== undefined && `delay=${Math.floor(delayed / 1000)}`,
    by !== undefined && `by=${terminalSafe(by).replaceAll(',', ';')}`,
    `client_name=${quoted(request.clientName ?? 'unknown')}`,
    `client_address=${quoted(request.client)}`,
    request.sender !== undefined && `sender=${quoted(request.sender)}`,
    request.recipient !== undefined && `recipient=${quoted(request.recipient)}`,
  ]
  return parts.filter(part => part !== false).join(', ')
}

/** One line without its end, for a decision; `off` never comes here. */
export const logLine = (form: Exclude<LogForm, 'off'>, {request, decision, at}: {request: Request; decision: Decision; at: number}): string =>
  form === 'classic' ? classic(request, decision) : JSON.stringify(members(request, decision, at))

/**
 * One line without its end, for what a deferred client of the filter said after its decision. It has no `action`: what
 * counts decisions passes it over.
 */
export const envelopeLine = (form: Exclude<LogForm, 'off'>, {envelope: {client, helo, sender, recipients}, at}: {envelope: Envelope; at: number}): string => {
  const recipient = recipients[0]
  if (form === 'json') return JSON.stringify({at: new Date(at).toISOString(), event: 'envelope', client, helo, sender, recipient})
  const parts = [
    `envelope: client_address=${quoted(client)}`,
    helo !== undefined && `helo_name=${quoted(helo)}`,
    sender !== undefined && `sender=${quoted(sender)}`,
    recipient !== undefined && `recipient=${quoted(recipient)}`,
  ]
  return parts.filter(part => part !== false).join(', ')
}
