// The sums of each cause class, from pairs one by one.
import type {Cause} from './causes.js'
import type {Proof} from './proofs.js'

/** One cause class: `service` only where the account is a service's key. */
export interface Sum {
  readonly cause: Cause
  readonly service: string | null
  count: number
  /** Seconds since 1970, 0 where no line had a time. */
  first: number
  last: number
  /** Failures by account and by address. */
  readonly accounts: Map<string, number>
  readonly addresses: Map<string, number>
  /** Distinct names that are no longer in the maps. */
  forgotten: number
  readonly proofs: Proof[]
}

/** What a pair adds. */
export interface Addend {
  readonly count: number
  readonly first: number
  readonly last: number
  readonly account: string
  readonly address: string
  readonly proofs: readonly Proof[]
}

/** How many lines are kept of a class. */
export const PROOFS = 4
// Of a class that is larger than this the smallest are forgotten when pairs are settled.
const MOST_NAMES = 50_000

const bump = (counts: Map<string, number>, key: string, by: number): void => void counts.set(key, (counts.get(key) ?? 0) + by)

const widen = (sum: Sum, first: number, last: number): void => {
  if (first > 0 && (sum.first === 0 || first < sum.first)) sum.first = first
  if (last > sum.last) sum.last = last
}

const pruned = (counts: Map<string, number>): number => {
  if (counts.size <= MOST_NAMES) return 0
  const before = counts.size
  const limit = [...counts.values()].sort((a, b) => b - a)[MOST_NAMES / 2]!
  for (const [key, count] of counts) if (count <= limit && counts.size > MOST_NAMES / 2) counts.delete(key)
  return before - counts.size
}

/** Sums by class. */
export class Sums {
  private readonly byKey = new Map<string, Sum>()

  add(cause: Cause, service: string | null, {count, first, last, account, address, proofs}: Addend): void {
    const sum = this.sum(cause, service)
    sum.count += count
    widen(sum, first, last)
    bump(sum.accounts, account, count)
    bump(sum.addresses, address, count)
    for (const proof of proofs) if (sum.proofs.length < PROOFS) sum.proofs.push(proof)
  }

  /** Adds failures whose accounts and addresses are told apart from each other, by `addName`. */
  addCount(cause: Cause, {count, first, last, proofs = []}: Pick<Addend, 'count' | 'first' | 'last'> & Partial<Addend>): void {
    const sum = this.sum(cause, null)
    sum.count += count
    widen(sum, first, last)
    for (const proof of proofs) if (sum.proofs.length < PROOFS) sum.proofs.push(proof)
  }

  /** Adds to the failures of a name, not to those of the class. */
  addName(cause: Cause, kind: 'accounts' | 'addresses', name: string, count: number): void {
    bump(this.sum(cause, null)[kind], name, count)
  }

  private sum(cause: Cause, service: string | null): Sum {
    const key = `${cause} ${service ?? ''}`
    let sum = this.byKey.get(key)
    if (sum === undefined) {
      sum = {cause, service, count: 0, first: 0, last: 0, accounts: new Map(), addresses: new Map(), forgotten: 0, proofs: []}
      this.byKey.set(key, sum)
    }
    return sum
  }

  /** Forgets the rarest names of classes that have very many. */
  prune(): void {
    for (const sum of this.byKey.values()) sum.forgotten += pruned(sum.accounts) + pruned(sum.addresses)
  }

  copy(): Sums {
    const fresh = new Sums()
    for (const [key, sum] of this.byKey)
      fresh.byKey.set(key, {...sum, accounts: new Map(sum.accounts), addresses: new Map(sum.addresses), proofs: [...sum.proofs]})
    return fresh
  }

  list(): Sum[] {
    return [...this.byKey.values()]
  }
}
