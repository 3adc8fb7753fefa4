// Counts an event once that stands in several logs: mainlog and rejectlog, overlapping rotated files, both copies of syslog.
import type {Failure} from './event.js'

// The logs are read side by side in the order of time, so the copies of an event come near each other.
const GENERATION = 1 << 20
const MASK = 2 * GENERATION - 1

/** A set of numbers that forgets the oldest million or two. */
class RecentNumbers {
  private young = new Float64Array(2 * GENERATION)
  private old: Float64Array = new Float64Array(0)
  private size = 0

  /** Returns true when the number was not there. Zero is never given. */
  add(value: number): boolean {
    if (this.old.length > 0 && this.old[this.slot(this.old, value)] === value) return false
    const slot = this.slot(this.young, value)
    if (this.young[slot] === value) return false
    this.young[slot] = value
    if (++this.size === GENERATION) this.turn()
    return true
  }

  private turn(): void {
    const spare = this.old.length > 0 ? this.old.fill(0) : new Float64Array(2 * GENERATION)
    this.old = this.young
    this.young = spare as Float64Array<ArrayBuffer>
    this.size = 0
  }

  private slot(table: Float64Array, value: number): number {
    let slot = (Math.imul(value % 4294967296, 0x9e3779b1) >>> 8) & MASK
    while (table[slot] !== 0 && table[slot] !== value) slot = (slot + 1) & MASK
    return slot
  }
}

const mix = (hash: number, value: number): number => {
  const step = Math.imul(hash ^ value, 0x85ebca6b)
  return step ^ (step >>> 13)
}

/** What tells events of one second apart, as small numbers. */
export interface Identity {
  readonly account: number
  readonly address: number
}

/** One log, with the files it was rotated into: within it, equal lines of the same second are different events. */
export class Source {
  /** Events of the newest second, by their identity, with how often each was seen. */
  private seen = new Map<number, number>()
  private second = NaN

  /** Returns which one of its kind this is in this log and second: 1 for the first. */
  ordinal(event: Failure, key: number): number {
    if (event.time !== this.second) {
      this.second = event.time
      this.seen.clear()
    }
    const count = (this.seen.get(key) ?? 0) + 1
    this.seen.set(key, count)
    // Exim writes to syslog once for each of its logs (syslog_duplication): two lines there are one event.
    return event.syslog ? (count + 1) >> 1 : count
  }
}

/** Says of each event whether it is new. */
export class Once {
  private readonly recent = new RecentNumbers()

  /** Takes an event of a log; false when another log, or another copy, has told of it already. */
  isNew(event: Failure, {account, address}: Identity, source: Source): boolean {
    // Without a time two equal lines are two events: a summary, or sessions of -bh.
    if (Number.isNaN(event.time)) return true
    const high = mix(mix(account, event.port), event.code)
    const low = mix(mix(address, event.time | 0), event.port ^ account)
    const ordinal = source.ordinal(event, (high >>> 11) * 4294967296 + (low >>> 0))
    return this.recent.add((mix(high, ordinal) >>> 11) * 4294967296 + (mix(low, ordinal) >>> 0) + 1)
  }
}
