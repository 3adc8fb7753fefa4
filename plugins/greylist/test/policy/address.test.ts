// Addresses in every form in which servers hand them on.
import fc from 'fast-check'
import {expect, test} from 'vitest'

import {addressText, cidrText, groupOf, networkOf, parseAddress, parseCidr} from '../../src/policy/address.js'
import {cidrMap} from '../../src/policy/cidr-map.js'

const SIZES = {ipv4: 24, ipv6: 64}
const network = (text: string): string | null => {
  const address = parseAddress(text)
  return address === null ? null : networkOf(address, SIZES)
}

test.each([
  ['192.0.2.77', '192.0.2.0/24'],
  ['255.255.255.255', '255.255.255.0/24'],
  ['::ffff:192.0.2.77', '192.0.2.0/24'],
  ['::FFFF:c000:24d', '192.0.2.0/24'],
  ['0:0:0:0:0:ffff:192.0.2.77', '192.0.2.0/24'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002:0003:0004:0005:0006', '2001:db8:1:2::/64'],
  ['fe80::1%eth0', 'fe80::/64'],
  ['[2001:db8::1]', '2001:db8::/64'],
  ['IPv6:2001:db8::1', '2001:db8::/64'],
  ['::1', '::/64'],
  ['127.0.0.1', '127.0.0.0/24'],
])('%s is of %s', (text, expected) => expect(network(text)).toBe(expected))

test.each(['', 'unknown', '1.2.3', '1.2.3.4.5', '256.1.1.1', '1.2.3.4 ', 'example.com', ':::', '2001:db8', '12345::1', '0x7f.1.1.1', '-1.2.3.4'])(
  '%j is no address',
  text => expect(parseAddress(text)).toBeNull(),
)

test('text and address are each other', () => {
  fc.assert(
    fc.property(fc.ipV4(), text => {
      expect(addressText(parseAddress(text)!)).toBe(text)
    }),
  )
  fc.assert(
    fc.property(fc.ipV6(), text => {
      const once = addressText(parseAddress(text)!)
      expect(addressText(parseAddress(once)!)).toBe(once)
    }),
  )
})

test('ranges', () => {
  expect(cidrText(parseCidr('192.0.2.77/24')!)).toBe('192.0.2.0/24')
  expect(cidrText(parseCidr('192.0.2.77')!)).toBe('192.0.2.77')
  expect(cidrText(parseCidr('2001:db8:1::/33')!)).toBe('2001:db8::/33')
  expect(cidrText(parseCidr('::ffff:192.0.2.0/120')!)).toBe('192.0.2.0/24')
  expect(cidrText(parseCidr('0.0.0.0/0')!)).toBe('0.0.0.0/0')
  for (const wrong of ['1.2.3.4/33', '1.2.3.4/', '::/129', '1.2.3.0/-1', 'a/24', '::ffff:1.2.3.4/24']) expect(parseCidr(wrong)).toBeNull()
})

test('the narrowest range is found, as by looking at all bits', () => {
  const bits = (text: string): string => {
    const address = parseAddress(text)!
    return address.family === 4 ? address.value.toString(2).padStart(32, '0') : BigInt(`0x${address.hex}`).toString(2).padStart(128, '0')
  }
  const range = fc.oneof(
    fc.tuple(fc.constantFrom('10.0.0.0', '10.1.2.3', '10.1.0.0', '192.168.5.9'), fc.integer({min: 0, max: 32})),
    fc.tuple(fc.constantFrom('2001:db8::', '2001:db8:1::1', 'fe80::9'), fc.integer({min: 0, max: 128})),
  )
  const client = fc.constantFrom('10.0.0.1', '10.1.2.3', '10.1.2.4', '192.168.5.8', '2001:db8::5', '2001:db8:1::1', '2001:db9::1')
  fc.assert(
    fc.property(fc.array(range, {maxLength: 12}), client, (ranges, text) => {
      const map = cidrMap(ranges.map(([base, prefix], value) => ({cidr: parseCidr(`${base}/${prefix}`)!, value})))
      const found = map.find(parseAddress(text)!)
      const fitting = ranges.filter(([base, prefix]) => base.includes(':') === text.includes(':') && bits(base).slice(0, prefix) === bits(text).slice(0, prefix))
      expect(found?.prefix ?? -1).toBe(Math.max(-1, ...fitting.map(([, prefix]) => prefix)))
    }),
  )
})

test('groups: /16 and /48, never one for both families, none for a domain', () => {
  const limits = {ipv4: 16, ipv6: 48}
  expect(groupOf('192.0.2.0/24', limits)).toBe(groupOf('192.0.99.0/24', limits))
  expect(groupOf('192.0.2.0/24', limits)).not.toBe(groupOf('192.1.2.0/24', limits))
  expect(groupOf('2001:db8:1:2::/64', limits)).toBe(groupOf('2001:db8:1:3::/64', limits))
  expect(groupOf('2001:db8:1:2::/64', limits)).not.toBe(groupOf('2001:db8:2:2::/64', limits))
  expect(groupOf('ffff:ffff:ffff:1::/64', limits)).not.toBe(groupOf('ffff:ffff:fffe:1::/64', limits))
  expect(groupOf('spf:example.com', limits)).toBeNull()
})
