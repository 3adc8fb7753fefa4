// Finds out which mail system a machine has, and reads its lists of domains.
import {join} from 'node:path'

import {OpsError} from 'mailops/core'

import {SYSTEM_NAMES, type ListSource, type MailSystem, type SystemKind} from '../../domain/system.js'
import {cpanelLists, DEBIAN_CONF, DEBIAN_TEMPLATE, debianLists, eximLists, usesDebianSettings} from './exim-lists.js'
import {postfixLists, qmailLists, sendmailLists} from './other-lists.js'
import {isThere} from './root.js'

/** Where a plain Exim has its configuration, by how often one meets it. */
const EXIM_CONFIGS = [
  '/etc/exim4/exim4.conf',
  '/etc/exim.conf',
  '/etc/exim/exim.conf',
  '/usr/local/etc/exim/configure',
  '/usr/exim/configure',
  '/etc/exim/configure',
]

interface Candidate {
  readonly kind: SystemKind
  /** A file that only this system has. */
  readonly isHere: boolean
  /** A program of it: several systems may have left files. */
  readonly programs: readonly string[]
  readonly lists: () => ListSource[]
}

const candidates = (root: string, config: string | undefined): Candidate[] => {
  const isDebian = isThere(root, DEBIAN_CONF) && !isThere(root, '/etc/exim4/exim4.conf')
  const debian = isDebian && usesDebianSettings(root)
  const found = isDebian && !debian ? DEBIAN_TEMPLATE : EXIM_CONFIGS.find(path => isThere(root, path))
  const eximConfig = config ?? (found === undefined ? undefined : join(root, found))
  return [
    {
      kind: 'cpanel',
      isHere: ['/etc/localdomains', '/var/cpanel/users', '/usr/local/cpanel/version'].some(path => isThere(root, path)),
      // Its list is sign enough: no other system has one of that name.
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
      lists: () => sendmailLists(root),
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
