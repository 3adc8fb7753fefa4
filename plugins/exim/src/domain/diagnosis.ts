// One domain, judged: the ten checks, the verdict, and the command that mends it.
import {wrapped, type JsonObject} from 'mailops/core'

import {dnsChecks} from './dns-checks.js'
import {eximChecks} from './exim-checks.js'
import type {DomainFacts} from './facts.js'
import {CHECKS, type DomainFinding} from './finding.js'
import {listChecks} from './list-checks.js'
import {listedRole, listingsOf, placeText, type Role} from './system.js'
import {verdictOf, type Verdict} from './verdict.js'

export interface Diagnosis {
  readonly facts: DomainFacts
  /** What the machine makes of it now. */
  readonly role: Role | 'unlisted'
  readonly verdict: Verdict
  readonly findings: readonly DomainFinding[]
  /** Commands to type; empty when nothing is wrong. */
  readonly fixes: readonly string[]
}

/** What the machine makes of a domain: Exim's own word counts more than what its files seem to say. */
export const roleOf = ({system, domain, exim}: DomainFacts): {role: Role | 'unlisted'; isConflict: boolean} => {
  const listed = listedRole(listingsOf(system, domain))
  if (exim === null || exim.isLocal === null) return listed
  if (exim.isLocal) return {...listed, role: 'local'}
  if (listed.role !== 'local')
    return exim.isRelayed === true && listed.role === 'unlisted' ? {...listed, role: 'backup'} : listed
  return {role: 'unlisted', isConflict: listed.isConflict}
}

const POSTFIX: Readonly<Record<Role, (domain: string) => string>> = {
  local: domain => `postconf -e "mydestination = $(postconf -h mydestination), ${domain}" && postfix reload`,
  backup: domain =>
    `take ${domain} out of mydestination, then: postconf -e "relay_domains = $(postconf -h relay_domains), ${domain}" && postfix reload`,
  remote: domain =>
    `take ${domain} out of mydestination, virtual_mailbox_domains, virtual_alias_domains and relay_domains in main.cf, then: postfix reload`,
}

const fixFor = ({system: {kind}, domain, how}: DomainFacts, role: Role): string =>
  kind === 'postfix' ? POSTFIX[role](domain) : `mailops exim set-domain ${domain} ${role}${how}`

/** A thaw knows of Exim alone. */
const eximOnly = (how: string): string => how.match(/ --exim(?:-config)? (?:'[^']*'|\S+)/g)?.join('') ?? ''

const fixesFor = (facts: DomainFacts, verdict: Verdict, findings: readonly DomainFinding[]): string[] => {
  const {system, domain} = facts
  const current = listedRole(listingsOf(system, domain)).role
  const has = (code: string): boolean => findings.some(one => one.code === code)
  // An entry that is listed and not found is put right by listing it again.
  const again =
    verdict.want === null &&
    current !== 'unlisted' &&
    (has('TRAILING_DOT') || has('LEADING_SPACE') || has('MXCHECK_CONTRADICTS'))
      ? current
      : null
  const role = verdict.want ?? again
  const frozen = (facts.frozen?.length ?? 0) > 0
  return [
    ...(role === null ? [] : [fixFor(facts, role)]),
    ...(frozen ? [`mailops exim thaw --caused-by ${domain}${eximOnly(facts.how)}`] : []),
  ]
}

/** Judges one domain. */
export const diagnose = (facts: DomainFacts): Diagnosis => {
  const listed = roleOf(facts)
  const verdict = verdictOf(listed, facts.routing.place)
  const unsorted = [...listChecks(facts), ...dnsChecks(facts), ...eximChecks(facts)]
  const findings = CHECKS.flatMap(check => unsorted.filter(one => one.check === check))
  return {facts, role: listed.role, verdict, findings, fixes: fixesFor(facts, verdict, findings)}
}

/** True when something has to be mended; an answer that DNS did not give is none. */
export const isFaulty = ({verdict, findings}: Diagnosis): boolean =>
  verdict.isFault || findings.some(({severity, code}) => severity === 'problem' && code !== 'UNDECIDED')

const MARGIN = ' '.repeat(23)

/** One domain in a few lines of so many characters: the verdict, each check, what to type (never broken). */
export const diagnosisLines = ({facts, verdict, findings, fixes}: Diagnosis, width: number): string[] => [
  ...wrapped(`${facts.domain} (${facts.system.name}): ${verdict.code}: ${verdict.text}`, width - 2).map((line, index) =>
    index === 0 ? line : `  ${line}`,
  ),
  ...findings.flatMap(({check, severity, text}) =>
    wrapped(text, width - MARGIN.length).map((line, index) =>
      index === 0 ? `  ${severity.padEnd(7)}  ${check.padEnd(10)}  ${line}` : `${MARGIN}${line}`,
    ),
  ),
  ...fixes.map(fix => `  fix: ${fix}`),
]

/** The same as JSON. */
export const diagnosisJson = (diagnosis: Diagnosis): JsonObject => {
  const {facts, role, verdict, findings, fixes} = diagnosis
  const {domain, system, routing, answer} = facts
  return {
    domain,
    system: system.kind,
    role,
    verdict: verdict.code,
    fault: isFaulty(diagnosis),
    text: verdict.text,
    want: verdict.want,
    fixes: [...fixes],
    listed: listingsOf(system, domain).map(listing => ({
      role: listing.source.role,
      path: listing.source.path,
      line: listing.entry.line,
      place: placeText(listing),
      works: listing.entry.works,
      defects: [...listing.entry.defects],
    })),
    mx: {
      status: answer.status,
      place: routing.place,
      implicit: routing.isImplicit,
      undecided: [...routing.unknown],
      hosts: routing.targets.map(({priority, exchange, addresses, isHere, alias}) => ({
        priority,
        exchange,
        addresses: [...addresses],
        here: isHere,
        alias: alias ?? null,
      })),
    },
    owner: facts.owner,
    mxcheck: facts.mxcheck,
    frozen: facts.frozen === null ? null : [...facts.frozen],
    findings: findings.map(one => ({...one})),
  }
}
