// Gathers all that a check of a domain rests on.
import {isAbsolute, join} from 'node:path'

import {isOpsError, OpsError, type JsonValue} from 'mailops/core'

import type {DomainFacts, EximView} from '../../domain/facts.js'
import {hostItems} from '../../domain/exim-output.js'
import {addressForm, isLoopback, routingOf, type HostAnswer, type OwnPlace} from '../../domain/mx.js'
import {mxcheckOf, ownedDomains, ownerOf} from '../../domain/mxcheck.js'
import type {MailSystem} from '../../domain/system.js'
import {zoneMx} from '../../domain/zone.js'
import {isFor, type QueuedMessage} from '../../frozen/queue-list.js'
import {frozenMessages} from '../frozen/queue.js'
import {dnsAt, type Dns} from './dns.js'
import {askRoute, eximAt, eximFacts, isInList, type EximFacts, type EximProgram} from './exim-program.js'
import {isBehindNat, ownAddresses, type OwnAddress} from './own-place.js'
import {readSystem} from './read-system.js'
import {readText} from './root.js'

/** What is told on the command line. */
export interface LookUpOptions {
  readonly root: string
  readonly resolver?: string | undefined
  readonly publicAddresses: readonly string[]
  readonly exim?: string | undefined
  readonly config?: string | undefined
  /** Look into the queue, which takes long where it is long. */
  readonly queue: boolean
}

/** What is the same for all domains of one run. */
export interface Surroundings {
  readonly root: string
  /** As DomainFacts. */
  readonly how: string
  readonly system: MailSystem
  /** Exim's configuration file where that counts; absent where the lists are elsewhere. */
  readonly config: string | undefined
  readonly dns: Dns
  readonly own: readonly OwnAddress[]
  readonly place: OwnPlace
  readonly exim: EximProgram | null
  readonly eximFacts: EximFacts | null
  /** Null: no queue to look into. */
  readonly frozen: readonly QueuedMessage[] | null
}

/** Nobody waits for the tenth check while a long queue is listed; `thaw` does. */
const GLANCE_MS = 30_000

const frozenOrNone = async (exim: EximProgram | null): Promise<QueuedMessage[] | null> => {
  if (exim === null) return null
  try {
    return await frozenMessages(exim, GLANCE_MS)
  } catch {
    return null // not for this user, or too long: the check says that it was not looked into
  }
}

