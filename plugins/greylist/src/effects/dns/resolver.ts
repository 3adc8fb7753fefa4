// Asks DNS: a named server or the system's, with an end to every question.
import {isIP} from 'node:net'
import {Resolver} from 'node:dns/promises'

import {OpsError} from 'mailops/core'

import {parseHostPort} from '../../settings/listener.js'
import type {Dns} from '../../spf/derive.js'

const NOTHING = new Set(['ENOTFOUND', 'ENODATA'])

const serverOf = (text: string): string => {
  if (isIP(text) !== 0) return text
  const place = parseHostPort(text)
  if (place !== null && isIP(place.host) !== 0) return place.host.includes(':') ? `[${place.host}]:${place.port}` : `${place.host}:${place.port}`
  throw new OpsError('BAD_RESOLVER', `'${text}' is no address of a DNS server`, {exit: 'usage', hint: 'write it as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53'})
}

const orNothing = async <T>(answer: Promise<readonly T[]>): Promise<readonly T[]> => {
  try {
    return await answer
  } catch (error) {
    // No such name, or no record of this kind: an answer, not a fault.
    if (NOTHING.has((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}

/**
 * A resolver.
 * @param server `IP` or `IP:PORT`; absent: the system's
 * @throws OpsError 64 `BAD_RESOLVER`
 */
export const makeDns = (server?: string): Dns => {
  const resolver = new Resolver({timeout: 2000, tries: 2})
  if (server !== undefined) resolver.setServers([serverOf(server)])
  return {
    txt: async name => (await orNothing(resolver.resolveTxt(name))).map(chunks => chunks.join('')),
    addresses: async name => [...(await orNothing(resolver.resolve4(name))), ...(await orNothing(resolver.resolve6(name)))],
    mx: async name => [...(await orNothing(resolver.resolveMx(name)))].sort((a, b) => a.priority - b.priority).map(({exchange}) => exchange),
  }
}
