// The checks of what DNS says: MX by every source, addresses against this machine's, and what is odd about them.
import type {DomainFacts} from './facts.js'
import {finding, type DomainFinding} from './finding.js'
import {answerText, isLoopback, sameAnswer, type Target} from './mx.js'

const mx = ({answer, authority, zone}: DomainFacts): DomainFinding[] => {
  const first =
    answer.status === 'failed'
      ? finding('mx', 'problem', 'UNDECIDED', answerText(answer))
      : finding('mx', 'ok', 'MX', answerText(answer))
  const others: DomainFinding[] = []
  if (authority !== null)
    others.push(
      sameAnswer(authority.answer, answer)
        ? finding('mx', 'ok', 'AUTHORITY', `${authority.server} says the same`)
        : finding(
            'mx',
            'note',
            'AUTHORITY_DIFFERS',
            `${authority.server}, which has the zone, says: ${answerText(authority.answer)}`,
          ),
    )
  if (zone !== null)
    others.push(
      sameAnswer(zone.answer, answer)
        ? finding('mx', 'ok', 'ZONE', `${zone.path} says the same`)
        : finding(
            'mx',
            'note',
            'ZONE_DIFFERS',
            `${zone.path}, by which cPanel decides, says: ${answerText(zone.answer)}`,
          ),
    )
  return [first, ...others]
}

const targetText = ({exchange, addresses, isHere, isSkipped, status, why}: Target): string => {
  if (status === 'failed' && !isHere) return `${exchange}: undecided (${why ?? 'no answer'})`
  if (addresses.length === 0) return `${exchange}: no address`
  return `${exchange} ${addresses.join(' ')}: ${isHere ? 'this machine' : isSkipped ? 'loopback, ignored' : 'elsewhere'}`
}

const addresses = ({routing, own, isBehindNat}: DomainFacts): DomainFinding[] => {
  const {targets, place} = routing
  if (targets.length === 0) return [finding('addresses', 'skip', 'NO_HOST', 'there is no host to look up')]
  const all = targets.map(targetText).join('; ')
  const known = own.map(({address}) => address)
  const nat =
    place === 'elsewhere' && isBehindNat
      ? [
          finding(
            'addresses',
            'note',
            'NAT',
            'this machine has private addresses only: if it is behind a NAT, name its outside with --public-address',
          ),
        ]
      : []
  return [
    finding(
      'addresses',
      place === 'undecided' ? 'problem' : 'ok',
      place.toUpperCase(),
      `${all} (this machine: ${known.slice(0, 4).join(' ') || 'no address known'}${known.length > 4 ? ' ...' : ''})`,
    ),
    ...nat,
  ]
}

const shape = ({routing, answer}: DomainFacts): DomainFinding[] => {
  const {targets, isImplicit} = routing
  const best = targets.find(({isSkipped}) => !isSkipped)?.priority
  const ties = targets.filter(({priority, isSkipped}) => priority === best && !isSkipped)
  const odd: [boolean, string, string][] = [
    [answer.status === 'null-mx', 'NULL_MX', 'null MX: the domain takes no mail'],
    [
      isImplicit && targets.some(({addresses: some}) => some.length > 0),
      'IMPLICIT_MX',
      'no MX: its own address counts as one',
    ],
    [
      ties.length > 1 && ties.some(({isHere}) => isHere) && ties.some(({isHere}) => !isHere),
      'TIE',
      `this machine and ${ties
        .filter(({isHere}) => !isHere)
        .map(({exchange}) => exchange)
        .join(', ')} have the same priority`,
    ],
  ]
  const perTarget = targets.flatMap((target): [boolean, string, string][] => [
    [
      target.alias !== undefined,
      'MX_ALIAS',
      `${target.exchange} is an alias of ${target.alias}, which an MX must not be (RFC 2181, 10.3)`,
    ],
    [
      target.status === 'none',
      'MX_WITHOUT_ADDRESS',
      `${target.exchange} has no address${target.why === undefined ? '' : `: ${target.why}`}`,
    ],
    [
      target.status === 'found' && target.addresses.every(address => address.includes(':')),
      'IPV6_ONLY',
      `${target.exchange} has IPv6 only: most senders cannot reach it`,
    ],
    [
      target.addresses.some(isLoopback),
      'MX_LOOPBACK',
      `${target.exchange} points at loopback, which is somebody else for every sender`,
    ],
  ])
  const found = [...odd, ...perTarget].flatMap(([is, code, text]) => (is ? [finding('shape', 'note', code, text)] : []))
  return found.length === 0 ? [finding('shape', 'ok', 'PLAIN', 'nothing odd')] : found
}

/** MX, addresses and shape. */
export const dnsChecks = (facts: DomainFacts): DomainFinding[] => [...mx(facts), ...addresses(facts), ...shape(facts)]
