// Finds outages in logs that hold no successes at all (a rejectlog alone): many users, each at a place of his own, at once.
import type {Account, Address} from './names.js'
import type {Pairs} from './pairs.js'
import type {Period} from './streak.js'

const BIN_SECONDS = 60
// Nothing says that these are users, so more of them are wanted than where something does.
const TIMES_USERS = 2
// The crowd must stand out: attacks by many machines go on for hours at one rate.
const STANDS_OUT = 5
const MOST_PAIRS = 100_000
// Mail programs of users try again within so many minutes; machines that try one password each do not.
const RETRY_MINUTES = 15
const TRIES = 1.5

interface Crowd {
  readonly start: number
  readonly pairs: Uint32Array
  readonly counts: Uint32Array
}

/** Collects minutes in which a crowd fails; what they amount to is said at the end. */
export class Crowds {
  private readonly pairs: Pairs
  private readonly users: number
  private minute = NaN
  private failing = new Map<number, number>()
  private found: Crowd[] = []
  private kept = 0
  private quietMinutes = 0
  private quietFailures = 0

  constructor(pairs: Pairs, outageUsers: number) {
    this.pairs = pairs
    this.users = TIMES_USERS * outageUsers
  }

  fail(index: number, times: number, time: number): void {
    const minute = Math.floor(time / BIN_SECONDS)
    if (minute !== this.minute) this.close()
    this.minute = minute
    if (this.failing.size < MOST_PAIRS) this.failing.set(index, (this.failing.get(index) ?? 0) + times)
  }

  /** Forgets everything: the log has successes after all, or the table of pairs was made anew. */
  clear(): void {
    this.failing.clear()
    this.found = []
    this.kept = 0
  }

  /** Marks the pairs' failures as those of an outage, and returns when it was; call once, at the end. */
  settle(accounts: readonly Account[], addresses: readonly Address[]): Period[] {
    this.close()
    const single = this.found.filter(({pairs}) => this.areSingle(pairs, accounts, addresses))
    const failures = single.reduce((sum, {counts}) => sum + counts.reduce((a, b) => a + b, 0), 0)
    const usual = this.quietFailures / Math.max(1, this.quietMinutes)
    if (single.length !== this.found.length || failures < STANDS_OUT * usual * single.length) return []
    // A log without a quiet minute does not show when it began.
    if (this.quietMinutes === 0 && single.length > RETRY_MINUTES && failures < TRIES * new Set(single.flatMap(({pairs}) => [...pairs])).size) return []
    for (const {pairs, counts} of single) for (const [at, index] of pairs.entries()) this.pairs.outages[index]! += counts[at]!
    return single.map(({start}) => ({from: start, to: start + BIN_SECONDS - 1}))
  }

  // One place each, with few exceptions: an office behind one address, a user with two devices.
  private areSingle(pairs: Uint32Array, accounts: readonly Account[], addresses: readonly Address[]): boolean {
    const single = pairs.filter(
      index => accounts[this.pairs.accounts[index]!]!.places <= 2 && addresses[this.pairs.addresses[index]!]!.accounts <= 2,
    )
    return single.length >= 0.9 * pairs.length
  }

  private close(): void {
    const {failing} = this
    if (failing.size >= this.users && this.kept + failing.size <= MOST_PAIRS) {
      this.found.push({start: this.minute * BIN_SECONDS, pairs: Uint32Array.from(failing.keys()), counts: Uint32Array.from(failing.values())})
      this.kept += failing.size
    } else if (failing.size > 0) {
      this.quietMinutes++
      for (const count of failing.values()) this.quietFailures += count
    }
    this.failing = new Map()
  }
}
