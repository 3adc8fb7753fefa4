// What is decided before and after the store is asked: ranks, lists, providers, callouts, learning.
import {expect, test} from 'vitest'

import {parseCidr} from '../../src/policy/address.js'
import {cidrMap} from '../../src/policy/cidr-map.js'
import {conclude, open, type Policy} from '../../src/policy/decide.js'
import {makeLists} from '../../src/policy/lists.js'
import {makeRule} from '../../src/policy/rule.js'
import type {PolicySettings, Request, Rule, RuleKind, RuleList} from '../../src/policy/types.js'
import {defaultSettings} from '../../src/settings/settings.js'

const T = 1_790_000_000_000
const settings = defaultSettings({socket: '/run/s.sock', db: '/var/g.db'})
const rule = (list: RuleList, text: string, kind?: RuleKind): Rule => makeRule({list, text, kind})

const policy = (rules: readonly Rule[] = [], more: Partial<PolicySettings> = {}, rest: Partial<Policy> = {}): Policy => ({
  settings: {...settings, ...more},
  lists: makeLists(rules),
  providers: cidrMap([{cidr: parseCidr('198.51.100.0/24')!, value: 'bigmail'}]),
  listeners: new Map(),
  learning: false,
  isSpfClient: () => false,
  spfDomainOf: () => undefined,
  host: 'mx.example',
  ...rest,
})

const mail: Request = {client: '192.0.2.7', clientName: 'mx1.mail.example.com', helo: 'mx1.mail.example.com', sender: 'a@news.example.com', recipient: 'x@here.example', stage: 'rcpt'}
const reason = (request: Partial<Request>, given = policy()): string => {
  const opening = open(given, {...mail, ...request}, T)
  return 'decision' in opening ? `${opening.decision.action} ${opening.decision.reason}` : `ask ${opening.ask.network} ${opening.ask.sender} ${opening.ask.recipient}`.trim()
}

test('an address with a slip in it is no name', () => {
  for (const text of ['300.1.1.1', '1.2.3.4.5', '10.0.0.0/40', '1.2.3.4/'])
    for (const kind of [undefined, 'domain', 'client', 'sender', 'recipient'] as const) expect(() => rule('allow', text, kind)).toThrowError(`'${text}' is no IPv4 address or network`)
  expect(() => rule('opt-out', '192.0.2.1')).toThrowError("'192.0.2.1' is an address, not a recipient")
  expect(rule('block', '192.0.2.1', 'helo')).toMatchObject({kind: 'helo', value: '192.0.2.1'})
})

test('who is never greylisted', () => {
  expect(reason({relayClient: true})).toBe('pass relay-client')
  expect(reason({authenticated: 'me'})).toBe('pass authenticated')
  expect(reason({authenticated: ''})).toMatch(/^ask/)
  expect(reason({override: {mode: 'pass'}})).toBe('pass override')
  expect(reason({override: {mode: 'reject', text: 'no'}})).toBe('reject override')
  expect(reason({client: '198.51.100.9'})).toBe('pass provider')
  expect(reason({client: 'unknown'})).toBe('pass no-address')
  expect(reason({client: '127.0.0.1'}), 'loopback has no privilege').toBe('ask 127.0.0.0/24 a@news.example.com x@here.example')
  expect(reason({client: '10.0.0.1'})).toMatch(/^ask/)
})

test('a callout gets its answer; at DATA the null sender waits like everybody', () => {
  expect(reason({sender: ''})).toBe('pass null-sender')
  expect(reason({sender: '', stage: 'data'})).toBe('ask 192.0.2.0/24 <> x@here.example')
  expect(reason({sender: '', recipient: '', stage: 'connect'}), 'no envelope yet').toBe('ask 192.0.2.0/24')
})

test.each([
  ['192.0.2.7', undefined],
  ['192.0.2.0/24', undefined],
  ['192.0.2.', undefined],
  ['mail.example.com', 'client'],
  ['.example.com', 'client'],
  ['mx*.mail.example.com', 'client'],
  ['example.com', 'helo'],
  ['a@news.example.com', undefined],
  ['@example.com', 'sender'],
  ['a@', 'sender'],
  ['example.com', 'domain'],
  ['x@here.example', 'recipient'],
  ['here.example', 'recipient'],
  ['*@here.example', 'recipient'],
] as const)('an entry %s as %s is found', (text, kind) => {
  expect(reason({}, policy([rule('allow', text, kind)]))).toBe('pass allow-listed')
  expect(reason({}, policy([rule('block', text, kind)]))).toBe('reject block-listed')
})

