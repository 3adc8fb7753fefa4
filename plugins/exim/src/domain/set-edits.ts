// What has to be written, and where, to make a domain local, remote or backup on each kind of mail system.
import {OpsError} from 'mailops/core'

import {DEBIAN_LISTS, editDebian} from './debian.js'
import {editInlineList} from './inline-list.js'
import {addToList, removeFromList} from './list-file.js'
import {listingsOf, type ListSource, type MailSystem, type Role} from './system.js'

/** One file and how its text becomes the new one; gives the same text where nothing is to be done. */
export interface Edit {
  readonly path: string
  readonly edit: (text: string) => string
  readonly why: string
}

const put = (path: string, domain: string): Edit => ({
  path,
  edit: text => addToList(text, domain),
  why: `add ${domain}`,
})
const take = (path: string, domain: string): Edit => ({
  path,
  edit: text => removeFromList(text, domain),
  why: `take ${domain} out`,
})

/** Whole files by role: put into those of `wanted`, taken out of the others. */
const fileEdits = (lists: readonly ListSource[], {domain, wanted}: {domain: string; wanted: readonly Role[]}): Edit[] =>
  lists.flatMap(({role, path, setting, isDirectory}) =>
    role === 'manual' || setting !== undefined || isDirectory === true ? [] : [wanted.includes(role) ? put(path, domain) : take(path, domain)],
  )

const debianEdits = ({lists}: MailSystem, domain: string, role: Role): Edit[] => {
  const path = lists.find(({setting}) => setting === DEBIAN_LISTS.local)?.path
  if (path === undefined) return []
  const edit = (text: string): string =>
    (['local', 'backup'] as const).reduce(
      (all, each) => editDebian(all, {setting: DEBIAN_LISTS[each], domain, isIn: role === each}),
      text,
    )
  return [{path, edit, why: role === 'remote' ? `take ${domain} out` : `${domain} into ${DEBIAN_LISTS[role]}`}]
}

const byHand = (message: string, hint: string): OpsError =>
  new OpsError('BY_HAND', message, {exit: 'configuration', hint})

/** The list in the configuration itself; proved by reading it again that nothing else changed. */
const inlineEdit = ({role, path, setting = ''}: ListSource, {domain, wanted}: {domain: string; wanted: Role}): Edit => {
  const isIn = role === wanted
  return {
    path,
    why: isIn ? `add ${domain} to ${setting}` : `take ${domain} out of ${setting}`,
    edit: text => {
      const edited = editInlineList(text, {name: setting, domain, isIn})
      if (edited !== null) return edited
      throw byHand(
        `${setting} in ${path} cannot be edited for ${domain}: it is not there, or made of macros and other lists`,
        `${isIn ? 'add it' : 'take it out'} by hand, look at it with exim -bV, HUP the daemon`,
      )
    },
  }
}

// In such a directory each domain has files of its own (aliases, passwords, keys): an empty one would lose mail.
const refuseDirectory = (system: MailSystem, domain: string, role: Role): void => {
  const directory = system.lists.find(
    list => list.isDirectory === true && (list.role === role) !== list.entries.some(entry => entry.domain === domain),
  )
  if (directory === undefined) return
  const isIn = directory.role === role
  throw byHand(
    `the domains of ${directory.role === 'local' ? 'this machine' : 'others'} are the directories in ${directory.path}, which a panel makes and fills`,
    isIn
      ? `with HestiaCP or VestaCP: v-add-mail-domain USER ${domain}`
      : `with HestiaCP or VestaCP: v-delete-mail-domain USER ${domain}, which removes its mailboxes too`,
  )
}

/** A file that the list names is enough; without one the list itself is edited. */
const eximEdits = (system: MailSystem, domain: string, role: Role): Edit[] => {
  refuseDirectory(system, domain, role)
  const listed = listingsOf(system, domain)
  const target = system.lists.find(list => list.role === role && list.setting === undefined && list.isDirectory !== true)
  const isInlineAlready = listed.some(
    ({source, entry}) =>
      (source.setting !== undefined || source.isDirectory === true) && source.role === role && entry.works,
  )
  const files = fileEdits(system.lists, {domain, wanted: [role]}).filter(
    ({path, why}) => !why.startsWith('add') || (path === target?.path && !isInlineAlready),
  )
  const inline = system.lists.filter(
    list =>
      list.setting !== undefined &&
      (list.role === role ? target === undefined && !isInlineAlready : listed.some(({source}) => source === list)),
  )
  return [...files, ...joined(inline.map(list => inlineEdit(list, {domain, wanted: role})))]
}

