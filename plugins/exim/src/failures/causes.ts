// The causes of failed logins, and the rules that tell which one it was.
import type {Account, Address} from './names.js'

/** Cause classes, in the order in which they are shown: what the administrator must mend first. */
export const CAUSES = [
  'monitor', 'outage', 'backend', 'brute-force', 'monitor-guess', 'stale-password', 'aborted', 'unexplained',
] as const
export type Cause = (typeof CAUSES)[number]

/** Where the rules draw their lines; each is a flag of the command. */
export interface Thresholds {
  /** So many accounts that fail from one address, and never succeed from it: somebody tries accounts. */
  readonly accountsPerAddress: number
  /** So many addresses from which one account fails and never succeeds; twice as many when it succeeds elsewhere. */
  readonly addressesPerAccount: number
  /** So many failures of one pair, less than `BURST_SECONDS` apart on average: no mail program does that. */
  readonly failuresPerPair: number
  /** So many users, each at the place where he always logs in, who fail in a row while nobody gets in: an outage. */
  readonly outageUsers: number
}

/** What the causes are told apart by, unless told otherwise. */
export const DEFAULT_THRESHOLDS: Thresholds = {accountsPerAddress: 5, addressesPerAccount: 5, failuresPerPair: 20, outageUsers: 5}

/** Mail programs try again after half a minute at the soonest. */
export const BURST_SECONDS = 10

/** One account at one address. */
export interface PairFacts {
  readonly failures: number
  readonly successes: number
  /** Seconds from its first failure to its last. */
  readonly span: number
}

/** True when somebody tries many accounts from here; not so where users work who mistype now and then. */
export const triesAccounts = ({strangers, users, condemned}: Address, {accountsPerAddress}: Thresholds): boolean =>
  condemned || (strangers >= accountsPerAddress && strangers > users)

// Some more than the threshold, since what is decided so is not decided again.
const CONDEMNING = 2

/** True when nothing that comes later can make users of those who come from here. */
export const isCondemned = ({strangers, users}: Address, {accountsPerAddress}: Thresholds): boolean =>
  users === 0 && strangers >= CONDEMNING * accountsPerAddress

/** True when one account is tried from many places; who succeeds somewhere may have a telephone that roams. */
export const triedFromMany = ({strangers, successes}: Account, {addressesPerAccount}: Thresholds): boolean =>
  strangers >= addressesPerAccount * (successes > 0 ? 2 : 1)

/** True when no mail program fails so: many times, and fast. */
export const isBurst = ({failures, successes, span}: PairFacts, {failuresPerPair}: Thresholds): boolean =>
  successes === 0 && failures >= failuresPerPair && span <= BURST_SECONDS * (failures - 1)

/** Takes a pair whose lines do not tell the cause by themselves, and returns the cause. */
export const causeOfPair = (pair: PairFacts, account: Account, address: Address, limits: Thresholds): Cause => {
  if (triesAccounts(address, limits)) return 'brute-force'
  if (pair.successes > 0) return 'stale-password'
  if (triedFromMany(account, limits)) return 'brute-force'
  if (isBurst(pair, limits)) return 'brute-force'
  return account.successes > 0 ? 'stale-password' : 'unexplained'
}
