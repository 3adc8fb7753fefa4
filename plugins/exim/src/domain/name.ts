// Domain names as people type them, in the one form in which lists and DNS are compared.
import {OpsError} from 'mailops/core'

const NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/

/** Lower case, without a final dot, other scripts as RFC 5891 encodes them; null for what is no domain name. */
export const domainForm = (text: string): string | null => {
  const lower = text.toLowerCase().replace(/\.$/, '')
  if (NAME.test(lower)) return lower
  // Only letters beyond ASCII are URL's business: it would make an address of 127.1, and take a path or a port away.
  if (!/[^\u0000-\u007f]/.test(lower) || /[\s/?#@:[\]\\%]/.test(lower)) return null
  const hostname = encoded(lower)
  return hostname !== null && NAME.test(hostname) ? hostname : null
}

const encoded = (name: string): string | null => {
  try {
    return new URL(`http://${name}`).hostname
  } catch {
    return null // no name that can be encoded; URL.canParse of Node 20 says yes to some of them
  }
}

/**
 * A domain that somebody typed.
 * @throws OpsError 64 `BAD_DOMAIN`
 */
export const parseDomain = (text: string): string => {
  const domain = domainForm(text)
  if (domain === null)
    throw new OpsError('BAD_DOMAIN', `not a domain name: ${text}`, {
      exit: 'usage',
      hint: 'a name like example.com, without @ and blanks',
    })
  return domain
}
