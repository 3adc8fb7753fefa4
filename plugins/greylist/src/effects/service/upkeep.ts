// What goes on beside the decisions: counters to the store, expiry in small steps, lists read again.
import type {Settings} from '../../policy/types.js'
import type {Holder} from './holder.js'
import {longest} from './spans.js'
import type {Statistics} from './statistics.js'

/** A step of expiry is about 2 ms: a quarter of a second between them leaves the rest to decisions. */
const SWEEP_MS = 250
/** Where there is something to remove. */
const BUSY_SWEEP_MS = 25
/** The first walk counts what is pending, which the limits need soon. */
const FIRST_SWEEP_MS = 5
const FLUSH_MS = 1000
/** Between two walks over the whole store. */
const REST_MS = 60_000

export interface Upkeep {
  stop(): void
}

/** Begins to expire entries and to store counters, in steps between decisions, until it is stopped. */
export const startUpkeep = ({holder, statistics, settings}: {holder: Holder; statistics: Statistics; settings: () => Settings}): Upkeep => {
  let isFirst = true
  let sweeping: NodeJS.Timeout | undefined
  let isStopped = false
  const sweep = async (): Promise<void> => {
    let next = SWEEP_MS
    try {
      const swept = await holder.store?.sweep({now: Date.now(), ...longest(settings())})
      if (swept?.done === true) isFirst = false
      next = swept === undefined || swept.done ? REST_MS : isFirst ? FIRST_SWEEP_MS : swept.removed > 0 ? BUSY_SWEEP_MS : SWEEP_MS
    } catch (error) {
      holder.failed(error)
      next = REST_MS
    }
    if (!isStopped) sweeping = setTimeout(() => void sweep(), next).unref()
  }
  const flushing = setInterval(() => void statistics.flush(holder.store).catch((error: unknown) => holder.failed(error)), FLUSH_MS).unref()
  sweeping = setTimeout(() => void sweep(), FIRST_SWEEP_MS).unref()
  return {
    stop: () => {
      isStopped = true
      clearTimeout(sweeping)
      clearInterval(flushing)
    },
  }
}
