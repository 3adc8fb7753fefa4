// How cPanel keeps the keys of its service monitor: a directory a service, two files of 16 random characters each.

/** Where cPanel has them; mode 0711 of root. */
export const SERVICEAUTH = '/var/cpanel/serviceauth'

/** `send` is the end of the login name, `recv` the password. */
export const KEY_FILES = ['send', 'recv'] as const
export type KeyFile = (typeof KEY_FILES)[number]

/** Bytes of a key; cPanel takes a shorter file for a missing one, and writes no newline. */
export const KEY_BYTES = 16

/** Services that are known to have keys; a directory of another name in serviceauth is a service too. */
export const SERVICES = ['exim', 'smtp', 'icontact', 'imap', 'pop', 'ftpd', 'cpsrvd', 'cpdavd', 'lmtp'] as const

/** True for a name that can be that of a service and is no path. */
export const isServiceName = (name: string): boolean => /^[a-z0-9][\w-]{0,63}$/i.test(name)

/** True for services whose keys programs of the group mail read. */
export const isReadByMail = (service: string): boolean => service === 'exim' || service === 'smtp'

/** True for services whose keys log in over SMTP, so that a login there proves them. */
export const isProvedBySmtp = (service: string): boolean => /^(exim(-\d+)?|smtp|icontact)$/.test(service)

/** The login name for which `recv` is the password. */
export const loginOf = (service: string, send: string): string => `__cpanel__service__auth__${service}__${send}`

/** Whose the keys should be: root's and group mail's, but in a tree that another user made for himself. */
export interface Owners {
  readonly uid: number
  /** Null where the machine has no group mail; then the group says nothing. */
  readonly mailGid: number | null
}

/** Owner and mode as they should be; absent is any. */
export interface Rights {
  readonly mode: number
  readonly uid: number
  readonly gid?: number
}

/** What the base directory should be. */
export const baseRights = ({uid}: Owners): Rights => ({mode: 0o711, uid})

/** What a service's directory should be. */
export const directoryRights = (service: string, {uid, mailGid}: Owners): Rights =>
  isReadByMail(service) ? {mode: 0o750, uid, ...(mailGid !== null && {gid: mailGid})} : {mode: 0o700, uid}

/** What a key file is given when its own rights are wrong, or when it is made here. */
export const keyRights = (service: string, {uid, mailGid}: Owners): Rights =>
  isReadByMail(service) ? {mode: 0o640, uid, ...(mailGid !== null && {gid: mailGid})} : {mode: 0o600, uid}
