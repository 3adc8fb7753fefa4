// Whitelists of former programs, as administrators write them: what passes there passes here.
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {gather, isWrongForm} from '../../src/effects/exchange/gather.js'
import {readSource} from '../../src/effects/exchange/read.js'
import {globsOf} from '../../src/exchange/globs.js'
import type {WhitelistFrom, WhitelistOf} from '../../src/exchange/whitelist.js'
import {parseAddress} from '../../src/policy/address.js'
import {makeLists} from '../../src/policy/lists.js'

const target = {now: 1_790_000_000_000, window: 1, keep: 1, ipv4: 24, ipv6: 64, passNetwork: true, formerDelay: 0}

const read = async (from: WhitelistFrom, whitelist: WhitelistOf, bytes: string) => {
  const path = join(temporaryDirectory('whitelist'), 'list')
  writeFileSync(path, Buffer.from(bytes, 'latin1'))
  const warned: string[] = []
  const gathered = await gather(readSource(from, path, {target, whitelist, warn: text => warned.push(text)}), () => undefined)
  const lists = makeLists(gathered.rules)
  const passes = (what: string): boolean => {
    if (whitelist === 'recipients') return lists.optedOut(what) !== null
    const address = parseAddress(what)
    return lists.verdict({client: what, stage: 'connect', ...(address === null && {clientName: what})}, address)?.action === 'allow'
  }
  return {gathered, skipped: [...gathered.skipped.keys()], warned, passes, rules: gathered.rules.map(({list, kind, value}) => `${list} ${kind} ${value}`)}
}

test.each([
  ['^mail\\d+\\.telekom\\.de$', ['mail*.telekom.de'], true],
  ['^(.*\\.)?ufl\\.edu$', ['ufl.edu', '*.ufl.edu'], false],
  ['^.*-out-.*\\.google\\.com$', ['*-out-*.google.com'], false],
  ['\\.outlook\\.com$', ['*.outlook.com'], false],
  ['^(?:smtp\\w*|postfix)[0-9]+-g[0-9]+\\.free\\.fr$', ['smtp*-g*.free.fr', 'postfix*-g*.free.fr'], true],
  ['^mta[12].siol.net$', ['mta1.siol.net', 'mta2.siol.net'], false],
  ['^.*?.server.arvato-systems.de$', ['*.server.arvato-systems.de'], false],
  ['^p?smtp.*\\.WXS\\.nl$', ['smtp*.wxs.nl', 'psmtp*.wxs.nl'], false],
  ['^..crm[hx]c..\\.comcast\\.net', ['*crmhc*.comcast.net*', '*crmxc*.comcast.net*'], true],
  ['^..crm[hx]c..\\.comcast\\.net$', ['*crmhc*.comcast.net', '*crmxc*.comcast.net'], true],
  ['.*', ['*'], false],
  ['^a|b$', ['a*', '*b'], false],
])('/%s/ as patterns', (source, globs, isWider) => {
  expect(globsOf(source)).toEqual({globs, isWider})
})

test.each(['^(?!bad)x\\.com$', '(a)\\1', '\\d+', '^mail\\d', '[a-z]+\\.com$', 'a{2', 'x(y', 'x)', 'a$b', '\\bmail\\b', `(${'a|'.repeat(9)}b)(${'a|'.repeat(9)}b)`])('/%s/ is no pattern', source => {
  expect(globsOf(source)).toBeNull()
})

