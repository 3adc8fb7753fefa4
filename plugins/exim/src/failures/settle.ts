// Puts pairs into the sums of their classes: all of them at the end, the older half when there are too many.
import type {Cause} from './causes.js'
import type {Account, Address} from './names.js'
import {Pairs} from './pairs.js'
import {Proofs, type Proof} from './proofs.js'
import {serviceOf} from './redact.js'
import {PROOFS, type Sums} from './sums.js'
import type {Tally} from './tally.js'

const addPair = (tally: Tally, sums: Sums, index: number): void => {
  const {pairs, accounts, addresses, proofs} = tally
  const count = pairs.failures[index]!
  const outage = pairs.outages[index]!
  if (count === 0) return
  const account = accounts.list[pairs.accounts[index]!]!.name
  const addend = {
    first: pairs.first[index]!, last: pairs.last[index]!, account,
    address: addresses.list[pairs.addresses[index]!]!.text, proofs: proofs.of(index),
  }
  const cause: Cause = tally.causeAt(index)
  const isKey = cause === 'monitor' || cause === 'monitor-guess'
  if (count > outage) sums.add(cause, isKey ? serviceOf(account) : null, {...addend, count: count - outage})
  if (outage > 0) sums.add('outage', null, {...addend, count: outage})
}

const addAttacks = (sums: Sums, accounts: readonly Account[], addresses: readonly Address[]): void => {
  for (const {name, attacks} of accounts) if (attacks > 0) sums.addName('brute-force', 'accounts', name, attacks)
  for (const {text, attacks} of addresses) if (attacks > 0) sums.addName('brute-force', 'addresses', text, attacks)
}

/** The failures of one cause by the ids of names: a million pairs are added up in numbers, and named once. */
class Column {
  count = 0
  first = 0
  last = 0
  readonly proofs: Proof[] = []
  private readonly accounts: Uint32Array
  private readonly addresses: Uint32Array

  constructor({accounts, addresses}: Tally) {
    this.accounts = new Uint32Array(accounts.list.length)
    this.addresses = new Uint32Array(addresses.list.length)
  }

  add({pairs, proofs}: Tally, index: number, count: number): void {
    this.count += count
    this.accounts[pairs.accounts[index]!]! += count
    this.addresses[pairs.addresses[index]!]! += count
    const [first, last] = [pairs.first[index]!, pairs.last[index]!]
    if (first > 0 && (this.first === 0 || first < this.first)) this.first = first
    if (last > this.last) this.last = last
    if (this.proofs.length < PROOFS) this.proofs.push(...proofs.of(index))
  }

  into(sums: Sums, cause: Cause, tally: Tally): void {
    sums.addCount(cause, this)
    for (const {id, name} of tally.accounts.list) if (this.accounts[id]! > 0) sums.addName(cause, 'accounts', name, this.accounts[id]!)
    for (const {id, text} of tally.addresses.list) if (this.addresses[id]! > 0) sums.addName(cause, 'addresses', text, this.addresses[id]!)
  }
}

/** The sums of everything that was counted. */
export const sumsOf = (tally: Tally): Sums => {
  const sums = tally.settled.copy()
  const columns = new Map<Cause, Column>()
  const column = (cause: Cause): Column => {
    const found = columns.get(cause) ?? new Column(tally)
    columns.set(cause, found)
    return found
  }
  const {failures, outages} = tally.pairs
  for (let index = 0; index < tally.pairs.size; index++) {
    if (failures[index] === 0) continue
    const cause = tally.causeAt(index)
    // These are apart by service, and few.
    if (cause === 'monitor' || cause === 'monitor-guess') addPair(tally, sums, index)
    else {
      if (failures[index]! > outages[index]!) column(cause).add(tally, index, failures[index]! - outages[index]!)
      if (outages[index]! > 0) column('outage').add(tally, index, outages[index]!)
    }
  }
  for (const [cause, one] of columns) one.into(sums, cause, tally)
  if (tally.attacks.count > 0) sums.addCount('brute-force', tally.attacks)
  addAttacks(sums, tally.accounts.list, tally.addresses.list)
  return sums
}

const medianLast = ({pairs}: Tally): number => pairs.last.slice(0, pairs.size).sort()[pairs.size >> 1]!

/** What a tally goes on with. */
export type Kept = Pick<Tally, 'accounts' | 'addresses' | 'pairs' | 'proofs'>

/**
 * Adds the pairs that were last heard of in the older half of the time to the tally's settled sums, and makes tables of
 * the others. Who was found to try accounts stays known, so that he is known at once when he comes back.
 */
export const settleOlder = (tally: Tally): Kept => {
  const {pairs: old, thresholds} = tally
  const limit = medianLast(tally)
  const stays = new Uint8Array(old.size)
  const accountStays = new Set<number>()
  const addressStays = new Set<number>()
  for (let index = 0; index < old.size; index++) {
    // As many as half may share the median's second: by their index then, the later half of them stays.
    if (old.last[index]! > limit || (old.last[index] === limit && index > old.size / 2)) {
      stays[index] = 1
      accountStays.add(old.accounts[index]!)
      addressStays.add(old.addresses[index]!)
    } else addPair(tally, tally.settled, index)
  }
  const most = tally.addresses.list.length / 2
  for (const {id, strangers} of tally.addresses.list)
    if (strangers >= thresholds.accountsPerAddress && addressStays.size < most) addressStays.add(id)
  addAttacks(tally.settled, tally.accounts.list.filter(({id}) => !accountStays.has(id)), tally.addresses.list.filter(({id}) => !addressStays.has(id)))
  tally.settled.prune()
  // The ids of the old table, before `keep` gives new ones.
  const [oldAccounts, oldAddresses] = [[...tally.accounts.list], [...tally.addresses.list]]
  const accounts = tally.accounts.keep(({id}) => accountStays.has(id))
  const addresses = tally.addresses.keep(({id}) => addressStays.has(id))
  const pairs = new Pairs()
  const proofs = new Proofs()
  for (let index = 0; index < old.size; index++) {
    if (stays[index] === 0) continue
    const to = pairs.index(oldAccounts[old.accounts[index]!]!.id, oldAddresses[old.addresses[index]!]!.id, old.kinds[index]!)
    pairs.copy(to, old, index)
    tally.proofs.move(index, proofs, to)
  }
  return {accounts, addresses, pairs, proofs}
}
