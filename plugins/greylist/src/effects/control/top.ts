// The networks with the most pending entries, found in bounded memory however many there are.
import type {Store} from '../../store/store.js'

export interface TopNetwork {
  readonly network: string
  /** Pending entries, at least. */
  readonly pending: number
  readonly tries: number
}

/** Counters kept at once: any network with more than a 4096th of all pending entries is among them. */
const MOST = 4096

/** Misra and Gries' algorithm: a network that finds no counter free takes one from each. */
export const topNetworks = async (store: Store, limit: number): Promise<TopNetwork[]> => {
  const counters = new Map<string, {pending: number; tries: number}>()
  for await (const chunk of store.entries({state: 'pending'}))
    for (const {network, tries} of chunk) {
      const counter = counters.get(network)
      if (counter !== undefined) {
        counter.pending++
        counter.tries += tries
      } else if (counters.size < MOST) counters.set(network, {pending: 1, tries})
      else for (const [name, one] of counters) if (--one.pending === 0) counters.delete(name)
    }
  return [...counters]
    .map(([network, {pending, tries}]) => ({network, pending, tries}))
    .sort((a, b) => b.pending - a.pending || b.tries - a.tries)
    .slice(0, limit)
}
