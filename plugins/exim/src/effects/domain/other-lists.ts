// The lists of domains of mail systems other than Exim.
import {join} from 'node:path'

import {postfixList} from '../../domain/foreign-lists.js'
import type {ListSource, Role} from '../../domain/system.js'
import {entriesOf, lineList} from './line-list.js'
import {readText} from './root.js'

/** Class w of sendmail, and the domains that it relays. */
export const sendmailLists = (root: string): ListSource[] => [
  lineList(root, '/etc/mail/local-host-names', 'local'),
  lineList(root, '/etc/mail/relay-domains', 'backup'),
]

/** The parameters of main.cf. */
export const postfixLists = (root: string): ListSource[] => {
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

const QMAIL_ME = '/var/qmail/control/me'

/** locals, virtualdomains, and of rcpthosts what is in neither. */
export const qmailLists = (root: string): ListSource[] => {
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
    qmailLocals(root),
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

/** Without locals it is the name in me that is local (qmail-send(8)). */
const qmailLocals = (root: string): ListSource => {
  const locals = lineList(root, '/var/qmail/control/locals', 'local')
  return locals.exists ? locals : {...locals, entries: lineList(root, QMAIL_ME, 'local').entries}
}

/** rcpthosts has the local ones too: only what is in no other list is taken in for another host. */
const qmailRelays = (root: string): ListSource => {
  const all = lineList(root, '/var/qmail/control/rcpthosts', 'backup')
  const local = new Set([
    ...qmailLocals(root).entries.map(({domain}) => domain),
    ...(readText(root, '/var/qmail/control/virtualdomains') ?? '')
      .split('\n')
      .map(line => line.split(':')[0]?.toLowerCase() ?? ''),
  ])
  return {...all, entries: all.entries.filter(({domain}) => !local.has(domain))}
}
