// Which addresses may be banned: never this machine's own, nor those behind which users are.
import {isPrivate} from './address.js'
import type {Tally} from './tally.js'

/** Why an address must not be banned. */
export type Shelter = 'this machine' | 'webmail' | 'users' | 'private'

// So many users who get in from one address stand behind it: a webmail server, an office, a provider's NAT.
const USERS_BEHIND = 3

/** Tells of each address why it must not be banned, null when it may be. */
export class Protection {
  private readonly isWebmail: (address: string) => boolean
  private readonly isOwn: (address: string) => boolean
  private readonly users = new Map<string, number>()

  /** @param isWebmail true for the addresses that were named as webmail servers */
  constructor(tally: Tally, isWebmail: (address: string) => boolean) {
    this.isWebmail = isWebmail
    this.isOwn = address => tally.isOwn(address)
    for (const {text, users, strangers} of tally.addresses.list) if (users >= USERS_BEHIND || (users > 0 && users >= strangers)) this.users.set(text, users)
  }

  of(address: string): Shelter | null {
    if (this.isOwn(address)) return 'this machine'
    if (this.isWebmail(address)) return 'webmail'
    if (this.users.has(address)) return 'users'
    return isPrivate(address) ? 'private' : null
  }
}
