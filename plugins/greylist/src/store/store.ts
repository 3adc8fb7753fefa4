// What a store must be able to do: small enough that SQLite, Redis and later PostgreSQL can stand behind it.
import type {Rule} from '../policy/types.js'

/** Key of an entry: the network alone (`sender` and `recipient` are ''), or the triplet. The null sender is `<>`. */
export interface Key {
  /** `203.0.113.0/24`, `2001:db8:1:2::/64`, or `spf:example.com` for the addresses that a domain's SPF record names. */
  readonly network: string
  readonly sender: string
  readonly recipient: string
}

/** One remembered network or triplet. Milliseconds since the epoch. */
export interface Entry extends Key {
  readonly first: number
  readonly last: number
  /** When a retry passed; 0 while it is pending. */
  readonly passed: number
  /** Attempts while it was pending, the one that passed included. */
  readonly tries: number
}

/** What the policy asks a store, with all that its answer depends on. */
export interface Ask extends Key {
  readonly now: number
  readonly delay: number
  readonly window: number
  readonly keep: number
  /** The network passes with its first triplet. */
  readonly passNetwork: boolean
  /** The client is an address of this domain by its SPF record: a deferral of the domain counts for it too. */
  readonly spf?: string
  /** Domain of the sender, when its SPF record may count: a store that others write to says whether it knows it. */
  readonly domain?: string
  /** Only looks: nothing is written (`check`, `explain`). */
  readonly dry?: boolean
}

/**
 * `new`, `early`: to be deferred. `ripe`: a retry that passes now for the first time. `known`: passed before. `spf`:
 * passes by what its domain did from another address. `full`: not recorded, because its group has too many pending.
 */
export type Outcome = 'new' | 'early' | 'ripe' | 'known' | 'spf' | 'full'

/** The answer: what the entry that decided is now. */
export interface Answer {
  readonly outcome: Outcome
  readonly first: number
  readonly last: number
  readonly tries: number
  /** Another host has seen the asked `domain` deferred: its SPF ranges are worth a `recall`. */
  readonly isDomainSeen?: boolean
}

/** Chooses entries; all given members must fit. */
export interface EntryFilter {
  /** Exactly this network. */
  readonly network?: string
  readonly state?: 'pending' | 'passed'
}

/** Numbers by name; names as `metrics/names.ts` has them. */
export type Counts = Readonly<Record<string, number>>

/** An expired pending entry: it never came back. */
export type Lost = Omit<Entry, 'passed'>

/** What a step of expiry did; `lost` of the removed had never come back, `done` when it has gone round once. */
export interface Swept {
  readonly removed: number
  readonly lost: number
  readonly done: boolean
}

/** A store of entries, list entries and counters. Methods may be called before an earlier one has ended. */
export interface Store {
  /** What it is, for people: `SQLite /var/lib/mailops/greylist/greylist.db`. */
  readonly name: string
  /** True while the store that hosts share does not answer: then `get`, `put` and `remove` throw, decisions are this host's own. */
  readonly isAway?: boolean
  /** True while a write has failed so lately that the next may, too. */
  readonly isDoubtful?: boolean
  /** Decides in order, each seeing what those before it wrote: one transaction, or one round trip. */
  decide(asks: readonly Ask[]): readonly Answer[] | Promise<readonly Answer[]>
  /** Entries in chunks, in no order that is promised; what changes meanwhile may or may not be seen. */
  entries(filter: EntryFilter): AsyncIterable<readonly Entry[]>
  get(keys: readonly Key[]): Promise<readonly (Entry | null)[]>
  /** Creates or replaces entries as they are. */
  put(entries: readonly Entry[]): Promise<void>
  /** Gives how many were there. */
  remove(keys: readonly Key[]): Promise<number>
  rules(): Promise<readonly Rule[]>
  /** Adds and removes list entries at once; what is there already, or not there, is no error. */
  changeRules(change: {readonly add: readonly Rule[]; readonly remove: readonly Rule[]}): Promise<void>
  /** Adds to the counters of a day (days since the epoch, UTC) and to the totals. */
  count(day: number, counts: Counts): Promise<void>
  /** Counters of a day; without a day the totals since the store began. */
  counts(day?: number): Promise<Counts>
  /** One bounded step of expiry, at most some milliseconds. */
  sweep(limits: {readonly now: number; readonly window: number; readonly keep: number}): Promise<Swept>
  /** The newest of what never came back, at most `limit`. */
  lost(limit: number): Promise<readonly Lost[]>
  /** Pending and passed entries now. */
  size(): Promise<{readonly pending: number; readonly passed: number}>
  /** A small text under a name (SPF ranges of a domain, the end of learning), or null; gone after `until`. */
  recall(name: string, now: number): Promise<string | null>
  /** All texts whose names begin so; a store that others write to may give none, and say `isDomainSeen` instead. */
  recallAll(prefix: string, now: number): Promise<readonly (readonly [name: string, text: string])[]>
  remember(name: string, text: string, until: number): Promise<void>
  close(): Promise<void>
}
