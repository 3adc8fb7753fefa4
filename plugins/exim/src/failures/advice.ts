// What to do about each cause, in a sentence or two that hold also when they are pasted into a ticket.
import {countText, durationText, plural} from 'mailops/core'

import type {Cause} from './causes.js'
import type {ServiceChecks} from './chkservd.js'
import type {CphulkReader} from './cphulk.js'
import type {Protection, Shelter} from './protection.js'
import {redactName} from './redact.js'
import type {Sum} from './sums.js'

/** What is known besides the failures themselves. */
export interface Surroundings {
  readonly protection: Protection
  /** From chkservd.log; null when there is none. */
  readonly checks: ReadonlyMap<string, ServiceChecks> | null
  /** From cphulkd.log; null when there is none. */
  readonly cphulk: CphulkReader | null
  /** Lines of other logs that prove a class. */
  readonly proofFor: (cause: Cause, service: string | null) => readonly string[]
}

/** What the class itself adds. */
export interface Findings {
  readonly around: Surroundings
  readonly ban: readonly string[]
  readonly succeeded: readonly {readonly account: string; readonly address: string}[]
}

const some = (names: readonly string[], limit = 3): string =>
  names.slice(0, limit).join(', ') + (names.length > limit ? ` and ${countText(names.length - limit)} more` : '')

const hulkText = ({accounts, addresses}: Sum, cphulk: CphulkReader | null): string => {
  if (cphulk === null) return ''
  const locked = [...accounts.keys()].filter(name => cphulk.accounts.has(name.toLowerCase()))
  const refused = [...addresses.keys()].filter(address => cphulk.addresses.has(address))
  if (locked.length === 0 && refused.length === 0) return ''
  const who = [...locked.map(redactName), ...refused]
  return ` cPHulk refuses ${some(who)} (cphulkd.log): while it does, even the right password gets a 535; release them in WHM > cPHulk Brute Force Protection > History Reports.`
}

const SHELTER_TEXT: Readonly<Record<Shelter, string>> = {
  'this machine': 'is this machine itself: look in the log of the webmail or the script that logs in from it',
  webmail: 'is a webmail server: its own log names the true client',
  users: 'has users behind it who log in rightly',
  private: 'is inside your own network: find the machine',
}

const shelterText = ({addresses}: Sum, protection: Protection): string => {
  const found = new Map<Shelter, string[]>()
  for (const address of addresses.keys()) {
    const shelter = protection.of(address)
    if (shelter !== null) found.set(shelter, [...(found.get(shelter) ?? []), address === '' ? 'a local session' : address])
  }
  return [...found].map(([shelter, list]) => ` Do not ban ${some(list)}: it ${SHELTER_TEXT[shelter]}.`).join('')
}

const namedAccounts = ({accounts}: Sum): string => {
  const named = accounts.size - (accounts.has('') ? 1 : 0)
  return named === 0 ? 'accounts that the log does not name (server_set_id is not set)' : plural(named, 'account')
}

const banText = (ban: readonly string[]): string =>
  ban.length === 0 ? '' : ` Block ${some(ban)}: cPHulk's blacklist on cPanel, else fail2ban or the firewall.`

/** True when the monitor got through after its last refusal, in both logs. */
export const isMended = (checks: ServiceChecks | undefined, last: number): boolean =>
  checks !== undefined && checks.passed > Math.max(checks.last, last)

const checkText = (service: string, checks: ReadonlyMap<string, ServiceChecks> | null, last: number): string => {
  if (checks === null) return ' There is no chkservd.log here to confirm it.'
  const found = checks.get(service)
  if (found === undefined || found.refused === 0) return ` chkservd.log has no refused check of ${service}, so look at its time span before you reset anything.`
  return isMended(found, last)
    ? ` chkservd.log shows a check of ${service} that got through since: it is mended, nothing is to be done.`
    : ` chkservd.log confirms it: ${plural(found.refused, 'check')} of ${service} refused, none got through since.`
}

const every = ({count, first, last}: Sum): string =>
  count > 1 && last > first ? `, every ${durationText((last - first) / (count - 1))}` : ''

const monitorAdvice = (sum: Sum, {around}: Findings): string => {
  const service = sum.service ?? 'exim'
  return (
    `cPanel's service monitor cannot log in with its keys of ${service}${every(sum)}.` +
    checkText(service, around.checks, sum.last) +
    (isMended(around.checks?.get(service), sum.last) ? '' : ` Look with \`mailops exim serviceauth\`, then \`mailops exim reset-serviceauth ${service}\`.`)
  )
}

const guessAdvice = (sum: Sum, {around, ban}: Findings): string =>
  `Somebody outside guesses at the keys of the service monitor; the keys are in order, do not reset them.${banText(ban)}${shelterText(sum, around.protection)}`

const ADVICE: Readonly<Record<Cause, (sum: Sum, findings: Findings) => string>> = {
  monitor: monitorAdvice,
  'monitor-guess': guessAdvice,
  outage: (sum, {around}) =>
    'Users who always get in failed one after another while nobody got in: the authentication behind Exim was down, not their passwords. ' +
    'See whether Dovecot (on cPanel also cpdoveauthd and cPHulk) runs; on cPanel `/usr/local/cpanel/scripts/restartsrv_dovecot`.' +
    hulkText(sum, around.cphulk),
  backend: () =>
    'It could not be asked whether the password is right (435, or maillog shows that Dovecot did not reach cpdoveauthd): the keys and the passwords are not at fault, do not reset them. ' +
    'Read the reason at the end of the lines; mend the permissions of the file or socket that they name, or start Dovecot, on cPanel with `/usr/local/cpanel/scripts/restartsrv_dovecot`.',
  'brute-force': (sum, {around, ban, succeeded}) =>
    `Somebody tries passwords: ${namedAccounts(sum)} from ${plural(sum.addresses.size, 'address', 'addresses')}.` +
    (succeeded.length === 0
      ? ''
      : ` ${succeeded[0]!.account} was let in from ${succeeded[0]!.address}, which tries accounts${succeeded.length > 1 ? ` (and ${succeeded.length - 1} more)` : ''}: change that password now.`) +
    banText(ban) + shelterText(sum, around.protection) + hulkText(sum, around.cphulk),
  'stale-password': (sum, {around}) =>
    `The account is in use and logs in elsewhere or at other times: a program there keeps an old password. Tell ${some([...sum.accounts.keys()].map(redactName))}.` +
    (hulkText(sum, around.cphulk) || ' If the password is right, see whether cPHulk or another guard has locked the account.') +
    shelterText(sum, around.protection),
  aborted: () => 'The client gave up or sent nothing that can be read: scanners and broken programs. Nothing is to be done while it stays at that.',
  unexplained: (sum, {around}) =>
    'Too little to tell a mistyped password from a guess. Ask the users whose accounts exist; the others are noise.' +
    hulkText(sum, around.cphulk) + shelterText(sum, around.protection),
}

/** What to do about a class. */
export const adviceFor = (sum: Sum, findings: Findings): string => ADVICE[sum.cause](sum, findings)
