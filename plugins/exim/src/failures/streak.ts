// Finds outages: users who always get in fail one after another, at their usual places, and nobody gets in meanwhile.
import type {Pairs} from './pairs.js'

// One success among so many users who fail does not end an outage: a session that was open already, a cached login.
const TOLERATED = 10

/** From when to when. */
export interface Period {
  readonly from: number
  to: number
}

// Enough for any log that a person will read to its end.
const MOST_PERIODS = 1000

/** Follows failures and successes in the order of time. */
export class Streak {
  readonly periods: Period[] = []
  private readonly pairs: Pairs
  private readonly users: number
  private failing = new Map<number, number>()
  private accounts = new Set<number>()
  private successes = 0
  private from = 0
  private current: Period | null = null

  constructor(pairs: Pairs, users: number) {
    this.pairs = pairs
    this.users = users
  }

  /** A failure of a pair that has succeeded before; returns true when it belongs to an outage. */
  fail(index: number, times: number, time: number): boolean {
    // Who failed already while others got in has a stale password, and says nothing about the rest.
    if (this.pairs.welcome[index] === 0 && !this.failing.has(index)) return false
    this.pairs.welcome[index] = 0
    if (this.failing.size === 0) this.from = time
    this.accounts.add(this.pairs.accounts[index]!)
    this.failing.set(index, (this.failing.get(index) ?? 0) + times)
    if (this.current === null) {
      if (this.accounts.size < this.users) return false
      this.begin(time)
      return true
    }
    this.pairs.outages[index]! += times
    this.current.to = Math.max(this.current.to, time)
    return true
  }

  /** A pair got in. */
  succeed(index: number): void {
    this.pairs.welcome[index] = 1
    if (this.failing.size === 0) return
    if (++this.successes * TOLERATED > this.accounts.size) this.end()
  }

  /** Forgets what is under way: the table of pairs was made anew. */
  end(): void {
    this.failing.clear()
    this.accounts.clear()
    this.successes = 0
    this.current = null
  }

  private begin(time: number): void {
    for (const [index, times] of this.failing) this.pairs.outages[index]! += times
    this.current = {from: this.from, to: time}
    if (this.periods.length < MOST_PERIODS) this.periods.push(this.current)
  }
}
