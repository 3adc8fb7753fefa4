// Looks up the SPF records of deferred senders in the background, so that a retry from another of their addresses passes.
import {cidrMap} from '../../policy/cidr-map.js'
import {parseCidr, type Address} from '../../policy/address.js'
import type {Settings} from '../../policy/types.js'
import {deriveRanges, type Dns} from '../../spf/derive.js'
import {domainRanges} from '../../spf/index-of-ranges.js'
import type {Ask, Store} from '../../store/store.js'
import {makeDns} from '../dns/resolver.js'

/** A deferral whose sender's domain is worth a look. */
export interface SpfCheck {
  readonly domain: string
  readonly address: Address
  /** First sight: the domain's delay runs from it. */
  readonly first: number
  readonly ask: Ask
}

export interface Spf {
  /** True when the domain's record names the address, as far as it has been looked up. */
  isClient(domain: string, address: Address): boolean
  /** A deferred domain whose record names the address, for clients whose sender is not known yet. */
  domainOf(address: Address): string | undefined
  /** Looks the domain's ranges up in the store, where another host has put them. */
  recall(domain: string, address: Address): Promise<boolean>
  /** Begins a look-up; its outcome counts from the next attempt on. */
  check(check: SpfCheck): void
  /** Takes in what the store remembers. */
  load(store: Store): Promise<void>
  stop(): void
}

const PREFIX = 'spf:'
/** At once, and waiting: what comes beyond it comes again with its retry. */
const AT_ONCE = 8
const MOST_WAITING = 1000
/** How long ranges count before they are looked up anew, and how long it is remembered that there are none. */
const RANGES_MS = 7 * 86_400_000
const NONE_MS = 600_000
const MOST_NONE = 20_000
const LOOK_MS = 20_000

const holds = (ranges: readonly string[], address: Address): boolean =>
  cidrMap(ranges.flatMap(range => ({cidr: parseCidr(range), value: true})).flatMap(({cidr, value}) => (cidr === null ? [] : [{cidr, value}]))).find(address) !== null

/** A domain whose servers dawdle must not keep the places of others (RFC 7208 4.6.4: at least 20 seconds). */
const inTime = async <T>(work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the look-up took too long')), LOOK_MS).unref()
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** What is known of the SPF records of senders; asks DNS behind the decisions, never in front of them. */
export const makeSpf = ({settings, store, warn}: {settings: () => Settings; store: () => Store | null; warn: (line: string) => void}): Spf => {
  const known = domainRanges()
  const none = new Map<string, number>()
  const underWay = new Set<string>()
  const waiting: SpfCheck[] = []
  let dns: {readonly server: string | undefined; readonly ask: Dns} | null = null
  let isStopped = false

  const resolver = (): Dns => {
    const {resolver: server} = settings()
    // Another may be named by a reload.
    if (dns === null || dns.server !== server) dns = {server, ask: makeDns(server)}
    return dns.ask
  }
  const isNone = (domain: string): boolean => (none.get(domain) ?? 0) > Date.now()
  const setNone = (domain: string): void => {
    none.set(domain, Date.now() + NONE_MS)
    if (none.size > MOST_NONE) none.delete(none.keys().next().value ?? domain)
  }
  const rangesOf = async (domain: string): Promise<readonly string[]> => {
    const kept = await store()?.recall(PREFIX + domain, Date.now())
    if (kept !== null && kept !== undefined) return JSON.parse(kept) as string[]
    const {ranges} = await inTime(deriveRanges(domain, resolver()))
    if (ranges.length > 0) await store()?.remember(PREFIX + domain, JSON.stringify(ranges), Date.now() + RANGES_MS)
    return ranges
  }
  const look = async ({domain, address, first, ask}: SpfCheck): Promise<void> => {
    const ranges = await rangesOf(domain)
    // Anybody can name a domain: only what its record lets send for it has waited for it.
    if (!holds(ranges, address)) return setNone(domain)
    known.set(domain, ranges)
    const {delay, window, keep} = ask
    await store()?.decide([{network: PREFIX + domain, sender: '', recipient: '', now: first, delay, window, keep, passNetwork: true}])
  }
  const next = (): void => {
    while (!isStopped && underWay.size < AT_ONCE) {
      const check = waiting.shift()
      if (check === undefined) return
      if (underWay.has(check.domain)) continue
      underWay.add(check.domain)
      void look(check)
        // No DNS, no bypass: the client waits as all do. Asked again after a while.
        .catch(() => setNone(check.domain))
        .finally(() => {
          underWay.delete(check.domain)
          next()
        })
    }
  }
  return {
    isClient: known.holds,
    domainOf: known.domainOf,
    recall: async (domain, address) => {
      try {
        const text = await store()?.recall(PREFIX + domain, Date.now())
        if (text !== null && text !== undefined) known.set(domain, JSON.parse(text) as string[])
      } catch {
        // The store's trouble is told where it decides.
      }
      return known.holds(domain, address)
    },
    check: check => {
      const {domain} = check
      if (!settings().spf || isStopped || isNone(domain) || underWay.has(domain) || waiting.length >= MOST_WAITING) return
      waiting.push(check)
      next()
    },
    load: async opened => {
      for (const [name, text] of await opened.recallAll(PREFIX, Date.now()))
        try {
          known.set(name.slice(PREFIX.length), JSON.parse(text) as string[])
        } catch {
          warn(`the store's memo ${name} is damaged, it is looked up anew`)
        }
    },
    stop: () => {
      isStopped = true
      waiting.length = 0
    },
  }
}
