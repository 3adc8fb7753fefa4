// Takes events in the order of time and keeps what the causes are told from; bounded in memory whatever the log.
import {isLoopback, type AddressSet} from './address.js'
import {CAUSES, causeOfPair, isBurst, isCondemned, type Cause, type Thresholds} from './causes.js'
import {Crowds} from './crowd.js'
import type {Failure, Success} from './event.js'
import {Histogram} from './histogram.js'
import {Accounts, Addresses, type Account, type Address} from './names.js'
import {Once, type Source} from './once.js'
import {KINDS, Pairs, type Kind} from './pairs.js'
import {Proofs, type LineOrigin, type LineText} from './proofs.js'
import {serviceOf} from './redact.js'
import {settleOlder} from './settle.js'
import {Sums} from './sums.js'
import {Streak, type Period} from './streak.js'

/** How much is kept before the older half is settled; some 200 bytes for each. */
export interface Bounds {
  readonly pairs: number
  readonly names: number
}

export const DEFAULT_BOUNDS: Bounds = {pairs: 600_000, names: 200_000}

const kindOf = (kind: Kind): number => KINDS.indexOf(kind)
const LOGIN = kindOf('login')
const MONITOR = kindOf('monitor')
const BACKEND = kindOf('backend')
const NAMELESS = kindOf('nameless')

/** What was made of one failure, for who watches them come. */
export interface Told {
  readonly cause: Cause
  readonly service: string | null
}

// Made once: there is one of these for each line of the log.
const ORDINARY = Object.fromEntries(CAUSES.map(cause => [cause, {cause, service: null}])) as Record<Cause, Told>

/** An account at an address. */
export interface Place {
  readonly account: Account
  readonly address: Address
}

/** Where an event stands. */
export interface Origin extends LineOrigin {
  readonly source: Source
  /** True when the line does not tell the cause by itself, which is known already. */
  readonly isLogin?: true
}

/** The account of a line that names none. */
export const NO_ACCOUNT = ''

/** All that was counted. */
export class Tally {
  accounts = new Accounts()
  addresses = new Addresses()
  pairs = new Pairs()
  proofs = new Proofs()
  readonly histogram = new Histogram()
  /** What was settled already. */
  readonly settled = new Sums()
  readonly thresholds: Thresholds
  /** Failures from condemned addresses that are in no pair; accounts and addresses count them too. */
  readonly attacks = {count: 0, first: 0, last: 0}
  failures = 0
  successes = 0
  /** Says when Dovecot could not ask whether a password is right; null where no log tells. */
  backend: {wasAway(time: number): boolean} | null = null
  /** Failures that stood in a second log too. */
  repeated = 0
  /** The earliest and latest failure, 0 for none. */
  first = 0
  last = 0
  private readonly own: AddressSet
  private readonly bounds: Bounds
  private readonly once = new Once()
  private streak: Streak
  private crowds: Crowds
  private outages: Period[] = []

  /** @param own addresses of this machine; those that lines name as the server's own are added */
  constructor(own: AddressSet, thresholds: Thresholds, bounds: Bounds = DEFAULT_BOUNDS) {
    this.own = own
    this.thresholds = thresholds
    this.bounds = bounds
    this.streak = new Streak(this.pairs, thresholds.outageUsers)
    this.crowds = new Crowds(this.pairs, thresholds.outageUsers)
  }

  /** Takes a failure and its line; returns what it is by what is known so far, null when another log told of it already. */
  fail(event: Failure, source: Source, line: LineText): Told | null {
    if (event.local !== '' && !event.forged) this.own.add(event.local)
    return this.failAt(event, {account: this.accounts.get(event.account ?? NO_ACCOUNT), address: this.addresses.get(event.address)}, {source, line})
  }

  /** The same, where account and address were looked up already. */
  failAt(event: Failure, {account, address}: Place, origin: Origin): Told | null {
    const {source, isLogin} = origin
    if (!this.once.isNew(event, source, {account, address})) {
      this.repeated += event.times
      return null
    }
    this.failures += event.times
    this.histogram.add(event.time, event.times)
    if (event.time > 0) {
      if (this.first === 0 || event.time < this.first) this.first = event.time
      if (event.time > this.last) this.last = event.time
    }
    const kind = this.askedKind(isLogin === true ? LOGIN : this.kind(event), event, address)
    if (kind === LOGIN && address.condemned) return this.attack(event, account, address)
    const index = this.pairs.index(account.id, address.id, kind)
    const isFirst = this.pairs.fail(index, event.times, event.time)
    this.proofs.add(index, origin, event.time)
    const cause = kind === LOGIN ? this.login(index, event, {account, address, isFirst}) : this.causeAt(index)
    this.keepBounds()
    return kind === LOGIN || event.account === null ? ORDINARY[cause] : {cause, service: serviceOf(event.account)}
  }

