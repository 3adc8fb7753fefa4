// SPF records: what they name, what they hide, and a DNS server that answers.
import {expect, test} from 'vitest'

import {makeDns} from '../../src/effects/dns/resolver.js'
import {parseAddress} from '../../src/policy/address.js'
import {deriveRanges} from '../../src/spf/derive.js'
import {domainRanges} from '../../src/spf/index-of-ranges.js'
import {isSpf, parseSpf} from '../../src/spf/record.js'
import {dnsServer} from '../support/dns-server.js'

const derive = async (zone: Parameters<typeof dnsServer>[0], domain = 'example.com', lookups?: number) => deriveRanges(domain, makeDns((await dnsServer(zone)).at), lookups)
/** The same answer with another address of the same length. */
const lie = (answer: Buffer): Buffer => Buffer.from(answer.toString('latin1').replace('192.0.2.1', '6.6.6.6  '), 'latin1')
const otherId = (bytes: Buffer): Buffer => {
  const other = Buffer.from(bytes)
  other.writeUInt16BE((bytes.readUInt16BE(0) + 1) & 0xffff, 0)
  return other
}
const SIMPLE = {'example.com': {txt: ['v=spf1 ip4:192.0.2.1 -all']}}
const RIGHT = {ranges: ['192.0.2.1'], fault: null}

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

test('what only asks about one address names none, and costs a look-up at most', async () => {
  const zone = {
    'example.com': {txt: ['v=spf1 exists:%{i}._spf.example.com ptr ptr:example.com a:%{d}.x.example include:%{h} mx//64 a//48 ip6:2001:db8:9::/48 ?include:other.example ip4:192.0.2.1 -all'], aaaa: ['2001:db8:1:2::5'], a: ['192.0.2.5'], mx: ['mx.example.com']},
    'mx.example.com': {aaaa: ['2001:db8:3:4::5']},
  }
  expect(await derive(zone)).toEqual({ranges: ['192.0.2.5', '2001:db8:1::/48', '2001:db8:3:4::/64', '2001:db8:9::/48'], fault: null})
})

test('look-ups that find nothing: two at most', async () => {
  const hosts = Array.from({length: 6}, (_, n) => `a:gone${n}.example`).join(' ')
  const result = await derive({'example.com': {txt: [`v=spf1 ip4:192.0.2.1 ${hosts} ip4:192.0.2.2 -all`]}})
  expect(result).toEqual({ranges: ['192.0.2.1'], fault: 'more than two of its DNS look-ups find nothing'})
  const loop = Object.fromEntries(['a', 'b', 'c'].map((name, n) => [`${name}.example`, {txt: [`v=spf1 ip4:192.0.2.${n} redirect=${['b', 'c', 'a'][n]}.example`]}]))
  expect(await derive(loop, 'a.example')).toEqual({ranges: ['192.0.2.0', '192.0.2.1', '192.0.2.2'], fault: null})
})

test('an alias, a record of many strings, and one that needs TCP', async () => {
  const many = Array.from({length: 120}, (_, n) => `ip4:198.51.100.${n}`)
  const {at, asked} = await dnsServer({'example.com': {cname: 'real.example'}, 'real.example': {txt: [`v=spf1 ${many.join(' ')} -all`]}})
  expect((await deriveRanges('example.com', makeDns(at))).ranges).toHaveLength(120)
  expect(asked).toEqual(['TXT example.com', 'TCP TXT example.com'])
})

test('answers of strangers, with another id, or damaged, are not believed', async () => {
  const believed = await dnsServer(SIMPLE, {before: (_, answer) => [lie(answer)]})
  expect(await deriveRanges('example.com', makeDns(believed.at)), 'the lie is one that would be believed').toEqual({ranges: ['6.6.6.6'], fault: null})
  const forged = await dnsServer(SIMPLE, {forged: (_, answer) => [lie(answer)]})
  expect(await deriveRanges('example.com', makeDns(forged.at))).toEqual(RIGHT)
  const wrongId = await dnsServer(SIMPLE, {before: (_, answer) => [otherId(lie(answer))]})
  expect(await deriveRanges('example.com', makeDns(wrongId.at))).toEqual(RIGHT)
  // The name of the answer points at itself.
  const loop = await dnsServer(SIMPLE, {instead: (_, answer) => Buffer.concat([answer.subarray(0, 12), Buffer.from([0xc0, 0x0c, 0, 16, 0, 1, 0xc0, 0x0c, 0, 16, 0, 1, 0, 0, 0, 60, 0, 2, 1, 65])])})
  await expect(deriveRanges('example.com', makeDns(loop.at))).rejects.toThrow(/EBADRESP|ETIMEOUT|ESERVFAIL|EFORMERR/)
}, 20_000)

test('a megabyte over TCP is not taken', async () => {
  const long = {'example.com': {txt: [`v=spf1 ${'ip4:192.0.2.1 '.repeat(60)}-all`]}}
  const flood = await dnsServer(long, {overTcp: answer => Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 255]), answer, Buffer.alloc(1024 * 1024, 0xff)])})
  expect(await deriveRanges('example.com', makeDns(flood.at))).toEqual(RIGHT)
  const rubbish = await dnsServer(long, {overTcp: () => Buffer.alloc(1024 * 1024, 0xff)})
  await expect(deriveRanges('example.com', makeDns(rubbish.at))).rejects.toThrow(/E[A-Z]+/)
}, 30_000)

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
