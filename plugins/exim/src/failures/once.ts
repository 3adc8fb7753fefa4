// Counts an event once that stands in several logs: mainlog and rejectlog, overlapping rotated files, both copies of syslog.
import type {Failure} from './event.js'

// The logs are read side by side in the order of time, so the copies of an event come near each other.
const GENERATION = 1 << 17
const MASK = 2 * GENERATION - 1

/** Numbers in the order in which they came: all that is needed while none can have come before. */
class Listed {
  young = new Int32Array(2 * GENERATION)
  old: Int32Array<ArrayBuffer> | null = null
  size = 0

  add(high: number, low: number): void {
    this.young[2 * this.size] = high
    this.young[2 * this.size + 1] = low
    if (++this.size < GENERATION) return
    const spare = this.old ?? new Int32Array(2 * GENERATION)
    this.old = this.young
    this.young = spare
    this.size = 0
  }
}

/** A set of numbers of 64 bits, as two halves, that forgets the oldest hundred thousand or two. */
class RecentNumbers {
  private listed: Listed | null = new Listed()
  private young = new Int32Array(0)
  private old = new Int32Array(0)
  private size = 0

  /** The same for one that cannot be there if no `add` came before: quicker, since its place is nowhere near the last one's. */
  addLater(high: number, low: number): boolean {
    if (this.listed === null) return this.add(high, low)
    this.listed.add(high, low)
    return true
  }

  /** Returns true when the number was not there. The low half is never zero. */
  add(high: number, low: number): boolean {
    if (this.listed !== null) this.file(this.listed)
    if (this.old.length > 0 && this.old[this.slot(this.old, high, low) + 1] !== 0) return false
    const slot = this.slot(this.young, high, low)
    if (this.young[slot + 1] !== 0) return false
    this.young[slot] = high
    this.young[slot + 1] = low
    if (++this.size === GENERATION) this.turn()
    return true
  }

  private turn(): void {
    const spare = this.old.length > 0 ? this.old.fill(0) : new Int32Array(4 * GENERATION)
    this.old = this.young
    this.young = spare
    this.size = 0
  }

  // From the first number on that may have come before, all have their places.
  private file({old, young, size}: Listed): void {
    this.listed = null
    if (old !== null) this.old = this.table(old, GENERATION)
    this.young = this.table(young, size)
    this.size = size
  }

  private table(list: Int32Array, size: number): Int32Array<ArrayBuffer> {
    const table = new Int32Array(4 * GENERATION)
    for (let index = 0; index < 2 * size; index += 2) {
      const slot = this.slot(table, list[index]!, list[index + 1]!)
      table[slot] = list[index]!
      table[slot + 1] = list[index + 1]!
    }
    return table
  }

  // Where it stands, or the first free place after where it should.
  private slot(table: Int32Array, high: number, low: number): number {
    let slot = low & MASK
    while (table[2 * slot + 1] !== 0 && (table[2 * slot + 1] !== low || table[2 * slot] !== high)) slot = (slot + 1) & MASK
    return 2 * slot
  }
}

// Murmur3's step and end: every bit of the value changes half of the hash's.
const step = (hash: number, value: number): number => {
  const mixed = Math.imul((value << 15) | (value >>> 17), 0xcc9e2d51)
  const turned = hash ^ Math.imul(mixed, 0x1b873593)
  return (Math.imul((turned << 13) | (turned >>> 19), 5) + 0xe6546b64) | 0
}
const end = (hash: number): number => {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return twice ^ (twice >>> 16)
}

interface Serial {
  readonly serial: number
}

// More different events in one second than this are rare; they are looked for one after another.
const SECOND = 1024

/** One log, with the files it was rotated into: within it, equal lines of the same second are different events. */
export class Source {
  /** Events of the newest second, and how often each was seen; arrays, since a Map is made anew whenever it is cleared. */
  private readonly keys = new Int32Array(SECOND)
  private readonly counts = new Uint32Array(SECOND)
  private used = 0
  private second = NaN
  private latest = -Infinity
  private isLater = false

  /** True when no event before the last one that was asked for can be equal to it in kind, second and ordinal. */
  isFirst = false

  /** Returns which one of its kind this is in this log and second: 1 for the first. */
  ordinal(event: Failure, key: number): number {
    if (event.time !== this.second) {
      this.second = event.time
      this.isLater = event.time > this.latest
      if (this.isLater) this.latest = event.time
      this.used = 0
    }
    let at = 0
    while (at < this.used && this.keys[at] !== key) at++
    if (at === this.used) this.counts[at] = 0
    // Of a flood in one second the later ones share the last place: equal ones among them count once.
    if (at === this.used && this.used < SECOND - 1) this.used++
    this.isFirst = this.isLater && at < SECOND - 1 && !event.syslog
    this.keys[at] = key
    const count = ++this.counts[at]!
    // Exim writes to syslog once for each of its logs (syslog_duplication): two lines there are one event.
    return event.syslog ? (count + 1) >> 1 : count
  }
}

/** Says of each event whether it is new. */
export class Once {
  private readonly recent = new RecentNumbers()
  /** The one log, as long as there was no other. */
  private only: Source | null = null

  /** Takes an event of a log; false when another log, or another copy, has told of it already. */
  isNew(event: Failure, source: Source, place: {readonly account: Serial; readonly address: Serial}): boolean {
    const account = place.account.serial
    const address = place.address.serial
    // Without a time two equal lines are two events: a summary, or sessions of -bh.
    if (Number.isNaN(event.time)) return true
    const second = event.time | 0
    const base = step(step(step(0x9747b28c | 0, account), address), (event.port << 10) ^ event.code)
    const ordinal = source.ordinal(event, base)
    const high = end(step(step(base, second), ordinal))
    const low = end(step(step(step(step(ordinal, second), event.port), address), account))
    this.only ??= source
    // Within one log whose time runs forward the ordinal tells all events apart.
    const isLater = this.only === source && source.isFirst
    return isLater ? this.recent.addLater(high, low === 0 ? 1 : low) : this.recent.add(high, low === 0 ? 1 : low)
  }
}
