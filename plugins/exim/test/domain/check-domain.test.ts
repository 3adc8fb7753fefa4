// mailops exim check-domain against a DNS server of the test's own: every row of the decision table, on every kind of machine.
import {join} from 'node:path'

import {afterAll, beforeAll, expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {cliIn} from '../support/cli.js'
import {startDns, type Records, type TestDns} from '../support/dns.js'
import {makeRoot} from '../support/root.js'

const HERE = '192.0.2.10'

const RECORDS: Records = {
  'here.example': {MX: [[10, 'mx.here.example']]},
  'mx.here.example': {A: [HERE]},
  'away.example': {MX: [[10, 'mx.away.example']], truncate: true},
  'mx.away.example': {A: ['198.51.100.7']},
  'behind.example': {
    MX: [
      [10, 'mx.away.example'],
      [20, 'mx.here.example'],
    ],
  },
  'tie.example': {
    MX: [
      [10, 'mx.away.example'],
      [10, 'mx.here.example'],
    ],
  },
  'implicit.example': {A: [HERE]},
  'null.example': {MX: [[0, '.']]},
  'six.example': {MX: [[10, 'mx.six.example']]},
  'mx.six.example': {AAAA: ['2001:db8::7']},
  'alias.example': {MX: [[10, 'alias-mx.example']]},
  'alias-mx.example': {CNAME: 'mx.away.example'},
  'broken.example': {servfail: true},
  'half.example': {
    MX: [
      [10, 'broken-host.example'],
      [20, 'mx.here.example'],
    ],
  },
  'broken-host.example': {servfail: true},
  'loop.example': {MX: [[10, 'localhost-mx.example']]},
  'localhost-mx.example': {A: ['127.0.0.1']},
}

let dns: TestDns
beforeAll(async () => {
  dns = await startDns(RECORDS)
})
afterAll(() => dns.stop())

const check = async (files: Record<string, string>, ...args: string[]) => {
  const directory = temporaryDirectory('domain')
  const root = makeRoot(join(directory, 'root'), files)
  return cliIn(directory)(
    'exim',
    'check-domain',
    ...args,
    '--root',
    root,
    '--resolver',
    dns.address,
    '--public-address',
    HERE,
  )
}

const CPANEL = {
  'etc/localdomains': '# local\nhere.example\naway.example\nbehind.example\n',
  'etc/remotedomains': 'implicit.example\nalias.example\n',
  'etc/secondarymx': 'tie.example\n',
  'etc/userdomains': 'here.example: amy\nimplicit.example: amy\n*: nobody\n',
  'var/cpanel/users/amy': 'DNS=here.example\nMXCHECK-here.example=local\nMXCHECK-implicit.example=local\n',
}

test('the decision table on a cPanel machine', async () => {
  const domains = [
    'here',
    'away',
    'behind',
    'tie',
    'implicit',
    'null',
    'six',
    'alias',
    'broken',
    'half',
    'loop',
    'nosuch',
  ].map(name => `${name}.example`)
  const ended = await check(CPANEL, ...domains, '--json')
  expect(ended.stderr).toBe('')
  expect(ended.status).toBe(1)
  const {system, domains: found} = ended.json()
  expect(system).toBe('cpanel')
  expect(
    Object.fromEntries(found.map((one: any) => [one.domain, `${one.role} ${one.mx.place} ${one.verdict} ${one.want}`])),
  ).toEqual({
    'here.example': 'local here OK null',
    'away.example': 'local elsewhere LOCAL_MX_ELSEWHERE remote',
    'behind.example': 'local behind LOCAL_MX_ELSEWHERE backup',
    'tie.example': 'backup here BACKUP_IS_PRIMARY local',
    'implicit.example': 'remote here MX_HERE_NOT_LOCAL local',
    'null.example': 'unlisted null-mx NO_MAIL null',
    'six.example': 'unlisted elsewhere OK null',
    'alias.example': 'remote elsewhere OK null',
    'broken.example': 'unlisted undecided UNDECIDED null',
    'half.example': 'unlisted undecided UNDECIDED null',
    'loop.example': 'unlisted nowhere NO_MAIL null',
    'nosuch.example': 'unlisted nowhere NO_MAIL null',
  })
  const codes = (domain: string): string[] =>
    found.find((one: any) => one.domain === domain).findings.map(({code}: any) => code)
  expect(codes('tie.example')).toContain('TIE')
  expect(codes('implicit.example')).toEqual(expect.arrayContaining(['IMPLICIT_MX', 'MXCHECK_CONTRADICTS']))
  expect(codes('six.example')).toContain('IPV6_ONLY')
  expect(codes('alias.example')).toContain('MX_ALIAS')
  expect(codes('loop.example')).toContain('MX_LOOPBACK')
  expect(found.find((one: any) => one.domain === 'implicit.example').fixes[0]).toMatch(
    /^mailops exim set-domain implicit\.example local --root \S+ --resolver 127\.0\.0\.1:\d+ --public-address 192\.0\.2\.10$/,
  )
  expect(dns.asked, 'a cut answer is asked for again by TCP').toContain('tcp MX away.example')
  // Each of the ten checks has its say on each domain.
  for (const one of found) expect(new Set(one.findings.map((each: any) => each.check)).size, one.domain).toBe(10)
})

test('SERVFAIL alone ends with 75, and a domain that is right with 0', async () => {
  expect((await check(CPANEL, 'broken.example')).status).toBe(75)
  const fine = await check(CPANEL, 'here.example')
  expect(fine.status).toBe(0)
  expect(fine.stdout).toContain('here.example (cPanel): OK: local, and its best MX is this machine')
})

test('defects of a list: those that make it useless are problems, the others notes', async () => {
  const lists = {'etc/localdomains': 'HERE.example\r\n implicit.example\ntie.example.\nhere.example'}
  const {domains} = (await check(lists, 'here.example', 'implicit.example', 'tie.example', '--json')).json()
  const shown = (n: number): string[] =>
    domains[n].findings.filter((one: any) => one.check === 'lists').map((one: any) => `${one.severity} ${one.code}`)
  expect(shown(0)).toEqual(['ok LISTED', 'note CRLF', 'note UPPER_CASE', 'note DUPLICATE', 'note FILE'])
  expect(shown(1)).toEqual(['ok LISTED', 'problem LEADING_SPACE', 'note FILE'])
  expect(shown(2)).toEqual(['ok LISTED', 'problem TRAILING_DOT', 'note FILE'])
  expect(domains.map((one: any) => one.verdict)).toEqual(['OK', 'MX_HERE_NOT_LOCAL', 'MX_HERE_NOT_LOCAL'])
})

test('contradicting lists, the local zone and --all', async () => {
  const files = {
    ...CPANEL,
    'etc/remotedomains': 'here.example\n',
    'var/named/here.example.db':
      '$TTL 3600\n@ IN SOA ns.here.example. root.here.example. (1 2 3 4 5)\n@ 3600 IN MX 0 other.example.\n',
  }
  const ended = await check(files, '--all', '--json')
  const {domains} = ended.json()
  expect(domains.map((one: any) => one.domain)).toEqual([
    'away.example',
    'behind.example',
    'here.example',
    'implicit.example',
    'tie.example',
  ])
  const here = domains[2]
  expect(here).toMatchObject({verdict: 'CONFLICT', want: 'local', owner: 'amy', mxcheck: 'local'})
  expect(here.findings.map(({code}: any) => code)).toEqual(expect.arrayContaining(['LISTS_CONTRADICT', 'ZONE_DIFFERS']))
  const table = await check(files, '--all')
  expect(table.stdout).toMatch(
    /^DOMAIN +LISTED +MAIL GOES +VERDICT\naway\.example +local +elsewhere +LOCAL_MX_ELSEWHERE/,
  )
})

test.each([
  [
    'debian-exim',
    {
      'etc/exim4/update-exim4.conf.conf':
        "dc_eximconfig_configtype='internet'\ndc_other_hostnames='here.example;away.example'\ndc_relay_domains='behind.example'\n",
    },
  ],
  [
    'exim',
    {
      'etc/exim.conf':
        'LOCALS = lsearch;/etc/mydomains\ndomainlist local_domains = @ : \\\n  # those of the file\n  LOCALS : away.example\ndomainlist relay_to_domains = behind.example\n',
      'etc/mydomains': 'here.example\n',
    },
  ],
  [
    'sendmail',
    {
      'etc/mail/local-host-names': '# names\nhere.example\naway.example\n',
      'etc/mail/relay-domains': 'behind.example\n',
    },
  ],
  [
    'postfix',
    {
      'etc/postfix/main.cf':
        'mydestination = $myhostname,\n  here.example\nvirtual_alias_domains = away.example\nrelay_domains = behind.example\n',
    },
  ],
  [
    'qmail',
    {
      'var/qmail/control/me': 'mx\n',
      'var/qmail/control/locals': 'here.example\n',
      'var/qmail/control/virtualdomains': 'away.example:amy\n',
      'var/qmail/control/rcpthosts': 'here.example\naway.example\nbehind.example\n',
    },
  ],
] as const)('the lists of %s', async (kind, files) => {
  const {system, domains} = (
    await check(files, 'here.example', 'away.example', 'behind.example', 'implicit.example', '--json')
  ).json()
  expect(system).toBe(kind)
  expect(domains.map((one: any) => `${one.role} ${one.verdict}`)).toEqual([
    'local OK',
    'local LOCAL_MX_ELSEWHERE',
    'backup OK',
    'unlisted MX_HERE_NOT_LOCAL',
  ])
  expect(domains[3].fixes[0]).toMatch(
    kind === 'postfix'
      ? /^postconf -e "mydestination = .*implicit\.example/
      : /^mailops exim set-domain implicit\.example local /,
  )
})

// Name servers are asked at port 53.
test.skipIf(process.getuid?.() !== 0)('a server that has the zone is asked too (needs root)', async () => {
  const authority = await startDns({'split.example': {MX: [[5, 'mx.away.example']]}}, {host: '127.53.7.1', port: 53})
  const front = await startDns({
    ...RECORDS,
    'split.example': {MX: [[5, 'mx.here.example']], NS: ['ns.split.example']},
    'ns.split.example': {A: ['127.53.7.1']},
  })
  try {
    const directory = temporaryDirectory('domain')
    const root = makeRoot(join(directory, 'root'), CPANEL)
    const ended = await cliIn(directory)(
      'exim',
      'check-domain',
      'split.example',
      '--root',
      root,
      '--resolver',
      front.address,
      '--public-address',
      HERE,
      '--json',
    )
    const difference = ended.json().domains[0].findings.find(({code}: any) => code === 'AUTHORITY_DIFFERS')
    expect(difference.text).toBe('ns.split.example, which has the zone, says: 5 mx.away.example')
  } finally {
    await authority.stop()
    await front.stop()
  }
})

test("the outside of cPanel's NAT map is this machine too", async () => {
  const files = {...CPANEL, 'etc/localdomains': 'away.example\n', 'var/cpanel/cpnat': '10.0.0.5 198.51.100.7\n'}
  const ended = await check(files, 'away.example', '--json')
  expect(ended.json().domains[0]).toMatchObject({verdict: 'OK', mx: {place: 'here'}})
  expect(ended.status).toBe(0)
})

test('what cannot be meant is refused', async () => {
  for (const [args, code, exit] of [
    [['a b'], 'BAD_DOMAIN', 64],
    [[], 'USAGE', 64],
    [['here.example', '--all'], 'USAGE', 64],
    [['here.example', '--public-address', 'nonsense'], 'BAD_ADDRESS', 64],
  ] as const) {
    const {error} = (await check(CPANEL, ...args, '--json')).json()
    expect(error).toMatchObject({code, exit})
  }
  expect((await check({'etc/hosts': ''}, 'here.example', '--json')).json().error).toMatchObject({
    code: 'NO_MAIL_SYSTEM',
    exit: 66,
  })
})

test('what people read is within 80 columns, but for paths and the commands to copy', async () => {
  const {stdout} = await check({...CPANEL, 'etc/remotedomains': 'HERE.example.\r\n here.example \nimplicit.example'}, '--all')
  expect(stdout).toMatch(/\n {23}\S/)
  expect(stdout).toMatch(/^ {2}fix: mailops exim set-domain .* --public-address/m)
  for (const line of stdout.split('\n'))
    if (!line.startsWith('  fix: ')) expect(line.replaceAll(/\/\S+/g, '').length, line).toBeLessThanOrEqual(80)
})

test('a panel that keeps a directory a domain: Debian\'s settings are not what counts there', async () => {
  const files = {
    'etc/exim4/update-exim4.conf.conf': "dc_eximconfig_configtype='local'\ndc_other_hostnames=''\ndc_use_split_config='false'\n",
    'etc/exim4/exim4.conf.template': 'domainlist local_domains = dsearch;/etc/exim4/domains/\ndomainlist relay_to_domains =\n',
    'etc/exim4/domains/here.example/aliases': '',
    'etc/exim4/domains/away.example/aliases': '',
  }
  const {domains} = (await check(files, 'here.example', 'away.example', 'implicit.example', '--json')).json() as {domains: {domain: string; verdict: string}[]}
  const of = (domain: string) => domains.find(row => row.domain === domain)
  expect(of('here.example')).toMatchObject({verdict: 'OK'})
  expect(of('away.example')).toMatchObject({verdict: 'LOCAL_MX_ELSEWHERE'})
  expect(of('implicit.example')).toMatchObject({verdict: 'MX_HERE_NOT_LOCAL'})
  const split = {...files, 'etc/exim4/update-exim4.conf.conf': "dc_other_hostnames='implicit.example'\ndc_use_split_config='true'\n"}
  expect((await check(split, 'implicit.example', '--json')).status).toBe(0)
})
