// The pure parts: lists, configuration lists, zone files, MX rules, the queue list; none of them ever throws on junk.
import fc from 'fast-check'
import {expect, test} from 'vitest'

import {editDebian, parseDebian} from '../../dist/domain/debian.js'
import {domainListItems} from '../../dist/domain/exim-config.js'
import {eximRouters, hostItems, routeTest} from '../../dist/domain/exim-output.js'
import {postfixList} from '../../dist/domain/foreign-lists.js'
import {editInlineList} from '../../dist/domain/inline-list.js'
import {addToList, parseList, removeFromList} from '../../dist/domain/list-file.js'
import {addressForm, routingOf, type HostAnswer, type MxAnswer} from '../../dist/domain/mx.js'
import {domainForm} from '../../dist/domain/name.js'
import {objection, verdictOf} from '../../dist/domain/verdict.js'
import {zoneMx} from '../../dist/domain/zone.js'
import {isFor, isOfThatFault, parseQueueList} from '../../dist/frozen/queue-list.js'

const domains = fc.constantFrom('a.example', 'b.example', 'c.example', 'xn--bcher-kva.example')
const line = fc.oneof(
  domains,
  domains.map(name => name.toUpperCase()),
  domains.map(name => `${name}.`),
  domains.map(name => ` ${name}`),
  domains.map(name => `${name}: value`),
  fc.constantFrom('', '# a.example', '*.example', '!!'),
  fc.string(),
)
const lists = fc
  .array(
    fc.tuple(line, fc.constantFrom('\n', '\r\n')).map(([text, end]) => text + end),
    {maxLength: 12},
  )
  .map(parts => parts.join(''))

test('a list: after adding, the domain is there once and works; after removing, it is not; all else stays, in order', () => {
  fc.assert(
    fc.property(lists, domains, (text, domain) => {
      const others = (all: string): string[] =>
        all.split('\n').filter(each => parseList(`${each}\n`).entries[0]?.domain !== domain && each !== '')
      const added = addToList(text, domain)
      const found = parseList(added).entries.filter(entry => entry.domain === domain)
      expect(found).toMatchObject([{works: true, defects: []}])
      expect(others(added)).toEqual(others(text))
      expect(addToList(added, domain)).toBe(added)
      const removed = removeFromList(added, domain)
      expect(parseList(removed).entries.some(entry => entry.domain === domain)).toBe(false)
      expect(others(removed)).toEqual(others(text))
    }),
  )
})

test("Debian's settings: what is put in is read back, every other line and item stays", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a.example', 'b.example', '*.wild.example', 'c.example')),
      domains,
      fc.boolean(),
      (items, domain, isIn) => {
        const text = `# comment\ndc_other_hostnames='${items.join(';')}'\ndc_local_interfaces='127.0.0.1 ; ::1'\n`
        const edited = editDebian(text, {setting: 'dc_other_hostnames', domain, isIn})
        expect(parseDebian(edited, 'dc_other_hostnames').entries.some(entry => entry.domain === domain)).toBe(isIn)
        const rest = (all: string) => ({
          lines: all.split('\n').filter(each => !each.startsWith('dc_other')),
          patterns: parseDebian(all, 'dc_other_hostnames').patterns,
          domains: parseDebian(all, 'dc_other_hostnames')
            .entries.filter(entry => entry.domain !== domain)
            .map(entry => entry.domain),
        })
        expect(rest(edited)).toEqual(rest(text))
      },
    ),
  )
})

test('a named list of Exim: macros, continuations, other lists, separators', () => {
  const config =
    'MINE = one.example : two.example\ndomainlist other = <; three.example ; four.example\ndomainlist local_domains = @ : MINE : \\\n  # why\n  +other : lsearch;/etc/d : *.wild.example : !not.example\n'
  expect(
    domainListItems(config, 'local_domains').map(item =>
      'text' in item ? item.text : 'path' in item ? item.path : item.kind,
    ),
  ).toEqual([
    'self',
    'one.example',
    'two.example',
    'three.example',
    'four.example',
    '/etc/d',
    '*.wild.example',
    '!not.example',
  ])
  expect(domainListItems('domainlist a = +b\ndomainlist b = +a : x.example\n', 'a')).toMatchObject([
    {text: 'x.example'},
  ])
})

