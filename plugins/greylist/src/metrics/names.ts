// Names of the counters that the store keeps, and the bins of delays.
import type {Decision} from '../policy/types.js'

/** Counter of a decision: `pass known`, `defer new`, `learn new` (what learning mode let pass). */
export const decisionCounter = ({action, reason, learning}: Decision): string => `${learning === true ? 'learn' : action} ${reason}`

/** Entries that expired without having passed; the stores count them where they go, on the day of their first sight. */
export const LOST = 'lost'

const STEP = Math.log(1.1)

/** Counter of a delay: bin b holds delays from 1.1^b to 1.1^(b+1) seconds, so a bin's middle is right to 5 %. */
export const delayCounter = (delay: number): string => `delay ${Math.max(0, Math.floor(Math.log(Math.max(1, delay / 1000)) / STEP))}`

/** Delays by bin, from counters; ascending. */
export const delayBins = (counts: Readonly<Record<string, number>>): {readonly seconds: number; readonly count: number}[] =>
  Object.entries(counts)
    .flatMap(([name, count]) => (name.startsWith('delay ') ? [{bin: Number(name.slice(6)), count}] : []))
    .sort((a, b) => a.bin - b.bin)
    .map(({bin, count}) => ({seconds: 1.1 ** (bin + 0.5), count}))

/** The delay that a share of all delays is at most, in seconds; null without any. */
export const quantile = (bins: readonly {readonly seconds: number; readonly count: number}[], share: number): number | null => {
  const all = bins.reduce((sum, {count}) => sum + count, 0)
  let seen = 0
  for (const {seconds, count} of bins) {
    seen += count
    if (seen >= share * all) return seconds
  }
  return null
}

/** Days since the epoch, UTC. */
export const dayOf = (at: number): number => Math.floor(at / 86_400_000)
