// Finds out which mail system a machine has, and reads its lists of domains.
import {hostname} from 'node:os'
import {join} from 'node:path'

import {OpsError} from 'mailops/core'

import {DEBIAN_LISTS, parseDebian} from '../../domain/debian.js'
import {domainListItems} from '../../domain/exim-config.js'
import {postfixList} from '../../domain/foreign-lists.js'
import {parseList, type ListEntry} from '../../domain/list-file.js'
import {domainForm} from '../../domain/name.js'
import {SYSTEM_NAMES, type ListSource, type MailSystem, type Role, type SystemKind} from '../../domain/system.js'
import {isThere, readText} from './root.js'

/** Where a plain Exim has its configuration, by how often one meets it. */
const EXIM_CONFIGS = [
  '/etc/exim4/exim4.conf',
  '/etc/exim.conf',
  '/etc/exim/exim.conf',
  '/usr/local/etc/exim/configure',
  '/usr/exim/configure',
  '/etc/exim/configure',
]
const DEBIAN_CONF = '/etc/exim4/update-exim4.conf.conf'

const lineList = (root: string, path: string, role: ListSource['role']): ListSource => {
  const text = readText(root, path)
  const {entries, odd, lacksFinalNewline} = parseList(text ?? '')
  return {
    role,
    path: join(root, path),
    exists: text !== null,
    entries,
    patterns: [],
    defects: [
      ...(lacksFinalNewline ? ['no newline at its end'] : []),
      ...(odd.length === 0 ? [] : [`no domain in line ${odd.slice(0, 5).join(', ')}${odd.length > 5 ? ' ...' : ''}`]),
    ],
  }
}

const entriesOf = (items: readonly string[], line: number): {entries: ListEntry[]; patterns: string[]} => {
  const entries = items.flatMap((item): ListEntry[] => {
    const domain = domainForm(item)
    return domain === null ? [] : [{domain, line, works: true, defects: []}]
  })
  return {entries, patterns: items.filter(item => domainForm(item) === null)}
}

const cpanelLists = (root: string): ListSource[] => [
  lineList(root, '/etc/localdomains', 'local'),
  lineList(root, '/etc/remotedomains', 'remote'),
  lineList(root, '/etc/secondarymx', 'backup'),
  lineList(root, '/etc/manualmx', 'manual'),
]

const debianLists = (root: string): ListSource[] => {
  const text = readText(root, DEBIAN_CONF) ?? ''
  const mailname = readText(root, '/etc/mailname')?.trim()
  return (
    (Object.entries(DEBIAN_LISTS) as [keyof typeof DEBIAN_LISTS, (typeof DEBIAN_LISTS)[keyof typeof DEBIAN_LISTS]][])
      .map(([role, setting]): ListSource => ({
        role,
        path: join(root, DEBIAN_CONF),
        setting,
        exists: true,
        defects: [],
        ...parseDebian(text, setting),
      }))
      // `@` of the template: the primary host name, which Debian takes from here for unqualified mail.
      .concat(
        mailname === undefined
          ? []
          : [
              {
                role: 'local',
                path: join(root, '/etc/mailname'),
                setting: 'mail name',
                exists: true,
                defects: [],
                ...entriesOf([], 1),
                patterns: [mailname],
              },
            ],
      )
  )
}

/** `config` is a whole path; the files that it names are below `root`. */
const eximLists = (root: string, config: string): ListSource[] => {
  const text = readText('/', config) ?? ''
  const listsOf = (setting: string, role: Role): ListSource[] => {
    const items = domainListItems(text, setting)
    const files = items.flatMap(item => (item.kind === 'file' ? [lineList(root, item.path, role)] : []))
    const self = items.some(({kind}) => kind === 'self')
      ? [primaryHostname(root, text)].filter(name => name !== null)
      : []
    const inline = entriesOf(
      [...items.flatMap(item => (item.kind === 'domain' ? [item.text] : [])), ...self],
      items.find(item => item.kind === 'domain')?.line ?? 0,
    )
    const patterns = [...inline.patterns, ...items.flatMap(item => (item.kind === 'pattern' ? [item.text] : []))]
    return [...files, {role, path: config, setting, exists: true, defects: [], entries: inline.entries, patterns}]
  }
  return [...listsOf('local_domains', 'local'), ...listsOf('relay_to_domains', 'backup')]
}

const primaryHostname = (root: string, config: string): string | null => {
  const named = /^\s*primary_hostname\s*=\s*(\S+)\s*$/m.exec(config)?.[1]
  return named ?? (root === '/' ? hostname().toLowerCase() : null)
}

const postfixLists = (root: string): ListSource[] => {
  const text = readText(root, '/etc/postfix/main.cf') ?? ''
  const list = (setting: string, role: Role): ListSource => {
    const {items, line} = postfixList(text, setting)
    const {entries, patterns} = entriesOf(items, line)
    return {role, path: join(root, '/etc/postfix/main.cf'), setting, exists: true, defects: [], entries, patterns}
  }
  return [
    list('mydestination', 'local'),
    list('virtual_mailbox_domains', 'local'),
    list('virtual_alias_domains', 'local'),
    list('relay_domains', 'backup'),
  ]
}

