// Asks DNS: what is not there and what could not be asked are told apart.
import {Resolver} from 'node:dns/promises'

import {OpsError} from 'mailops/core'

import {addressForm, type HostAnswer, type MxAnswer} from '../../domain/mx.js'

const TIMEOUT_MS = 3_000
const TRIES = 2

/** A resolver that answers in our terms. */
export interface Dns {
  mx(domain: string): Promise<MxAnswer>
  host(name: string): Promise<HostAnswer>
  /** What an authoritative server of the zone says, and which; null when none could be found or asked. */
  authoritative(domain: string): Promise<{server: string; answer: MxAnswer} | null>
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error)

// c-ares: the name does not exist; it exists, without such a record.
const NO_NAME = 'ENOTFOUND'
const NO_DATA = 'ENODATA'

const WHY: Readonly<Record<string, string>> = {
  ESERVFAIL: 'SERVFAIL',
  ETIMEOUT: 'no answer in time',
  EREFUSED: 'refused',
  ECONNREFUSED: 'nobody answers there',
  ECANCELLED: 'cancelled',
  EFORMERR: 'the server does not understand',
  EBADRESP: 'a broken answer',
  EBADNAME: 'not a name DNS can ask for',
}
const whyOf = (error: unknown): string => WHY[codeOf(error)] ?? codeOf(error)

const nameOf = (name: string): string => name.toLowerCase().replace(/\.$/, '')

const askMx = async (resolver: Resolver, domain: string): Promise<MxAnswer> => {
  try {
    const records = (await resolver.resolveMx(domain)).map(({priority, exchange}) => ({
      priority,
      exchange: nameOf(exchange),
    }))
    if (records.length > 0 && records.every(({exchange}) => exchange === '')) return {status: 'null-mx'}
    return records.length === 0 ? {status: 'none'} : {status: 'mx', records}
  } catch (error) {
    if (codeOf(error) === NO_NAME) return {status: 'nxdomain'}
    if (codeOf(error) === NO_DATA) return {status: 'none'}
    return {status: 'failed', why: whyOf(error)}
  }
}

interface Part<T> {
  readonly found: readonly T[]
  readonly why?: string
}

const ask = async <T>(question: Promise<T[]>): Promise<Part<T>> => {
  try {
    return {found: await question}
  } catch (error) {
    return codeOf(error) === NO_NAME || codeOf(error) === NO_DATA ? {found: []} : {found: [], why: whyOf(error)}
  }
}

const askHost = async (resolver: Resolver, name: string): Promise<HostAnswer> => {
  if (addressForm(name) !== null) return {status: 'none', addresses: [], why: 'an address instead of a name'}
  const [four, six, alias] = await Promise.all([
    ask(resolver.resolve4(name)),
    ask(resolver.resolve6(name)),
    ask(resolver.resolveCname(name)),
  ])
  const addresses = [...four.found, ...six.found]
  const cname = alias.found[0] === undefined ? {} : {alias: nameOf(alias.found[0])}
  // Half of an answer is enough to find this machine, not enough to say that it is not it.
  const why = four.why ?? six.why
  if (why !== undefined) return {status: 'failed', addresses, why, ...cname}
  return {status: addresses.length === 0 ? 'none' : 'found', addresses, ...cname}
}

const newResolver = (servers: readonly string[] | null): Resolver => {
  const resolver = new Resolver({timeout: TIMEOUT_MS, tries: TRIES})
  if (servers !== null) resolver.setServers(servers)
  return resolver
}

/** From the name upwards, the first that has name servers is the zone. */
const nameServers = async (resolver: Resolver, domain: string): Promise<string[]> => {
  const labels = domain.split('.')
  for (let n = 0; n < labels.length - 1; n++) {
    const {found, why} = await ask(resolver.resolveNs(labels.slice(n).join('.')))
    if (found.length > 0) return found.map(nameOf)
    if (why !== undefined) return []
  }
  return []
}

const askAuthority = async (resolver: Resolver, domain: string): Promise<{server: string; answer: MxAnswer} | null> => {
  for (const server of (await nameServers(resolver, domain)).slice(0, 3)) {
    const {addresses} = await askHost(resolver, server)
    for (const address of addresses.slice(0, 2)) {
      const answer = await askMx(newResolver([address.includes(':') ? `[${address}]` : address]), domain)
      if (answer.status !== 'failed') return {server, answer}
    }
  }
  return null
}

/**
 * A resolver: that of the system, or one that is named as IP or IP:PORT ([IP]:PORT for IPv6).
 * @throws OpsError 64 `BAD_RESOLVER`
 */
export const dnsAt = (server: string | undefined): Dns => {
  let resolver: Resolver
  try {
    resolver = newResolver(server === undefined ? null : [server])
  } catch (error) {
    throw new OpsError('BAD_RESOLVER', `not an address of a resolver: ${server}`, {
      exit: 'usage',
      hint: '--resolver 192.0.2.53, 127.0.0.1:5353 or [2001:db8::53]:53',
      cause: error,
    })
  }
  const hosts = new Map<string, Promise<HostAnswer>>()
  return {
    mx: domain => askMx(resolver, domain),
    host: name => {
      // Thousands of domains have the same few MX hosts.
      const known = hosts.get(name) ?? askHost(resolver, name)
      hosts.set(name, known)
      return known
    },
    authoritative: domain => askAuthority(resolver, domain),
  }
}