test.each([
  ['domainlist l = a.example\n', true, 'domainlist l = a.example : n.example\n'],
  ['domainlist l =\n', true, 'domainlist l = n.example\n'],
  ['domainlist l = <; a.example\n', true, 'domainlist l = <; a.example ; n.example\n'],
  ['domainlist l = n.example\nx = n.example\n', false, 'domainlist l = \nx = n.example\n'],
  ['domainlist l = n.example : a.example\n', false, 'domainlist l = a.example\n'],
  ['domainlist l = a.example : \\\n  n.example : b.example\n', false, 'domainlist l = a.example : b.example\n'],
  [
    'domainlist l = sub.n.example : n.example.org : N.example.\n',
    false,
    'domainlist l = sub.n.example : n.example.org\n',
  ],
  ['M = n.example\ndomainlist l = M\n', false, null],
  ['domainlist k = a.example\n', true, null],
])('an edit of %j', (text, isIn, wanted) => {
  expect(editInlineList(text, {name: 'l', domain: 'n.example', isIn})).toBe(wanted)
})

test('a zone file: origins, owners left out, relative and absolute names, null MX', () => {
  const zone =
    '$TTL 1h\n; MX 0 comment.\n@ IN SOA a b (1 2 3 4 5)\n  IN NS ns1\n  14400 IN MX 5 mail\n@ MX 10 mx.other.example.\nwww IN MX 1 wrong\n$ORIGIN sub.d.example.\n@ MX 1 wrong\nd.example. IN MX 20 back\n'
  expect(zoneMx(zone, 'd.example')).toEqual({
    status: 'mx',
    records: [
      {priority: 5, exchange: 'mail.d.example'},
      {priority: 10, exchange: 'mx.other.example'},
      {priority: 20, exchange: 'back.sub.d.example'},
    ],
  })
  expect(zoneMx('@ IN MX 0 .\n', 'd.example')).toEqual({status: 'null-mx'})
  expect(zoneMx('@ IN A 192.0.2.1\n', 'd.example')).toEqual({status: 'none'})
})

const own = {addresses: new Set(['192.0.2.10']), names: ['*.ours.example'], ignoresLoopback: true}
const host = (...addresses: string[]): HostAnswer => ({status: addresses.length === 0 ? 'none' : 'found', addresses})
const place = (answer: MxAnswer, hosts: Record<string, HostAnswer>) =>
  routingOf('d.example', {answer, hosts: new Map(Object.entries(hosts)), own}).place
const mx = (...records: [number, string][]): MxAnswer => ({
  status: 'mx',
  records: records.map(([priority, exchange]) => ({priority, exchange})),
})

test('which MX is the best, with ties, unknown hosts, hosts without address, names of our own', () => {
  const failed: HostAnswer = {status: 'failed', addresses: [], why: 'SERVFAIL'}
  expect(place(mx([10, 'a'], [10, 'b']), {a: host('198.51.100.1'), b: host('192.0.2.10')})).toBe('here')
  expect(place(mx([10, 'a'], [20, 'b']), {a: host('198.51.100.1'), b: host('192.0.2.10')})).toBe('behind')
  expect(place(mx([10, 'a'], [20, 'b']), {a: host(), b: host('192.0.2.10')})).toBe('here')
  expect(place(mx([10, 'a'], [20, 'b']), {a: failed, b: host('192.0.2.10')})).toBe('undecided')
  expect(place(mx([10, 'a'], [5, 'c'], [20, 'b']), {a: failed, b: host('192.0.2.10'), c: host('198.51.100.1')})).toBe(
    'behind',
  )
  expect(place(mx([10, 'a'], [20, 'b']), {a: host('192.0.2.10'), b: failed})).toBe('here')
  expect(place(mx([10, 'a'], [20, 'b']), {a: host('198.51.100.1'), b: failed})).toBe('undecided')
  expect(place(mx([10, 'mx.ours.example']), {'mx.ours.example': host('198.51.100.1')})).toBe('here')
  expect(place(mx([10, 'a']), {a: host('127.0.0.1')})).toBe('nowhere')
  expect(place(mx([10, 'a']), {a: {status: 'failed', addresses: ['192.0.2.10'], why: 'no AAAA'}})).toBe('here')
  expect(place({status: 'failed', why: 'SERVFAIL'}, {})).toBe('undecided')
  expect(addressForm('2001:0db8:0000::0007')).toBe(addressForm('2001:db8::7'))
  expect(addressForm('::ffff:192.0.2.10')).toBe('192.0.2.10')
})