const howOf = ({root, resolver, publicAddresses, exim, config}: LookUpOptions): string =>
  [
    ...(root === '/' ? [] : ['--root', root]),
    ...(resolver === undefined ? [] : ['--resolver', resolver]),
    ...publicAddresses.flatMap(address => ['--public-address', address]),
    ...(exim === undefined ? [] : ['--exim', exim]),
    ...(config === undefined ? [] : ['--exim-config', config]),
  ]
    .map(word => ` ${/^[\w@%+=:,./[\]-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`}`)
    .join('')

/** Of a plain Exim the configuration that it says it reads counts, not the one that is found where they usually are. */
const systemAt = (
  root: string,
  {told, asked}: {told: string | undefined; asked: string | null},
): {system: MailSystem; config: string | undefined} => {
  const config = told ?? (asked !== null && isAbsolute(asked) ? asked : undefined)
  try {
    const system = readSystem(root, told)
    return system.kind !== 'exim' || config === undefined
      ? {system, config: told}
      : {system: readSystem(root, config), config}
  } catch (error) {
    if (config === undefined || !isOpsError(error) || error.code !== 'NO_MAIL_SYSTEM') throw error
    return {system: readSystem(root, config), config}
  }
}

/** Looks at the machine, once. */
export const surroundings = async (options: LookUpOptions): Promise<Surroundings> => {
  const {root} = options
  const exim = eximAt({root, named: options.exim, config: options.config})
  const facts = exim === null ? null : await eximFacts(exim)
  const {system, config} = systemAt(root, {told: options.config, asked: facts?.config ?? null})
  const told = ['local_interfaces', 'extra_local_interfaces']
    .flatMap(name => hostItems(facts?.options.get(name) ?? ''))
    .flatMap((item): OwnAddress[] => {
      // `address.port` is allowed there.
      const form = addressForm(item) ?? addressForm(item.replace(/\.\d+$/, ''))
      return form === null || isLoopback(form) ? [] : [{address: form, from: 'Exim'}]
    })
  const own = [...ownAddresses(root, options.publicAddresses), ...told]
  const names = hostItems(facts?.options.get('hosts_treat_as_local') ?? '')
  return {
    root,
    how: howOf(options),
    system,
    config,
    dns: dnsAt(options.resolver),
    own,
    exim,
    eximFacts: facts,
    frozen: options.queue ? await frozenOrNone(exim) : null,
    place: {addresses: new Set(own.map(({address}) => address)), names, ignoresLoopback: system.kind === 'cpanel'},
  }
}

const eximView = async ({exim, eximFacts: facts}: Surroundings, domain: string): Promise<EximView | null> => {
  if (exim === null || facts === null) return null
  const {path, config, routers, options} = facts
  const [route, isLocal, isRelayed] = [
    await askRoute(exim, domain),
    await isInList(exim, domain, 'local_domains'),
    await isInList(exim, domain, 'relay_to_domains'),
  ]
  return {path, config, routers, options, route, isLocal, isRelayed}
}

const hostsOf = async (dns: Dns, names: readonly string[]): Promise<Map<string, HostAnswer>> =>
  new Map(await Promise.all(names.map(async (name): Promise<[string, HostAnswer]> => [name, await dns.host(name)])))

const zoneOf = (root: string, domain: string): DomainFacts['zone'] => {
  const path = `/var/named/${domain}.db`
  const text = readText(root, path)
  return text === null ? null : {path: join(root, path), answer: zoneMx(text, domain)}
}

/** Everything about one domain. */
export const lookUp = async (around: Surroundings, domain: string): Promise<DomainFacts> => {
  const {root, system, dns, own, place, frozen} = around
  const isCpanel = system.kind === 'cpanel'
  const owner = isCpanel ? ownerOf(readText(root, '/etc/userdomains') ?? '', domain) : null
  const userFile = owner === null ? null : readText(root, `/var/cpanel/users/${owner}`)
  const [answer, authority] = await Promise.all([dns.mx(domain), dns.authoritative(domain)])
  const names =
    answer.status === 'mx' ? answer.records.map(({exchange}) => exchange) : answer.status === 'none' ? [domain] : []
  const routing = routingOf(domain, {answer, hosts: await hostsOf(dns, names), own: place})
  return {
    domain,
    how: around.how,
    system,
    owner,
    mxcheck: userFile === null ? null : mxcheckOf(userFile, domain),
    answer,
    routing,
    authority,
    zone: isCpanel ? zoneOf(root, domain) : null,
    own,
    isBehindNat: isBehindNat(own),
    exim: await eximView(around, domain),
    frozen: frozen?.filter(message => isFor(message, domain)).map(({id}) => id) ?? null,
  }
}

/**
 * Every domain that a list or an account of this machine names.
 * @throws OpsError 66 `NO_DOMAINS`
 */
export const allDomains = ({system, root}: Surroundings): string[] => {
  const owned = system.kind === 'cpanel' ? ownedDomains(readText(root, '/etc/userdomains') ?? '') : []
  const domains = [
    ...new Set([...system.lists.flatMap(({entries}) => entries.map(({domain}) => domain)), ...owned]),
  ].toSorted()
  if (domains.length === 0)
    throw new OpsError('NO_DOMAINS', `no list of ${system.name} names a domain`, {
      exit: 'noInput',
      hint: 'name one: mailops exim check-domain example.com',
    })
  return domains
}

/** For JSON: what this machine was taken for. */
export const ownJson = (own: readonly OwnAddress[]): JsonValue => own.map(({address, from}) => ({address, from}))
