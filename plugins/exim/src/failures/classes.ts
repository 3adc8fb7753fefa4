// Makes the cause classes from what was counted.
import {adviceFor, isMended, type Surroundings} from './advice.js'
import {CAUSES, triesAccounts} from './causes.js'
import type {CauseClass, Count} from './class.js'
import {redact, redactName} from './redact.js'
import {sumsOf} from './settle.js'
import type {Sum} from './sums.js'
import type {Tally} from './tally.js'
import {isoTime} from './time-text.js'

const TOP = 5
const BANS = 100
const PROOFS = 3

const top = (counts: ReadonlyMap<string, number>, limit: number): [string, number][] =>
  [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, limit)

const shown = (counts: ReadonlyMap<string, number>): Count[] =>
  top(counts, TOP).map(([name, count]) => ({name: redactName(name), count}))

// The first and the last of what was kept, and one between.
const proofLines = ({proofs}: Sum): string[] => {
  const inOrder = proofs.toSorted((a, b) => a.time - b.time)
  const lines = [...new Set(inOrder.map(({line}) => redact(line)))]
  return lines.length <= PROOFS ? lines : [lines[0]!, lines[lines.length >> 1]!, lines.at(-1)!]
}

// Who tries many accounts from an address and once gets in has found a password.
const brokenInto = (tally: Tally): {account: string; address: string}[] => {
  const {pairs, accounts, addresses, thresholds} = tally
  const found: {account: string; address: string}[] = []
  for (let index = 0; index < pairs.size && found.length < BANS; index++) {
    const address = addresses.list[pairs.addresses[index]!]!
    if (pairs.successes[index]! > 0 && !tally.isOwn(address.text) && triesAccounts(address, thresholds))
      found.push({account: redactName(accounts.list[pairs.accounts[index]!]!.name), address: address.text})
  }
  return found
}

const classOf = (sum: Sum, tally: Tally, around: Surroundings): CauseClass => {
  const {cause, service, count} = sum
  const isAttack = cause === 'brute-force' || cause === 'monitor-guess'
  const bannable = isAttack ? top(sum.addresses, sum.addresses.size).map(([address]) => address).filter(address => around.protection.of(address) === null) : undefined
  const succeeded = cause === 'brute-force' ? brokenInto(tally) : []
  // Lines that name no account count for none.
  const accounts = sum.accounts.size - (sum.accounts.has('') ? 1 : 0)
  const addresses = sum.addresses.size - (sum.addresses.has('') ? 1 : 0)
  const named = {accounts: shown(new Map([...sum.accounts].filter(([name]) => name !== ''))), addresses: shown(sum.addresses)}
  return {
    cause,
    ...(service !== null && {service}),
    count,
    first: isoTime(sum.first),
    last: isoTime(sum.last),
    accounts,
    addresses,
    proof: [...proofLines(sum), ...around.proofFor(cause, service)],
    advice: adviceFor(sum, {around, ban: bannable ?? [], succeeded}),
    topAccounts: named.accounts,
    topAddresses: named.addresses,
    ...(bannable !== undefined && {ban: bannable.slice(0, BANS)}),
    ...(bannable !== undefined && bannable.length > BANS && {banTotal: bannable.length}),
    ...(succeeded.length > 0 && {succeeded}),
    ...(cause === 'monitor' && isMended(around.checks?.get(service ?? ''), sum.last) && {mended: true as const}),
    ...(sum.forgotten > 0 && {approximate: true as const}),
  }
}

// An outage is as long as its periods: a user in it may have mistyped the week before.
const withPeriods = (sum: Sum, tally: Tally): Sum => {
  const periods = tally.outagePeriods
  if (sum.cause !== 'outage' || periods.length === 0) return sum
  const first = Math.min(...periods.map(({from}) => from))
  return {...sum, first, last: Math.min(sum.last, Math.max(...periods.map(({to}) => to)))}
}

/** The classes in the order of `CAUSES`, the larger first among those of one cause. */
export const causeClasses = (tally: Tally, around: Surroundings): CauseClass[] =>
  sumsOf(tally)
    .list()
    .sort((a, b) => CAUSES.indexOf(a.cause) - CAUSES.indexOf(b.cause) || b.count - a.count)
    .map(sum => classOf(withPeriods(sum, tally), tally, around))