test('DNS that could not say never gives leave, and is never a fault', () => {
  for (const role of ['local', 'remote', 'backup'] as const) expect(objection(role, 'undecided')).not.toBeNull()
  for (const role of ['local', 'remote', 'backup', 'unlisted'] as const)
    expect(verdictOf({role, isConflict: true}, 'undecided')).toMatchObject({isFault: false, want: null})
})

test('the queue of both lengths of id, recipients that are done left out', () => {
  const text =
    '25m  2.9K 1xUrpX-00000h-2H <alice@here.example> *** frozen ***\n          bob@looped.example\n        D done@looped.example\n\n 3d   1.2K 10HmaX-000000005vi-0000 <>\n          x@sub.looped.example\n'
  const [first, second] = parseQueueList(text)
  expect(first).toEqual({
    id: '1xUrpX-00000h-2H',
    age: '25m',
    sender: 'alice@here.example',
    isFrozen: true,
    recipients: ['bob@looped.example'],
  })
  expect(second).toMatchObject({id: '10HmaX-000000005vi-0000', sender: '', isFrozen: false})
  expect(isFor(first!, 'looped.example')).toBe(true)
  expect(isFor(second!, 'looped.example')).toBe(false)
  expect(
    isOfThatFault(
      '2026-03-03 10:00:00 lowest numbered MX record points to local host: looped.example\n',
      'looped.example',
    ),
  ).toBe(true)
  expect(
    isOfThatFault(
      '2026-03-03 10:00:00 lowest numbered MX record points to local host: notlooped.example\n',
      'looped.example',
    ),
  ).toBe(false)
  expect(isOfThatFault('*** Frozen (message created with -f <>)\n', 'looped.example')).toBe(false)
})

test('what Exim prints', () => {
  expect(
    routeTest({
      stdout: 'bob@looped.example cannot be resolved at this time: lowest numbered MX record points to local host\n',
      stderr: '',
      status: 1,
    }),
  ).toMatchObject({outcome: 'self'})
  expect(
    routeTest({
      stdout: 'bob@x.example cannot be resolved at this time: host lookup did not complete\n',
      stderr: '',
      status: 1,
    }),
  ).toMatchObject({outcome: 'deferred'})
  expect(
    routeTest({
      stdout: '',
      stderr: 'LOG: MAIN\n  remote host address is the local host: x.example (while routing <a@x.example>)\n',
      status: 1,
    }).outcome,
  ).toBe('self')
  expect(
    eximRouters(
      '\nlookuphost router:\ndriver = dnslookup\nself = pass\nno_more\n\nlocal router:\ndriver = accept\n',
    ).map(({name, options}) => [name, options.get('self')]),
  ).toEqual([
    ['lookuphost', 'pass'],
    ['local', undefined],
  ])
  expect(hostItems('<; 127.0.0.1 ; ::1')).toEqual(['127.0.0.1', '::1'])
  expect(hostItems('127.0.0.1 : ::::1')).toEqual(['127.0.0.1', '::1'])
  expect(
    postfixList('mydestination = $myhostname, localhost,\n # c\n  a.example\nmyhostname=m.example\n', 'mydestination')
      .items,
  ).toEqual(['m.example', 'localhost', 'a.example'])
})

test('names: case, final dot, other scripts; what is none', () => {
  expect(['EXAMPLE.com.', 'bücher.example', '_dmarc.example.com', 'localhost'].map(domainForm)).toEqual([
    'example.com',
    'xn--bcher-kva.example',
    '_dmarc.example.com',
    'localhost',
  ])
  expect(
    [
      '',
      '.',
      'a..b',
      'a b',
      'user@example.com',
      '-a.example',
      'http://x',
      '*.example.com',
      'ü/x',
      `${'a'.repeat(64)}.example`,
    ].map(domainForm),
  ).toEqual(Array.from({length: 10}, () => null))
})

const junk = fc.oneof(
  fc.string(),
  fc.string({unit: 'binary', maxLength: 40}),
  fc.uint8Array({maxLength: 300}).map(bytes => Buffer.from(bytes).toString('latin1')),
)

test('junk never throws', () => {
  fc.assert(
    fc.property(junk, junk, (text, name) => {
      parseList(text)
      parseQueueList(text)
      zoneMx(text, 'd.example')
      domainListItems(text, name)
      editInlineList(text, {name: 'local_domains', domain: 'd.example', isIn: true})
      eximRouters(text)
      hostItems(text)
      postfixList(text, 'mydestination')
      domainForm(text)
      isOfThatFault(text, 'd.example')
    }),
  )
})