const qmailLists = (root: string): ListSource[] => {
  const virtual = readText(root, '/var/qmail/control/virtualdomains')
  // `domain:prepend`; with nothing after the colon it is an exception, not a local domain (qmail-send(8)).
  const {entries, patterns} = entriesOf(
    (virtual ?? '')
      .split('\n')
      .filter(line => /^[^#:@\s]+:\S/.test(line))
      .map(line => line.slice(0, line.indexOf(':'))),
    0,
  )
  return [
    lineList(root, '/var/qmail/control/locals', 'local'),
    {
      role: 'local',
      path: join(root, '/var/qmail/control/virtualdomains'),
      setting: 'virtual',
      exists: virtual !== null,
      defects: [],
      entries,
      patterns,
    },
    qmailRelays(root),
  ]
}

/** rcpthosts has the local ones too: only what is in no other list is taken in for another host. */
const qmailRelays = (root: string): ListSource => {
  const all = lineList(root, '/var/qmail/control/rcpthosts', 'backup')
  const local = new Set([
    ...lineList(root, '/var/qmail/control/locals', 'local').entries.map(({domain}) => domain),
    ...(readText(root, '/var/qmail/control/virtualdomains') ?? '')
      .split('\n')
      .map(line => line.split(':')[0]?.toLowerCase() ?? ''),
  ])
  return {...all, entries: all.entries.filter(({domain}) => !local.has(domain))}
}

interface Candidate {
  readonly kind: SystemKind
  /** A file that only this system has. */
  readonly isHere: boolean
  /** A program of it: several systems may have left files. */
  readonly programs: readonly string[]
  readonly lists: () => ListSource[]
}

const candidates = (root: string, config: string | undefined): Candidate[] => {
  const found = EXIM_CONFIGS.find(path => isThere(root, path))
  const eximConfig = config ?? (found === undefined ? undefined : join(root, found))
  const debian = isThere(root, DEBIAN_CONF) && !isThere(root, '/etc/exim4/exim4.conf')
  return [
    {
      kind: 'cpanel',
      isHere: ['/etc/localdomains', '/var/cpanel/users', '/usr/local/cpanel/version'].some(path => isThere(root, path)),
      programs: ['/etc/localdomains'],
      lists: () => cpanelLists(root),
    },
    {kind: 'debian-exim', isHere: debian, programs: ['/usr/sbin/exim4'], lists: () => debianLists(root)},
    {
      kind: 'exim',
      isHere: eximConfig !== undefined,
      programs: ['/usr/sbin/exim', '/usr/sbin/exim4', '/usr/exim/bin/exim', '/usr/local/sbin/exim'],
      lists: () => eximLists(root, eximConfig ?? ''),
    },
    {
      kind: 'postfix',
      isHere: isThere(root, '/etc/postfix/main.cf'),
      programs: ['/usr/sbin/postfix', '/usr/local/sbin/postfix'],
      lists: () => postfixLists(root),
    },
    {
      kind: 'qmail',
      isHere: isThere(root, '/var/qmail/control/me') || isThere(root, '/var/qmail/control/locals'),
      programs: ['/var/qmail/bin/qmail-send'],
      lists: () => qmailLists(root),
    },
    {
      kind: 'sendmail',
      isHere: isThere(root, '/etc/mail/local-host-names') || isThere(root, '/etc/mail/sendmail.cf'),
      programs: ['/usr/sbin/sendmail.sendmail', '/usr/libexec/sendmail/sendmail', '/usr/sbin/sendmail-mta'],
      lists: () => [
        lineList(root, '/etc/mail/local-host-names', 'local'),
        lineList(root, '/etc/mail/relay-domains', 'backup'),
      ],
    },
  ]
}

/**
 * The mail system below `root`: of several that have left files, the first whose program is there.
 * @param config an Exim configuration file that counts instead of what is found; a whole path
 * @throws OpsError 66 `NO_MAIL_SYSTEM`
 */
export const readSystem = (root: string, config?: string): MailSystem => {
  const here = candidates(root, config).filter(({isHere, kind}) => isHere && (config === undefined || kind === 'exim'))
  const found = here.find(({programs}) => programs.some(path => isThere(root, path))) ?? here[0]
  if (found === undefined)
    throw new OpsError(
      'NO_MAIL_SYSTEM',
      `no lists of domains of cPanel, Exim, sendmail, Postfix or qmail are below ${root}`,
      {exit: 'noInput', hint: 'name the directory that holds etc/ with --root'},
    )
  return {kind: found.kind, name: SYSTEM_NAMES[found.kind], lists: found.lists()}
}
