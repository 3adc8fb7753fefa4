// Derives the providers' ranges from their SPF records.
import {PROVIDER_DOMAINS} from '../../providers/bundled.js'
import type {Provider, ProviderList} from '../../providers/providers.js'
import {deriveRanges, type Dns} from '../../spf/derive.js'

/** What became of one provider. */
export interface Looked {
  readonly name: string
  readonly domain: string
  readonly added: readonly string[]
  readonly removed: readonly string[]
  /** Why its former ranges stay. */
  readonly fault: string | null
}

export interface Update {
  readonly list: ProviderList
  readonly looked: readonly Looked[]
}

/** Deeper than a sender's record may be: providers' lists are spread over many names. */
const LOOKUPS = 60

const lookUp = async ({name, domain}: {name: string; domain: string}, former: Provider | undefined, dns: Dns): Promise<{provider: Provider; looked: Looked}> => {
  let ranges: readonly string[] = []
  let fault: string | null
  try {
    ;({ranges, fault} = await deriveRanges(domain, dns, LOOKUPS))
  } catch (error) {
    fault = `DNS: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`
  }
  const old = former?.ranges ?? []
  // A fault half-way would make ranges vanish: the former ones stay whole.
  const kept = fault === null && ranges.length > 0 ? ranges : old
  return {
    provider: {name, domain, ranges: kept},
    looked: {
      name,
      domain,
      added: kept.filter(range => !old.includes(range)),
      removed: old.filter(range => !kept.includes(range)),
      fault: fault ?? (ranges.length === 0 ? `${domain} names no ranges` : null),
    },
  }
}

/**
 * Asks for all providers, those of the list in force and those that come with the program.
 * @param today as the list will be dated, `2026-11-22`
 */
export const updateProviders = async (current: ProviderList, {dns, today, progress}: {dns: Dns; today: string; progress: (done: number, total: number) => void}): Promise<Update> => {
  const former = new Map(current.providers.map(provider => [provider.name, provider]))
  const wanted = [...new Map([...PROVIDER_DOMAINS, ...current.providers].map(one => [one.name, one])).values()]
  const providers: Provider[] = []
  const looked: Looked[] = []
  for (const [n, one] of wanted.entries()) {
    const result = await lookUp(one, former.get(one.name), dns)
    if (result.provider.ranges.length > 0) providers.push(result.provider)
    looked.push(result.looked)
    progress(n + 1, wanted.length)
  }
  return {list: {date: today, providers}, looked}
}