  /** Takes an accepted login. */
  succeed(event: Success): void {
    this.succeedAt({account: this.accounts.get(event.account), address: this.addresses.get(event.address)})
  }

  /** The same, where account and address were looked up already. */
  succeedAt({account, address}: Place): void {
    if (this.successes++ === 0) this.crowds.clear()
    account.successes++
    const index = this.pairs.index(account.id, address.id, LOGIN)
    if (this.pairs.successes[index]!++ === 0) {
      address.users++
      if (this.pairs.failures[index]! > 0) {
        account.strangers--
        address.strangers--
      }
    }
    this.streak.succeed(index)
    this.keepBounds()
  }

  /** Call once, when all logs are read: decides what only the whole can decide. */
  end(): void {
    this.outages.push(...this.streak.periods)
    if (this.successes === 0) this.outages.push(...this.crowds.settle(this.accounts.list, this.addresses.list))
  }

  /** From when to when there were outages. */
  get outagePeriods(): readonly Period[] {
    return this.outages
  }

  /** The cause of a pair by what is known now, outages apart. */
  causeAt(index: number): Cause {
    const kind = this.pairs.kinds[index]!
    if (kind !== LOGIN && kind !== NAMELESS) return KINDS[kind] as Cause
    const {failures, successes, first, last, accounts, addresses} = this.pairs
    const facts = {failures: failures[index]!, successes: successes[index]!, span: first[index] === 0 ? Infinity : last[index]! - first[index]!}
    if (kind === NAMELESS) return isBurst(facts, this.thresholds) ? 'brute-force' : 'aborted'
    return causeOfPair(facts, this.accounts.list[accounts[index]!]!, this.addresses.list[addresses[index]!]!, this.thresholds)
  }

  /** True for an address of this machine. */
  isOwn(address: string): boolean {
    return isLoopback(address) || this.own.has(address)
  }

  // Of these only sums are kept: an attack has as many pairs as it has lines.
  private attack({times, time}: Failure, account: Account, address: Address): Told {
    account.attacks += times
    address.attacks += times
    if (account.attacker !== address.id) account.strangers++
    account.attacker = address.id
    this.attacks.count += times
    if (time > 0) {
      if (this.attacks.first === 0) this.attacks.first = time
      if (time > this.attacks.last) this.attacks.last = time
    }
    return ORDINARY['brute-force']
  }

  // Where Dovecot could not ask, the refusal says nothing about keys or passwords; known attackers stay what they are.
  private askedKind(kind: number, {code, time}: Failure, {condemned}: Address): number {
    if (this.backend === null || code !== 535 || condemned || (kind !== LOGIN && kind !== MONITOR)) return kind
    return this.backend.wasAway(time) ? BACKEND : kind
  }

  private kind({code, account, address, local, forged}: Failure): number {
    if (code === 435) return BACKEND
    if (account !== null && serviceOf(account) !== null) {
      const isOurs = !forged && (this.isOwn(address) || (local !== '' && address === local))
      return kindOf(isOurs ? 'monitor' : 'monitor-guess')
    }
    if (code === 501 || code === 553) return kindOf('aborted')
    return account !== null ? LOGIN : code === 535 ? NAMELESS : kindOf('aborted')
  }

  private login(index: number, event: Failure, {account, address, isFirst}: {account: Account; address: Address; isFirst: boolean}): Cause {
    const isStranger = this.pairs.successes[index] === 0
    if (isFirst) {
      account.places++
      address.accounts++
      if (isStranger) {
        account.strangers++
        address.strangers++
        address.condemned = isCondemned(address, this.thresholds)
      }
    }
    if (this.successes === 0) this.crowds.fail(index, event.times, event.time)
    else if (!isStranger && this.streak.fail(index, event.times, event.time)) return 'outage'
    return this.causeAt(index)
  }

  // Makes room: what is older is counted by what is known of it now, and forgotten.
  private keepBounds(): void {
    const {pairs, names} = this.bounds
    if (this.pairs.size <= pairs && this.accounts.list.length <= names && this.addresses.list.length <= names) return
    this.outages.push(...this.streak.periods)
    Object.assign(this, settleOlder(this))
    this.streak = new Streak(this.pairs, this.thresholds.outageUsers)
    this.crowds = new Crowds(this.pairs, this.thresholds.outageUsers)
  }
}
