// What deferred clients of the filter said, the newest of them: qmail's entries know networks only, and people ask by mail address.
import {addressText, networkOf, parseAddress} from './address.js'
import {recipientKey, senderKey} from './sender.js'
import type {Envelope} from './service.js'

/** One envelope, as long as it is remembered. */
export interface SeenEnvelope {
  readonly network: string
  readonly client: string
  readonly helo?: string
  readonly sender: string
  /** '' when it named none. */
  readonly recipient: string
  readonly at: number
}

/** Of a network, or with this mail address as sender or recipient. */
export type EnvelopeFilter = {readonly network: string} | {readonly address: string}

export interface Envelopes {
  add(envelope: Envelope, sizes: {readonly ipv4: number; readonly ipv6: number; readonly at: number}): void
  /** Newest first. */
  find(filter: EnvelopeFilter, limit: number): readonly SeenEnvelope[]
}

/** Some hours of a busy host; about 2 MB. */
const MOST = 5000

/** Longer than any address may be (RFC 5321 4.5.3.1). */
const cut = (text: string): string => text.slice(0, 320)

/** A memory with nothing in it; of one network, sender and recipient it keeps the newest. */
export const makeEnvelopes = (): Envelopes => {
  const seen = new Map<string, SeenEnvelope>()
  return {
    add: ({client, helo, sender, recipients}, {at, ...sizes}) => {
      const address = parseAddress(client)
      // Who leaves before MAIL has said nothing that somebody could ask for.
      if (address === null || sender === undefined) return
      const network = networkOf(address, sizes)
      const [from, recipient] = [cut(sender), cut(recipients[0] ?? '')]
      const key = `${network}\n${senderKey(from)}\n${recipientKey(recipient)}`
      seen.delete(key)
      seen.set(key, {network, client: addressText(address), ...(helo !== undefined && {helo: cut(helo)}), sender: from, recipient, at})
      if (seen.size > MOST) seen.delete(seen.keys().next().value ?? key)
    },
    find: (filter, limit) => {
      const fits = (one: SeenEnvelope): boolean =>
        'network' in filter ? one.network === filter.network : senderKey(one.sender) === senderKey(filter.address) || recipientKey(one.recipient) === recipientKey(filter.address)
      return [...seen.values()].toReversed().filter(fits).slice(0, limit)
    },
  }
}
