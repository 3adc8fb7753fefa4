// What cPanel itself is told to do with a domain: its owner, and MXCHECK in the owner's file.
import type {Role} from './system.js'

/** `auto`: cPanel decides by the local zone. */
export type Mxcheck = 'auto' | 'local' | 'remote' | 'secondary'

/** Owner of a domain in /etc/userdomains (`domain: user`). */
export const ownerOf = (userdomains: string, domain: string): string | null => {
  const line = userdomains.split('\n').find(one => one.slice(0, one.indexOf(':')).trim().toLowerCase() === domain)
  const user = line?.slice(line.indexOf(':') + 1).trim()
  return user === undefined || !/^[\w.-]+$/.test(user) ? null : user
}

/** Domains of /etc/userdomains, without its wildcard. */
export const ownedDomains = (userdomains: string): string[] =>
  userdomains
    .split('\n')
    .filter(line => /^[^#*\s][^:]*:/.test(line))
    .map(line => line.slice(0, line.indexOf(':')).trim().toLowerCase())

const line = (domain: string): RegExp => new RegExp(`^(MXCHECK-${domain.replaceAll('.', '\\.')}=)([^\\r\\n]*)`, 'im')

/** The setting of a domain in its owner's file; null where there is none, which is `auto`. */
export const mxcheckOf = (userFile: string, domain: string): Mxcheck | null => {
  const value = line(domain).exec(userFile)?.[2]?.trim().toLowerCase()
  if (value === undefined) return null
  if (value === '0') return 'local'
  return value === 'local' || value === 'remote' || value === 'secondary' ? value : 'auto'
}

/** The owner's file with another setting; unchanged where it has none. */
export const withMxcheck = (userFile: string, domain: string, value: Mxcheck): string =>
  userFile.replace(line(domain), (_all, key: string) => `${key}${value}`)

/** cPanel's word for a role. */
export const mxcheckFor = (role: Role): Mxcheck => (role === 'backup' ? 'secondary' : role)

/** The role that a setting stands for; null for `auto`. */
export const roleFor = (mxcheck: Mxcheck): Role | null =>
  mxcheck === 'auto' ? null : mxcheck === 'secondary' ? 'backup' : mxcheck
