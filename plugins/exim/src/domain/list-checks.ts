// The checks of what this machine says of itself: lists of domains, MXCHECK, owner.
import type {DomainFacts} from './facts.js'
import {finding, type DomainFinding} from './finding.js'
import type {LineDefect} from './list-file.js'
import {roleFor} from './mxcheck.js'
import {listedRole, listingsOf, placeText, type Listing} from './system.js'

const DEFECTS: Readonly<Record<LineDefect, string>> = {
  CRLF: 'ends in CR LF, which programs that do not strip it take for part of the name',
  LEADING_SPACE: 'begins with a blank: Exim takes it for the rest of the line before',
  TRAILING_SPACE: 'has a blank at its end',
  TRAILING_DOT: 'has a dot at its end: Exim does not find it',
  UPPER_CASE: 'has capitals, which scripts that compare exactly do not find',
  DUPLICATE: 'is there a second time',
}

const defectFindings = (listing: Listing): DomainFinding[] =>
  listing.entry.defects.map(defect =>
    finding('lists', listing.entry.works ? 'note' : 'problem', defect, `${placeText(listing)} ${DEFECTS[defect]}`),
  )

const SOURCE_ROLES = {local: 'local', remote: 'remote', backup: 'backup', manual: 'routed by hand'} as const

const listings = ({system, domain, exim}: DomainFacts): DomainFinding[] => {
  const found = listingsOf(system, domain)
  const {isConflict} = listedRole(found)
  const where = found.map(listing => `${SOURCE_ROLES[listing.source.role]} in ${placeText(listing)}`)
  const patterns = system.lists.flatMap(({patterns: some, path}) =>
    some.filter(pattern => covers(pattern, domain)).map(pattern => `${pattern} in ${path}`),
  )
  const texts = [...where, ...patterns.map(pattern => `covered by ${pattern}`)]
  return [
    isConflict
      ? finding('lists', 'problem', 'LISTS_CONTRADICT', where.join(', '))
      : finding('lists', 'ok', 'LISTED', texts.length === 0 ? `in no list of ${system.name}` : texts.join(', ')),
    ...found.flatMap(defectFindings),
    ...contradictsExim(exim?.isLocal ?? null, found, system.kind === 'debian-exim'),
    ...backupNotRemote(found, system.kind === 'cpanel'),
  ]
}

/** `*.example.com` and qmail's `.example.com`. */
const covers = (pattern: string, domain: string): boolean =>
  /^\*?\.[a-z0-9.-]+$/i.test(pattern) && domain.endsWith(pattern.toLowerCase().replace(/^\*/, ''))

const contradictsExim = (isLocal: boolean | null, found: readonly Listing[], isDebian: boolean): DomainFinding[] => {
  const listed = found.some(({source, entry}) => source.role === 'local' && entry.works)
  if (isLocal === null || isLocal === listed) return []
  return [
    isLocal
      ? finding(
          'lists',
          'note',
          'LOCAL_BY_PATTERN',
          'Exim finds it in +local_domains all the same (a wildcard, or a list that is not a file)',
        )
      : finding(
          'lists',
          'problem',
          'LIST_NOT_USED',
          isDebian
            ? 'Exim does not find it in +local_domains yet: run update-exim4.conf, then service exim4 reload'
            : 'Exim does not find it in +local_domains, whatever the file says: is this the file that it reads?',
        ),
  ]
}

const backupNotRemote = (found: readonly Listing[], isCpanel: boolean): DomainFinding[] => {
  const has = (role: string): boolean => found.some(({source}) => source.role === role)
  if (!isCpanel || !has('backup') || has('remote')) return []
  return [
    finding(
      'lists',
      'note',
      'BACKUP_NOT_REMOTE',
      'in /etc/secondarymx, but not in /etc/remotedomains, where cPanel has backups too',
    ),
  ]
}

const fileFindings = ({system}: DomainFacts): DomainFinding[] =>
  system.lists.flatMap(({path, defects}) =>
    defects.map(defect => finding('lists', 'note', 'FILE', `${path}: ${defect}`)),
  )

const mxcheck = ({system, mxcheck: value, owner, domain}: DomainFacts): DomainFinding => {
  if (system.kind !== 'cpanel') return finding('mxcheck', 'skip', 'NO_CPANEL', 'only cPanel has it')
  if (owner === null) return finding('mxcheck', 'skip', 'NO_OWNER', 'no account owns it')
  const {role} = listedRole(listingsOf(system, domain))
  const wanted = roleFor(value ?? 'auto')
  if (wanted === null)
    return finding('mxcheck', 'ok', 'AUTO', 'auto: cPanel decides by its own zone, and may rewrite the lists')
  if (wanted === role) return finding('mxcheck', 'ok', 'AGREES', `${value} in the file of ${owner}`)
  return finding(
    'mxcheck',
    'problem',
    'MXCHECK_CONTRADICTS',
    `${value} in the file of ${owner}, but the lists make it ${role}`,
  )
}

const ownership = ({system, owner}: DomainFacts): DomainFinding => {
  if (system.kind !== 'cpanel') return finding('owner', 'skip', 'NO_CPANEL', 'only cPanel has owners')
  return owner === null
    ? finding('owner', 'note', 'NO_OWNER', 'in no account of /etc/userdomains')
    : finding('owner', 'ok', 'OWNED', `of account ${owner}`)
}

/** Lists, MXCHECK and owner. */
export const listChecks = (facts: DomainFacts): DomainFinding[] => [
  ...listings(facts),
  ...fileFindings(facts),
  mxcheck(facts),
  ownership(facts),
]
