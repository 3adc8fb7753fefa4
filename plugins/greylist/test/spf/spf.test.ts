// SPF records: what they name, what they hide, and a DNS server that answers.
import {expect, test} from 'vitest'

import {makeDns} from '../../src/effects/dns/resolver.js'
import {parseAddress} from '../../src/policy/address.js'
import {deriveRanges} from '../../src/spf/derive.js'
import {domainRanges} from '../../src/spf/index-of-ranges.js'
import {isSpf, parseSpf} from '../../src/spf/record.js'
import {dnsServer} from '../support/dns-server.js'

const derive = async (zone: Parameters<typeof dnsServer>[0], domain = 'example.com', lookups?: number) => deriveRanges(domain, makeDns((await dnsServer(zone)).at), lookups)

test('records', () => {
  expect(isSpf('v=spf1 -all')).toBe(true)
  expect(isSpf('v=spf1')).toBe(true)
  expect(isSpf('v=spf10 -all')).toBe(false)
  expect(parseSpf('v=spf1 ip4:192.0.2.0/24 A MX/24//64 a:mail.example.net include:_spf.example.net ?ip4:1.2.3.4 ip4:5.6.7.8 -all', 'example.com').mechanisms).toMatchObject([
    {kind: 'range'},
    {kind: 'a', domain: 'example.com', ipv4: 32, ipv6: 128},
    {kind: 'mx', domain: 'example.com', ipv4: 24, ipv6: 64},
    {kind: 'a', domain: 'mail.example.net'},
    {kind: 'include', domain: '_spf.example.net'},
  ])
  expect(parseSpf('v=spf1 +all', 'x').isOpen).toBe(true)
  expect(parseSpf('v=spf1 all', 'x').isOpen).toBe(true)
  expect(parseSpf('v=spf1 redirect=_spf.example.org', 'x').redirect).toBe('_spf.example.org')
  expect(parseSpf('v=spf1 exists:%{i}.x.example ptr include:%{d}.x ip4:2001:db8:: ip6:1.2.3.4 ~all', 'x').mechanisms).toEqual([])
})

test('includes, a, mx and redirect are followed', async () => {
  const result = await derive({
    'example.com': {txt: ['other text', 'v=spf1 mx a:www.example.com include:_a.example.net redirect=_r.example.net'], mx: ['mx.example.com']},
    'mx.example.com': {a: ['192.0.2.25'], aaaa: ['2001:db8::25']},
    'www.example.com': {a: ['192.0.2.80']},
    '_a.example.net': {txt: [`v=spf1 ip4:198.51.100.0/24 ${'ip4:203.0.113.1 '.repeat(20)}~all`]},
    '_r.example.net': {txt: ['v=spf1 ip6:2001:db8:1::/48 -all']},
  })
  expect(result).toEqual({ranges: ['192.0.2.25', '192.0.2.80', '198.51.100.0/24', '2001:db8:1::/48', '2001:db8::25', '203.0.113.1'], fault: null})
})

test('what cannot be believed names nothing, and no record goes round for ever', async () => {
  expect((await derive({'example.com': {txt: ['v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all']}})).ranges).toEqual([])
  expect(await derive({'example.com': {txt: ['v=spf1 +all']}})).toEqual({ranges: [], fault: 'example.com lets every address pass'})
  expect((await derive({'example.com': {txt: ['v=spf1 -all', 'v=spf1 ~all']}})).fault).toMatch(/more than one/)
  expect((await derive({})).fault).toMatch(/no SPF record/)
  expect(await derive({'example.com': {txt: ['v=spf1 include:example.com ip4:192.0.2.1 -all']}})).toEqual({ranges: ['192.0.2.1'], fault: null})
  const chain = Object.fromEntries(Array.from({length: 20}, (_, n) => [`n${n}.example`, {txt: [`v=spf1 ip4:192.0.2.${n} include:n${n + 1}.example -all`]}]))
  const cut = await derive(chain, 'n0.example')
  expect(cut.fault).toMatch(/more DNS look-ups/)
  expect(cut.ranges).toHaveLength(11)
})

test('which domain names an address', () => {
  const known = domainRanges()
  const at = (text: string) => parseAddress(text)!
  known.set('a.example', ['192.0.2.0/24', '2001:db8::/32'])
  known.set('b.example', ['192.0.2.0/24', '198.51.100.7'])
  expect(known.domainOf(at('192.0.2.9'))).toBe('a.example')
  expect(known.domainOf(at('2001:db8::1'))).toBe('a.example')
  expect(known.domainOf(at('198.51.100.7'))).toBe('b.example')
  expect(known.domainOf(at('198.51.100.8'))).toBeUndefined()
  expect(known.holds('b.example', at('192.0.2.9'))).toBe(true)
  expect(known.holds('b.example', at('2001:db8::1'))).toBe(false)
  known.set('a.example', ['203.0.113.0/24'])
  expect(known.domainOf(at('2001:db8::1'))).toBeUndefined()
  expect(known.domainOf(at('203.0.113.1'))).toBe('a.example')
})
