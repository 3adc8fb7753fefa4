// What happened between each account and each address: columns of numbers, since there may be a million pairs.

/**
 * Why a line tells its cause by itself; `login` is for what only the whole log explains, `nameless` for a refusal (535)
 * that names no account: a client that gave up, or an authenticator without server_set_id.
 */
export const KINDS = ['login', 'backend', 'monitor', 'monitor-guess', 'aborted', 'nameless'] as const
export type Kind = (typeof KINDS)[number]

const START = 1 << 10

const grown = <T extends Uint32Array | Uint8Array>(old: T, size: number): T => {
  const fresh = new (old.constructor as new (length: number) => T)(size)
  fresh.set(old)
  return fresh
}

/** A table of pairs; a pair is known by its index, from 0 on. */
export class Pairs {
  size = 0
  accounts = new Uint32Array(START)
  addresses = new Uint32Array(START)
  kinds = new Uint8Array(START)
  failures = new Uint32Array(START)
  successes = new Uint32Array(START)
  /** Failures that belong to an outage, of `failures`. */
  outages = new Uint32Array(START)
  /** 1 when the last that was heard of it was a success. */
  welcome = new Uint8Array(START)
  /** Seconds since 1970 of failures, 0 where no line had a time. */
  first = new Uint32Array(START)
  last = new Uint32Array(START)
  private slots = new Int32Array(4 * START).fill(-1)

  /** The index of a pair, made when it is new. */
  index(account: number, address: number, kind: number): number {
    const mask = this.slots.length - 1
    let slot = this.hash(account, address, kind) & mask
    for (let index = this.slots[slot]!; index >= 0; index = this.slots[slot]!) {
      if (this.accounts[index] === account && this.addresses[index] === address && this.kinds[index] === kind) return index
      slot = (slot + 1) & mask
    }
    if (this.size === this.accounts.length) {
      this.grow()
      return this.index(account, address, kind)
    }
    this.accounts[this.size] = account
    this.addresses[this.size] = address
    this.kinds[this.size] = kind
    this.slots[slot] = this.size
    return this.size++
  }

  /** Adds failures at a time (NaN: unknown) and says whether they are the first of the pair. */
  fail(index: number, times: number, time: number): boolean {
    const isFirst = this.failures[index] === 0
    this.failures[index]! += times
    if (time > 0) {
      if (this.first[index] === 0 || time < this.first[index]!) this.first[index] = time
      if (time > this.last[index]!) this.last[index] = time
    }
    return isFirst
  }

  /** Takes over the counts of a pair of another table. */
  copy(index: number, from: Pairs, at: number): void {
    for (const column of ['failures', 'successes', 'outages', 'welcome', 'first', 'last'] as const) this[column][index] = from[column][at]!
  }

  private hash(account: number, address: number, kind: number): number {
    const mixed = Math.imul(account + 1, 0x9e3779b1) ^ Math.imul(address + 7, 0x85ebca6b) ^ Math.imul(kind, 0xc2b2ae35)
    return mixed ^ (mixed >>> 15)
  }

  private grow(): void {
    const size = 2 * this.accounts.length
    this.accounts = grown(this.accounts, size)
    this.addresses = grown(this.addresses, size)
    this.kinds = grown(this.kinds, size)
    this.failures = grown(this.failures, size)
    this.successes = grown(this.successes, size)
    this.outages = grown(this.outages, size)
    this.welcome = grown(this.welcome, size)
    this.first = grown(this.first, size)
    this.last = grown(this.last, size)
    this.slots = new Int32Array(4 * size).fill(-1)
    const mask = this.slots.length - 1
    for (let index = 0; index < this.size; index++) {
      let slot = this.hash(this.accounts[index]!, this.addresses[index]!, this.kinds[index]!) & mask
      while (this.slots[slot]! >= 0) slot = (slot + 1) & mask
      this.slots[slot] = index
    }
  }
}