/** One edit a file: a plan names each path once. */
const joined = (edits: readonly Edit[]): Edit[] =>
  [...new Set(edits.map(({path}) => path))].map(path => {
    const same = edits.filter(edit => edit.path === path)
    return {path, why: same.map(({why}) => why).join(', '), edit: text => same.reduce((all, {edit}) => edit(all), text)}
  })

const qmailEdits = (system: MailSystem, domain: string, role: Role): Edit[] => {
  const virtual = listingsOf(system, domain).find(({source}) => source.setting === 'virtual')
  if (virtual !== undefined)
    throw byHand(
      `${domain} is a virtual domain in ${virtual.source.path}`,
      'use what made it there (vdelivermail, vadddomain), then HUP qmail-send',
    )
  const locals = system.lists.find(list => list.role === 'local' && list.setting === undefined)
  const rcpthosts = system.lists.find(list => list.role === 'backup')
  const me = locals?.exists === false ? locals.entries.map(entry => entry.domain) : []
  if (role !== 'local' && me.includes(domain))
    throw byHand(
      `${domain} is local because it is in control/me and there is no ${locals?.path}`,
      `make ${locals?.path} without it, then HUP qmail-send`,
    )
  if (role === 'backup' && rcpthosts?.exists === false)
    throw byHand(
      `there is no ${rcpthosts.path}: qmail-smtpd takes in mail for every domain`,
      `make it, with all domains that mail may come in for`,
    )
  // rcpthosts, here the list of backups, has to have the local ones too, or qmail-smtpd refuses them (qmail-smtpd(8)).
  const wanted: readonly Role[] =
    role === 'local' ? ['local', 'backup'] : role === 'backup' ? ['backup'] : []
  return (
    fileEdits(system.lists, {domain, wanted})
      // Made now, a rcpthosts would shut out all other domains, and locals the name in me that it stands for.
      .filter(({path}) => path !== rcpthosts?.path || rcpthosts.exists)
      .map(one => (one.path === locals?.path ? withMe(one, me) : one))
  )
}

/** A file that is made begins with the names for which it was not needed. */
const withMe = ({path, edit, why}: Edit, me: readonly string[]): Edit => ({
  path,
  why,
  edit: text => {
    const edited = edit(text)
    return edited === text ? text : edit(`${me.map(name => `${name}\n`).join('')}${text}`)
  },
})

const CPANEL: Readonly<Record<Role, readonly Role[]>> = {
  local: ['local'],
  remote: ['remote'],
  backup: ['remote', 'backup'],
}

/**
 * The edits that give a domain its role.
 * @throws OpsError 78 `BY_HAND` where a person has to do it, with what to do
 */
export const editsFor = (system: MailSystem, domain: string, role: Role): Edit[] => {
  switch (system.kind) {
    case 'cpanel':
      return fileEdits(system.lists, {domain, wanted: CPANEL[role]})
    case 'debian-exim':
      return debianEdits(system, domain, role)
    case 'exim':
      return eximEdits(system, domain, role)
    case 'sendmail':
      return fileEdits(system.lists, {domain, wanted: [role]})
    case 'qmail':
      return qmailEdits(system, domain, role)
    case 'postfix':
      throw byHand(
        'the lists of Postfix are parameters of main.cf',
        `mailops exim check-domain ${domain} shows the postconf command`,
      )
  }
}

/** What makes a running server see it; null where it looks at the file for every message. */
export const afterwards = ({kind, lists}: MailSystem, changed: readonly string[]): string | null => {
  switch (kind) {
    case 'exim':
      return lists.some(({path, setting}) => setting !== undefined && changed.includes(path))
        ? 'look at it with exim -bV, then HUP the daemon'
        : null
    case 'debian-exim':
      return 'service exim4 reload'
    case 'sendmail':
      return 'make sendmail read it: kill -HUP `head -1 /var/run/sendmail.pid`'
    case 'qmail':
      return 'make qmail-send read it: svc -h /service/qmail-send'
    default:
      return null
  }
}