test.each([
  ['192.0.3.0/24', undefined],
  ['xample.com', 'client'],
  ['.mx1.mail.example.com', 'client'],
  ['b@news.example.com', undefined],
  ['ple.com', 'domain'],
  ['news.example.com.evil', 'domain'],
  ['mx?.mail.example.com', 'client'],
] as const)('an entry %s as %s is not', (text, kind) => {
  try {
    expect(reason({}, policy([rule('allow', text, kind)]))).toMatch(/^ask/)
  } catch (error) {
    expect((error as {code: string}).code).toBe('BAD_ENTRY')
  }
})

test('the narrowest entry of a family counts, the blocking one between equals and families', () => {
  expect(reason({}, policy([rule('block', '192.0.0.0/16'), rule('allow', '192.0.2.0/24')]))).toBe('pass allow-listed')
  expect(reason({}, policy([rule('allow', '192.0.0.0/16'), rule('block', '192.0.2.0/24')]))).toBe('reject block-listed')
  expect(reason({}, policy([rule('allow', '192.0.2.7'), rule('block', '192.0.2.7')]))).toBe('reject block-listed')
  expect(reason({}, policy([rule('allow', 'example.com', 'domain'), rule('block', 'a@news.example.com')]))).toBe('reject block-listed')
  expect(reason({}, policy([rule('block', 'example.com', 'domain'), rule('allow', 'a@news.example.com')]))).toBe('pass allow-listed')
  expect(reason({}, policy([rule('allow', '192.0.2.7'), rule('block', 'a@news.example.com')]))).toBe('reject block-listed')
  expect(reason({clientName: 'unknown'}, policy([rule('allow', 'unknown', 'client')]))).toMatch(/^ask/)
})

test('recipients that take no part, and sites where only some do', () => {
  expect(reason({}, policy([rule('opt-out', 'x@here.example')]))).toBe('pass opted-out')
  expect(reason({}, policy([rule('opt-out', 'here.example')]))).toBe('pass opted-out')
  expect(reason({}, policy([], {recipients: 'opted-in'}))).toBe('pass opted-out')
  expect(reason({}, policy([rule('opt-in', 'here.example')], {recipients: 'opted-in'}))).toMatch(/^ask/)
  expect(reason({}, policy([rule('opt-in', 'here.example'), rule('opt-out', 'x@here.example')], {recipients: 'opted-in'}))).toBe('pass opted-out')
})

test('times: of all, of the listener, of tcp.smtp', () => {
  const listeners = new Map([['unix:/p', {name: 'unix:/p', address: {path: '/p'}, timing: {delay: 300_000, ipv4: 32}, text: 'own %s'}]])
  const given = policy([], {}, {listeners})
  const ask = (request: Partial<Request>) => {
    const opening = open(given, {...mail, ...request}, T)
    if (!('ask' in opening)) throw new Error('not asked')
    return opening.ask
  }
  expect(ask({}).delay).toBe(60_000)
  expect(ask({listener: 'unix:/p'})).toMatchObject({delay: 300_000, network: '192.0.2.7/32'})
  expect(ask({listener: 'unix:/p', override: {delay: 5000, keep: 90_000_000}})).toMatchObject({delay: 5000, keep: 90_000_000, window: 86_400_000})
  const decision = conclude(given, {...mail, listener: 'unix:/p'}, {ask: ask({listener: 'unix:/p'}), answer: {outcome: 'early', first: T - 100_500, last: T, tries: 2}})
  expect(decision).toMatchObject({action: 'defer', reason: 'early', wait: 199_500, text: 'own 200', tries: 2})
})

test('learning lets everything pass and says what it would have been', () => {
  const given = policy([], {}, {learning: true})
  const opening = open(given, mail, T)
  if (!('ask' in opening)) throw new Error('not asked')
  const decision = conclude(given, mail, {ask: opening.ask, answer: {outcome: 'new', first: T, last: T, tries: 1}})
  expect(decision).toMatchObject({action: 'pass', learning: true, reason: 'new', wait: 60_000})
})

test('the header of what passed after a retry', () => {
  const opening = open(policy(), mail, T)
  if (!('ask' in opening)) throw new Error('not asked')
  const decision = conclude(policy(), mail, {ask: opening.ask, answer: {outcome: 'ripe', first: T - 61_900, last: T, tries: 2}})
  expect(decision.header).toBe('X-Greylist: delayed 61 seconds by mailops at mx.example; Mon, 21 Sep 2026 14:13:20 +0000')
  expect(decision).toMatchObject({action: 'pass', reason: 'retried', delayed: 61_900})
})
