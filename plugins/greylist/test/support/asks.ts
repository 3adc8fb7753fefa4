// Random sequences of questions, for holding stores to the pure transition.
import fc from 'fast-check'

import type {Limits} from '../../src/policy/types.js'
import type {Ask} from '../../src/store/store.js'

export const LIMITS: Limits = {perGroup: 6, ipv4: 16, ipv6: 48, pending: 12}

const networks = ['192.0.2.0/24', '192.0.3.0/24', '192.0.4.0/24', '192.0.5.0/24', '198.51.100.0/24', '203.0.113.8/29', '2001:db8:1:1::/64', '2001:db8:1:2::/64', '2001:db8:2:1::/64']
const senders = ['', '<>', 'a@example.com', 'b@example.net', 'näh@example.org']
const recipients = ['', 'x@here.example', 'y@here.example']

const ask = fc.record({
  network: fc.constantFrom(...networks),
  sender: fc.constantFrom(...senders),
  recipient: fc.constantFrom(...recipients),
  // Milliseconds since the question before.
  later: fc.oneof(fc.integer({min: 0, max: 90_000}), fc.integer({min: 0, max: 4 * 3_600_000})),
  spf: fc.option(fc.constantFrom('example.com', 'example.net'), {freq: 4, nil: undefined}),
  dry: fc.boolean(),
  passNetwork: fc.boolean(),
  delay: fc.constantFrom(60_000, 1000),
})

/** Questions in the order of time, with entries of SPF domains among them. */
export const asks = fc.array(ask, {minLength: 1, maxLength: 80}).map(items => {
  let now = 1_790_000_000_000
  return items.map(({later, spf, dry, passNetwork, delay, network, sender, recipient}, n): Ask => {
    now += later
    // Now and then a domain itself is what is asked about, as after an SPF check.
    const isDomain = n % 7 === 3
    return {
      network: isDomain ? 'spf:example.com' : network,
      sender: isDomain ? '' : sender,
      recipient: isDomain || sender === '' ? '' : recipient,
      now,
      delay,
      window: 7_200_000,
      keep: 30_000_000,
      passNetwork,
      ...(spf !== undefined && {spf}),
      ...(dry && n % 3 === 0 && {dry: true as const}),
    }
  })
})
