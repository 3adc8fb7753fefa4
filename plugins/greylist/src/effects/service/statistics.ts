// Counts decisions in memory and hands them to the store once a second: a write for each would cost more than it tells.
import {dayOf, decisionCounter, delayCounter} from '../../metrics/names.js'
import type {Decision} from '../../policy/types.js'
import type {Counts, Store} from '../../store/store.js'

export interface Statistics {
  decided(decision: Decision): void
  add(name: string, by?: number): void
  /** What the store does not have yet. */
  waiting(): Counts
  /** Hands over what waits; what the store does not take stays for the next time. */
  flush(store: Store | null): Promise<void>
}

/** Counters that begin at nothing. */
export const makeStatistics = (): Statistics => {
  let counts = new Map<string, number>()
  const add = (name: string, by = 1): void => void counts.set(name, (counts.get(name) ?? 0) + by)
  // One string made a thousand times over is still a thousand strings.
  const names = new Map<string, string>()
  const nameOf = (decision: Decision): string => {
    const key = `${decision.action}${decision.learning === true ? '!' : ''}${decision.reason}`
    const known = names.get(key) ?? decisionCounter(decision)
    names.set(key, known)
    return known
  }
  return {
    decided: decision => {
      add(nameOf(decision))
      if (decision.delayed !== undefined) add(delayCounter(decision.delayed))
    },
    add,
    waiting: () => Object.fromEntries(counts),
    flush: async store => {
      if (store === null || counts.size === 0) return
      const handed = counts
      counts = new Map()
      try {
        await store.count(dayOf(Date.now()), Object.fromEntries(handed))
      } catch (error) {
        for (const [name, by] of handed) add(name, by)
        throw error
      }
    },
  }
}
