// A line of the filter as a question to the policy, and the policy's answer as a line.
import type {Decision, Override, Request} from '../policy/types.js'
import {durationOrNull} from '../settings/duration.js'
import type {Envelope} from '../policy/service.js'
import type {ConnectLine, EnvelopeLine, FilterReply} from './filter-line.js'

/** TCPREMOTEHOST is DNS data: whoever owns the reverse zone writes it. */
const hostName = (name: string): string => name.toLowerCase().replace(/[^a-z0-9._-]/g, '').slice(0, 255)

/** What is no span of time is as if it were not set: a slip in tcp.smtp must not stop the mail. */
const overrideOf = (overrides: ConnectLine['overrides']): Override =>
  Object.fromEntries(Object.entries(overrides).map(([name, text]) => [name, durationOrNull(text as string)] as const).filter(([, span]) => span !== null))

/** The overrides that are no span of time, as the environment has them: `GREYLIST_DELAY 'soon'`. */
export const slipsOf = ({overrides}: ConnectLine): string[] =>
  Object.entries(overrides).flatMap(([name, text]) => (durationOrNull(text as string) === null ? [`GREYLIST_${name.toUpperCase()} ${JSON.stringify((text as string).slice(0, 40))}`] : []))

/** What to ask when a client has connected. */
export const requestOfConnect = (line: ConnectLine, listener: string): Request => ({
  client: line.ip,
  stage: 'connect',
  listener,
  ...(line.host !== '' && {clientName: hostName(line.host)}),
  ...(Object.keys(line.overrides).length > 0 && {override: overrideOf(line.overrides)}),
})

/** What a deferred client said, as the policy keeps it. */
export const envelopeOf = (line: EnvelopeLine): Envelope => ({
  client: line.ip,
  ...(line.helo !== '' && {helo: line.helo}),
  ...(line.from !== null && {sender: line.from}),
  recipients: line.to === null || line.to === '' ? [] : [line.to],
})

/** Troubles of the store are a pass, but the filter's own --fail has the last word on them. */
export const isFault = ({reason}: Decision): boolean => reason === 'store-fault' || reason === 'disk-full'

/** The decision in the words of the line protocol. */
export const filterReplyOf = (decision: Decision): FilterReply => {
  if (isFault(decision)) return {verb: 'fail', text: decision.reason === 'disk-full' ? 'the disk of the store is full' : 'the store is out of order'}
  if (decision.action === 'pass') return {verb: 'pass'}
  if (decision.action === 'reject') return {verb: 'deny', text: decision.text ?? ''}
  return {verb: 'grey', seconds: (decision.wait ?? 0) / 1000, text: decision.text ?? ''}
}
