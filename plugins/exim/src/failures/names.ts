// The accounts and addresses that were met, each with what decides about causes.
import {IpIndex} from './ip-index.js'
import {HashIndex, NameHash} from './name-hash.js'
import {ipText} from './quick-line.js'

/** What a client called itself. */
export interface Account {
  /** Its place in the list; another one after the older half was settled. */
  id: number
  /** Its number for ever. */
  readonly serial: number
  /** As it was first written. */
  readonly name: string
  /** Accepted logins, from anywhere. */
  successes: number
  /** Addresses from which it failed and never succeeded. */
  strangers: number
  /** Addresses from which it failed. */
  places: number
  /** Failures from condemned addresses, and the id of the last of those. */
  attacks: number
  attacker: number
}

/** Where clients came from. */
export interface Address {
  id: number
  readonly serial: number
  readonly text: string
  /** Accounts that failed from here and never succeeded from here. */
  strangers: number
  /** Accounts that failed from here. */
  accounts: number
  /** Accounts that succeeded from here. */
  users: number
  /** So many accounts failed, and none succeeded, that every further failure from here is an attack. */
  condemned: boolean
  /** Failures since. */
  attacks: number
}

// What was cut out of a line holds the whole line in memory; what is kept must not.
const own = (text: string): string => Buffer.from(text, 'latin1').toString('latin1')

// ASCII alone: the others are bytes of an unknown character set.
const lowerCase = (name: string): string => (/[A-Z]/.test(name) ? name.replaceAll(/[A-Z]+/g, letters => letters.toLowerCase()) : name)

/** Names by the order in which they came. */
class Names<T extends {id: number; readonly serial: number}> {
  readonly list: T[] = []
  protected readonly known = new Map<string, T>()
  protected serial = 0

  /** A list of those that `stays` chooses, under new ids and their old serial numbers. */
  protected moveInto(fresh: Names<T>, stays: (one: T) => boolean): void {
    fresh.serial = this.serial
    for (const [key, one] of this.known) {
      if (!stays(one)) continue
      one.id = fresh.list.length
      fresh.list.push(one)
      fresh.known.set(key, one)
    }
  }

  protected add(key: string, one: T): T {
    this.list.push(one)
    this.known.set(key, one)
    return one
  }
}

/** Accounts by their name without case: that is how Dovecot and cPanel take them. */
export class Accounts extends Names<Account> {
  private readonly hash = new NameHash()
  private readonly hashes = new HashIndex()

  /** The one of that hash, undefined when it was never met. */
  ofHash(high: number, low: number): Account | undefined {
    const index = this.hashes.find(high, low)
    return index < 0 ? undefined : this.list[index]
  }

  get(name: string): Account {
    return this.known.get(name) ?? this.ofAnyCase(name)
  }

  keep(stays: (account: Account) => boolean): Accounts {
    const fresh = new Accounts()
    this.moveInto(fresh, stays)
    for (const {id, name} of fresh.list) fresh.hashes.set(fresh.hash.ofText(name), id)
    return fresh
  }

  private ofAnyCase(name: string): Account {
    const key = own(lowerCase(name))
    const known = this.known.get(key)
    if (known !== undefined) return known
    this.hashes.set(this.hash.ofText(key), this.list.length)
    return this.add(key, {
      id: this.list.length, serial: this.serial++, name: own(name), successes: 0, strangers: 0, places: 0, attacks: 0, attacker: -1,
    })
  }
}

/** Addresses by their normal form. */
export class Addresses extends Names<Address> {
  private readonly byIp = new IpIndex()

  /** By an IPv4 address as a number. */
  ofIp(ip: number): Address {
    const known = this.byIp.find(ip)
    if (known >= 0) return this.list[known]!
    const address = this.get(ipText(ip))
    this.byIp.set(ip, address.id)
    return address
  }

  get(text: string): Address {
    return (
      this.known.get(text) ??
      this.add(own(text), {
        id: this.list.length, serial: this.serial++, text: own(text), strangers: 0, accounts: 0, users: 0, condemned: false, attacks: 0,
      })
    )
  }

  keep(stays: (address: Address) => boolean): Addresses {
    const fresh = new Addresses()
    this.moveInto(fresh, stays)
    return fresh
  }
}
