// The lists of domains of the Exims: cPanel's files, Debian's settings, a plain configuration.
import {hostname} from 'node:os'
import {join} from 'node:path'

import {DEBIAN_LISTS, parseDebian} from '../../domain/debian.js'
import {domainListItems} from '../../domain/exim-config.js'
import type {ListSource, Role} from '../../domain/system.js'
import {directoryList, entriesOf, lineList} from './line-list.js'
import {readText} from './root.js'

/** Where Debian has its settings. */
export const DEBIAN_CONF = '/etc/exim4/update-exim4.conf.conf'

/** The four files that cPanel's routers read. */
export const cpanelLists = (root: string): ListSource[] => [
  lineList(root, '/etc/localdomains', 'local'),
  lineList(root, '/etc/remotedomains', 'remote'),
  lineList(root, '/etc/secondarymx', 'backup'),
  lineList(root, '/etc/manualmx', 'manual'),
]

/** What update-exim4.conf(8) makes Exim's configuration of, unless it is split. */
export const DEBIAN_TEMPLATE = '/etc/exim4/exim4.conf.template'

/** False where a panel (HestiaCP, VestaCP) has put a template of its own, in which Debian's settings of domains are not used. */
export const usesDebianSettings = (root: string): boolean => {
  if (/^\s*dc_use_split_config=['"]?true/m.test(readText(root, DEBIAN_CONF) ?? '')) return true
  const definition = /^[ \t]*domainlist[ \t]+local_domains[ \t]*=[ \t]*([^\n]*)/m.exec(readText(root, DEBIAN_TEMPLATE) ?? '')
  return definition === null || /MAIN_LOCAL_DOMAINS|DEBCONF/.test(definition[1]!)
}

/** The settings from which update-exim4.conf(8) makes local_domains and relay_to_domains. */
export const debianLists = (root: string): ListSource[] => {
  const text = readText(root, DEBIAN_CONF) ?? ''
  return (['local', 'backup'] as const).map(role => {
    const setting = DEBIAN_LISTS[role]
    return {role, path: join(root, DEBIAN_CONF), setting, exists: true, defects: [], ...parseDebian(text, setting)}
  })
}

/** The named lists of a configuration file. `config` is a whole path; the files that it names are below `root`. */
export const eximLists = (root: string, config: string): ListSource[] => {
  const text = readText('/', config) ?? ''
  const listsOf = (setting: string, role: Role): ListSource[] => {
    const items = domainListItems(text, setting)
    const files = items.flatMap(item =>
      item.kind === 'file' ? [lineList(root, item.path, role)] : item.kind === 'directory' ? [directoryList(root, item.path, role)] : [],
    )
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