test('postgrey: names with all below, short and long networks, IPv6, odd blanks, line ends of DOS, a mark before the first', async () => {
  const list = '\u00ef\u00bb\u00bfbom.example\r\n  spaced.example  # why\r\n\tTABBED.Example\r\n#no.example\r\n192.0.2\r\n198.51\r\n203.0.113.64/27\r\n2001:db8::/32\r\n2001:DB8:1::1\r\n::ffff:192.0.9.9\r\n/^mail\\d+\\.x\\.com$/\r\n*.star.example\r\n10.0.0.0/255.0.0.0\r\n'
  const {passes, skipped, warned} = await read('postgrey', 'clients', list)
  for (const yes of ['bom.example', 'a.bom.example', 'spaced.example', 'tabbed.example', '192.0.2.9', '198.51.7.7', '203.0.113.65', '2001:db8:9::9', '192.0.9.9', 'mail12.x.com', 'a.star.example', '10.9.9.9'])
    expect(passes(yes), yes).toBe(true)
  for (const no of ['notbom.example', 'bom.example.evil', 'no.example', '192.0.3.1', '203.0.113.128', '2001:db9::1', 'mail.y.com', 'star.example.org', '11.0.0.1']) expect(passes(no), no).toBe(false)
  expect(skipped).toEqual([])
  expect(warned).toEqual(['line 11, /^mail\\d+\\.x\\.com$/, is taken as mail*.x.com, which takes some names more'])
})

test('what is no entry is named with its line, up to twenty; nothing that can be read is refused', async () => {
  const {skipped} = await read('postgrey', 'clients', 'good.example\nm\u00fcller.example\n256.1.1.1\n10\n192.0.2.0/33\ntwo words\n/^(?!bad)x$/\n')
  expect(skipped).toEqual([
    'line 2, müller.example: no address, network or name', 'line 3, 256.1.1.1: no address, network or name', 'line 4, 10: no address, network or name',
    'line 5, 192.0.2.0/33: no address, network or name', 'line 6, two words: no address, network or name', 'line 7, /^(?!bad)x$/: a regular expression that no pattern with * can stand for',
  ])
  const junk = await read('sqlgrey', 'clients', 'no entry\n'.repeat(500))
  expect(junk.skipped).toHaveLength(21)
  expect(isWrongForm(junk.gathered)).toBe(true)
  expect(isWrongForm((await read('postgrey', 'clients', '/^(?!bad)x$/\n')).gathered), 'a whitelist all the same').toBe(false)
  expect((await read('postgrey', 'clients', '# nothing yet\n\n')).gathered.rules).toEqual([])
})

test('postgrey: recipients, with what they put behind a plus', async () => {
  const {passes, skipped} = await read('postgrey', 'recipients', 'postmaster@\nabuse@Example.com\nexample.net\n/^info@/\n/@shop\\.example$/\n')
  for (const yes of ['postmaster@any.example', 'postmaster+x@any.example', 'abuse@example.com', 'Abuse+tag@example.com', 'u@example.net', 'u@sub.example.net', 'info@x.example', 'a@shop.example']) expect(passes(yes), yes).toBe(true)
  for (const no of ['u@example.com', 'abuse@sub.example.com', 'xabuse@example.com', 'notpostmaster@any.example', 'u@notexample.net', 'xinfo@x.example']) expect(passes(no), no).toBe(false)
  expect(skipped).toEqual([])
})

test('greylistd: the host list of Exim; what only Exim can look up is named', async () => {
  const {rules, skipped, warned} = await read('greylistd', 'clients', '### FILE\n192.168.0.1\n192.168\n10\n*.debian.org\ngluck.debian.org # a host\n^..crm[a-z]c..\\.comcast\\.net$\n!192.0.2.9\n@[]\n+relays\nnet24-dbm;/etc/hosts.db\nfd00::/8\n')
  expect(rules).toEqual(['allow ip 192.168.0.1', 'allow ip 192.168.0.0/16', 'allow ip 10.0.0.0/8', 'allow client *.debian.org', 'allow client gluck.debian.org', 'allow client *crm*c*.comcast.net', 'allow ip fd00::/8'])
  expect(skipped).toEqual(['line 8, !192.0.2.9', 'line 9, @[]', 'line 10, +relays', 'line 11, net24-dbm;/etc/hosts.db'].map(text => `${text}: an item that only Exim can look up`))
  expect(warned.join()).toMatch(/Exim does not send the name/)
})

test('only programs that have a whitelist file', async () => {
  await expect(gather(readSource('csv', '/dev/null', {target, whitelist: 'clients', warn: () => undefined}), () => undefined)).rejects.toMatchObject({code: 'USAGE', oclif: {exit: 64}})
})
