// mailops exim set-domain: the lists of each system edited with all else as it was, or cPanel's API called; undone; refused against DNS.
import {spawnSync} from 'node:child_process'
import {existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {join, relative} from 'node:path'

import {afterAll, beforeAll, expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {cliIn} from '../support/cli.js'
import {startDns, type TestDns} from '../support/dns.js'
import {makeRoot} from '../support/root.js'

const HERE = '192.0.2.10'

let dns: TestDns
beforeAll(async () => {
  dns = await startDns({
    'here.example': {MX: [[10, 'mx.here.example']]},
    'mx.here.example': {A: [HERE]},
    'away.example': {MX: [[10, 'mx.away.example']]},
    'mx.away.example': {A: ['198.51.100.7']},
    'behind.example': {
      MX: [
        [10, 'mx.away.example'],
        [20, 'mx.here.example'],
      ],
    },
    'broken.example': {servfail: true},
  })
})
afterAll(() => dns.stop())

const machine = (files: Record<string, string>) => {
  const directory = temporaryDirectory('set')
  const root = makeRoot(join(directory, 'root'), files)
  const mailops = cliIn(directory)
  return {
    root,
    mailops,
    set: (...args: string[]) =>
      mailops('exim', 'set-domain', ...args, '--root', root, '--resolver', dns.address, '--public-address', HERE),
    text: (path: string) => readFileSync(join(root, path), 'latin1'),
    all: () => Object.fromEntries(Object.keys(files).map(path => [path, readFileSync(join(root, path), 'latin1')])),
  }
}

const LISTS = {
  'etc/localdomains': '# kept\r\none.example\r\n\nTwo.example\nlast.example',
  'etc/remotedomains': 'Here.Example.\nx.example\n here.example\r\nhere.example\n',
  'etc/secondarymx': 'here.example\n',
}

test('local on cPanel: order, comments and foreign line ends stay, the domain is once in one list; undo gives every byte back', async () => {
  const {set, text, all, mailops, root} = machine(LISTS)
  const before = all()
  const {mode, uid} = statSync(join(root, 'etc/localdomains'))
  const dry = await set('here.example', 'local', '--dry-run')
  expect(dry.status, dry.stderr).toBe(0)
  expect(dry.stdout).toContain(`replace ${join(root, 'etc/localdomains')}`)
  expect(all()).toEqual(before)
  const done = await set('HERE.example.', 'local', '--yes', '--json')
  expect(done.status, done.stderr).toBe(0)
  expect(done.json()).toMatchObject({
    domain: 'here.example',
    role: 'local',
    before: 'backup',
    by: 'files',
    changed: true,
  })
  expect(text('etc/localdomains')).toBe('# kept\r\none.example\r\n\nTwo.example\nlast.example\nhere.example\n')
  expect(text('etc/remotedomains')).toBe('x.example\n')
  expect(text('etc/secondarymx')).toBe('')
  expect(statSync(join(root, 'etc/localdomains'))).toMatchObject({mode, uid})
  expect((await set('here.example', 'local', '--yes')).stderr).toContain('is local already')
  expect((await mailops('undo', done.json().journalId, '--yes')).status).toBe(0)
  expect(all()).toEqual(before)
})

test('an entry that stands wrongly or twice is put right where it stood; remote and backup', async () => {
  const {set, text} = machine({
    ...LISTS,
    'etc/localdomains': 'a.example\nAWAY.example.\r\nz.example\naway.example\n',
    'etc/remotedomains': 'Away.example \nb.example\n',
  })
  expect((await set('away.example', 'remote', '--yes')).status).toBe(0)
  expect(text('etc/localdomains')).toBe('a.example\nz.example\n')
  expect(text('etc/remotedomains')).toBe('away.example\nb.example\n')
  expect((await set('behind.example', 'backup', '--yes')).status).toBe(0)
  expect(text('etc/remotedomains')).toBe('away.example\nb.example\nbehind.example\n')
  expect(text('etc/secondarymx')).toBe('here.example\nbehind.example\n')
})

test('against DNS only with --force; what DNS does not say is no leave', async () => {
  const {set, all} = machine(LISTS)
  const before = all()
  expect((await set('away.example', 'local', '--yes', '--json')).json().error).toMatchObject({
    code: 'DNS_DISAGREES',
    exit: 64,
    hint: expect.stringContaining('--force'),
  })
  expect((await set('here.example', 'remote', '--yes', '--json')).json().error).toMatchObject({
    code: 'DNS_DISAGREES',
    exit: 64,
  })
  expect((await set('broken.example', 'local', '--yes', '--json')).json().error).toMatchObject({
    code: 'DNS_UNDECIDED',
    exit: 75,
  })
  expect(all()).toEqual(before)
  const forced = await set('away.example', 'local', '--yes', '--force')
  expect(forced.status).toBe(0)
  expect(forced.stderr).toContain('done all the same')
  expect((await set('here.example', 'local', '--json')).json().error).toMatchObject({code: 'NEEDS_YES', exit: 64})
})

// uapi as its documentation describes it: says on stdout what it did, and ends with status 0 whatever that was.
const UAPI = `#!/bin/sh
root=$(dirname "$0")/../../../..
for word in "$@"; do case $word in domain=*) domain=\${word#domain=};; mxcheck=*) mx=\${word#mxcheck=};; --user=*) user=\${word#--user=};; esac; done
echo "$@" >> "$root/calls"
[ -e "$root/refuse" ] && { echo 'result: {status: 0, errors: [no]}'; exit 0; }
for list in localdomains remotedomains secondarymx; do grep -vx "$domain" "$root/etc/$list" > "$root/etc/$list.new"; mv "$root/etc/$list.new" "$root/etc/$list"; done
case $mx in local) echo "$domain" >> "$root/etc/localdomains";; secondary) echo "$domain" >> "$root/etc/secondarymx"; echo "$domain" >> "$root/etc/remotedomains";; *) echo "$domain" >> "$root/etc/remotedomains";; esac
sed -i "s/^MXCHECK-$domain=.*/MXCHECK-$domain=$mx/" "$root/var/cpanel/users/$user"
echo 'result: {status: 1}'
`

const withApi = () => {
  const made = machine({
    'etc/localdomains': 'one.example\n',
    'etc/remotedomains': 'here.example\n',
    'etc/secondarymx': '',
    'etc/userdomains': 'here.example: amy\n',
    'var/cpanel/users/amy': 'DNS=here.example\nMXCHECK-here.example=remote\n',
    'usr/local/cpanel/bin/uapi': '',
  })
  writeFileSync(join(made.root, 'usr/local/cpanel/bin/uapi'), UAPI)
  return {...made, calls: () => (existsSync(join(made.root, 'calls')) ? made.text('calls').trimEnd().split('\n') : [])}
}
const makeRunnable = async (root: string): Promise<void> =>
  (await import('node:fs')).chmodSync(join(root, 'usr/local/cpanel/bin/uapi'), 0o755)

test("cPanel's API is preferred and shown; undo calls it with the setting that was", async () => {
  const {root, set, text, calls, mailops} = withApi()
  await makeRunnable(root)
  const dry = await set('here.example', 'local', '--dry-run')
  expect(dry.stdout).toMatch(
    /run .*uapi --user=amy Email set_always_accept domain=here\.example mxcheck=local {2}# until now: remote/,
  )
  expect(calls()).toEqual([])
  const done = await set('here.example', 'local', '--yes', '--json')
  expect(done.status, done.stderr).toBe(0)
  expect(done.json()).toMatchObject({by: 'api', changed: true})
  expect(text('etc/localdomains')).toBe('one.example\nhere.example\n')
  expect((await mailops('undo', done.json().journalId, '--yes')).status).toBe(0)
  expect(calls()).toEqual(
    ['local', 'remote'].map(value => `--user=amy Email set_always_accept domain=here.example mxcheck=${value}`),
  )
  expect(text('etc/remotedomains')).toBe('here.example\n')
})

test('an API that says yes and does nothing is found out, and called back', async () => {
  const {root, set, calls} = withApi()
  await makeRunnable(root)
  writeFileSync(join(root, 'refuse'), '')
  const ended = await set('here.example', 'local', '--yes', '--json')
  expect(ended.json().error).toMatchObject({code: 'NOT_SET', exit: 69})
  expect(calls().at(-1)).toContain('mxcheck=remote')
})

test('an API that is named from where one stands is found by an undo from elsewhere', async () => {
  const {root, set, calls, mailops} = withApi()
  await makeRunnable(root)
  const program = relative(process.cwd(), join(root, 'usr/local/cpanel/bin/uapi'))
  const dry = await set('here.example', 'local', '--uapi', program, '--dry-run')
  expect(dry.stdout).toContain(`run ${join(root, 'usr/local/cpanel/bin/uapi')} `)
  expect((await set('here.example', 'local', '--uapi', program, '--yes')).status).toBe(0)
  expect((await mailops('undo', 'last', '--yes')).status).toBe(0)
  expect(calls().at(-1)).toContain('mxcheck=remote')
})

test('an API that is named and is not there: the files are not edited in its stead', async () => {
  const {set, all} = withApi()
  const before = all()
  const ended = await set('here.example', 'local', '--uapi', '/nonexistent/uapi', '--yes', '--json')
  expect(ended.json().error).toMatchObject({code: 'NO_PROGRAM', exit: 69, hint: expect.stringContaining('--no-api')})
  expect(all()).toEqual(before)
})

test('without the API the setting in the file of the account goes along', async () => {
  const {set, text} = withApi()
  expect((await set('here.example', 'local', '--yes', '--no-api')).status).toBe(0)
  expect(text('var/cpanel/users/amy')).toBe('DNS=here.example\nMXCHECK-here.example=local\n')
})

test.each([
  [
    'debian-exim',
    {
      'etc/exim4/update-exim4.conf.conf':
        "# c\ndc_other_hostnames='a.example;HERE.example.'\ndc_relay_domains='here.example; b.example'\nx=1\n",
    },
    {
      'etc/exim4/update-exim4.conf.conf':
        "# c\ndc_other_hostnames='a.example;here.example'\ndc_relay_domains='b.example'\nx=1\n",
    },
  ],
  [
    'exim',
    {'etc/exim.conf': 'domainlist local_domains = @ : lsearch;/etc/mydomains\n', 'etc/mydomains': 'a.example'},
    {'etc/mydomains': 'a.example\nhere.example\n'},
  ],
  [
    'exim',
    {
      'etc/exim.conf':
        'domainlist local_domains = @ : \\\n  # ours\n  a.example\ndomainlist relay_to_domains = here.example : b.example\n',
    },
    {
      'etc/exim.conf':
        'domainlist local_domains = @ : \\\n  # ours\n  a.example : here.example\ndomainlist relay_to_domains = b.example\n',
    },
  ],
  [
    'sendmail',
    {'etc/mail/local-host-names': '# c\na.example\n', 'etc/mail/relay-domains': 'here.example\n'},
    {'etc/mail/local-host-names': '# c\na.example\nhere.example\n', 'etc/mail/relay-domains': ''},
  ],
  [
    'qmail',
    {
      'var/qmail/control/me': 'mx\n',
      'var/qmail/control/locals': 'a.example\n',
      'var/qmail/control/rcpthosts': 'a.example\n',
    },
    {
      'var/qmail/control/locals': 'a.example\nhere.example\n',
      'var/qmail/control/rcpthosts': 'a.example\nhere.example\n',
    },
  ],
] as [string, Record<string, string>, Record<string, string>][])(
  'local on %s, and back',
  async (kind, files, wanted) => {
    const {set, text, all, mailops} = machine(files)
    const before = all()
    const done = await set('here.example', 'local', '--yes', '--json')
    expect(done.status, done.stdout + done.stderr).toBe(0)
    expect(done.json().system).toBe(kind)
    for (const [path, content] of Object.entries(wanted)) expect(text(path)).toBe(content)
    expect((await mailops('undo', 'last', '--yes')).status).toBe(0)
    expect(all()).toEqual(before)
  },
)

test('what only a person can do is told: Postfix, a list without a file, a link, a file under work', async () => {
  const postfix = machine({'etc/postfix/main.cf': 'mydestination = a.example\n'})
  expect((await postfix.set('here.example', 'local', '--yes', '--json')).json().error).toMatchObject({
    code: 'BY_HAND',
    exit: 78,
  })
  const macro = machine({'etc/exim.conf': 'OURS = here.example\ndomainlist local_domains = @ : OURS\n'})
  expect((await macro.set('here.example', 'remote', '--force', '--yes', '--json')).json().error).toMatchObject({
    code: 'BY_HAND',
    exit: 78,
  })
  const link = machine({'etc/real': 'a.example\n', 'etc/remotedomains': ''})
  symlinkSync('real', join(link.root, 'etc/localdomains'))
  expect((await link.set('here.example', 'local', '--yes', '--json')).json().error).toMatchObject({
    code: 'NOT_A_FILE',
    exit: 65,
  })
  expect(link.text('etc/real')).toBe('a.example\n')
  const busy = machine({...LISTS, 'etc/localdomains.lock': '1'})
  expect((await busy.set('here.example', 'local', '--yes', '--json')).json().error).toMatchObject({
    code: 'LOCKED',
    exit: 75,
  })
})

test('a pipe in place of a list keeps nobody waiting; a list linked to /dev/null is empty', {timeout: 30_000}, async () => {
  const {set, mailops, root, text} = machine({'etc/remotedomains': 'here.example\n'})
  const list = join(root, 'etc/localdomains')
  expect(spawnSync('mkfifo', [list]).status).toBe(0)
  expect((await set('here.example', 'local', '--yes', '--json')).json().error).toMatchObject({code: 'NOT_A_FILE', exit: 65})
  const checked = await mailops('exim', 'check-domain', 'here.example', '--root', root, '--resolver', dns.address, '--json')
  expect(checked.json().error).toMatchObject({code: 'NOT_A_FILE', exit: 65})
  expect(text('etc/remotedomains')).toBe('here.example\n')
  rmSync(list)
  symlinkSync('/dev/null', list)
  const empty = await mailops('exim', 'check-domain', 'here.example', '--root', root, '--resolver', dns.address, '--json')
  expect(empty.json().domains[0]).toMatchObject({role: 'remote'})
})

test('qmail without locals: the name in me stays local; without rcpthosts none is made that would shut others out', async () => {
  const {set, all, text, root, mailops} = machine({'var/qmail/control/me': 'mx.host.example\n'})
  const done = await set('here.example', 'local', '--yes')
  expect(done.status, done.stderr).toBe(0)
  expect(text('var/qmail/control/locals')).toBe('mx.host.example\nhere.example\n')
  expect(existsSync(join(root, 'var/qmail/control/rcpthosts'))).toBe(false)
  expect((await mailops('undo', 'last', '--yes')).status).toBe(0)
  expect(existsSync(join(root, 'var/qmail/control/locals'))).toBe(false)
  const before = all()
  for (const [domain, role] of [['mx.host.example', 'remote'], ['behind.example', 'backup']] as const)
    expect((await set(domain, role, '--force', '--yes', '--json')).json().error).toMatchObject({code: 'BY_HAND', exit: 78})
  expect(all()).toEqual(before)
})

test('a directory a domain: what is in it stays as it is, anything else is for the panel that made it', async () => {
  const directory = temporaryDirectory('panel')
  const root = makeRoot(join(directory, 'root'), {
    'etc/exim4/update-exim4.conf.conf': "dc_other_hostnames=''\n",
    'etc/exim4/exim4.conf.template': 'domainlist local_domains = dsearch;/etc/exim4/domains/\n',
    'etc/exim4/domains/here.example/aliases': '',
  })
  const set = (domain: string, role: string) => cliIn(directory)('exim', 'set-domain', domain, role, '--root', root, '--force', '--yes')
  expect(await set('here.example', 'local')).toMatchObject({status: 0})
  for (const [domain, role, hint] of [['new.example', 'local', 'v-add-mail-domain USER new.example'], ['here.example', 'remote', 'v-delete-mail-domain USER here.example']] as const) {
    const ended = await set(domain, role)
    expect(ended.status).toBe(78)
    expect(ended.stderr).toContain(hint)
  }
  expect(readFileSync(join(root, 'etc/exim4/exim4.conf.template'), 'utf8')).toBe('domainlist local_domains = dsearch;/etc/exim4/domains/\n')
})
