// The checks that Exim itself answers: how it routes, what its routers do with themselves, what it takes for its own, its queue.
import {plural} from 'mailops/core'

import type {DomainFacts, EximView} from './facts.js'
import {finding, type DomainFinding} from './finding.js'

const NOBODY = 'no Exim to ask; --exim PATH names one'

const route = ({route: {outcome, text}}: EximView): DomainFinding => {
  const said = `exim -bt: ${text}`
  if (outcome === 'self') return finding('route', 'problem', 'SELF', said)
  if (outcome === 'routed') return finding('route', 'ok', 'ROUTED', said)
  return finding('route', outcome === 'unknown' ? 'skip' : 'note', outcome.toUpperCase(), said)
}

const SELF: Readonly<Record<string, string>> = {
  freeze: 'freezes the message',
  defer: 'tries again and again',
  fail: 'bounces the message',
  pass: 'gives it to the next router',
  send: 'sends it to itself: a loop',
}

const router = ({routers}: EximView): DomainFinding => {
  const lookups = routers.filter(({options}) => options.get('driver') === 'dnslookup')
  if (lookups.length === 0)
    return finding('router', 'skip', 'NO_ROUTER', 'no router looks up MX, or this user may not see them')
  const texts = lookups.map(({name, options}) => {
    const self = options.get('self') ?? 'freeze'
    return `${name} has self = ${self}: on this fault it ${SELF[self] ?? 'routes it as told'}`
  })
  return finding('router', 'ok', 'ROUTER', texts.join('; '))
}

const interfaces = ({options}: EximView): DomainFinding => {
  const set = ['local_interfaces', 'extra_local_interfaces', 'hosts_treat_as_local'].map(
    name => `${name} = ${options.get(name) || '(none)'}`,
  )
  return options.size === 0
    ? finding('interfaces', 'skip', 'UNKNOWN', 'Exim does not tell this user')
    : finding('interfaces', 'ok', 'INTERFACES', set.join(', '))
}

const queue = ({frozen}: DomainFacts): DomainFinding => {
  if (frozen === null) return finding('queue', 'skip', 'NO_QUEUE', 'no queue to look into, or it takes too long to list')
  if (frozen.length === 0) return finding('queue', 'ok', 'NONE_FROZEN', 'no frozen message for it')
  return finding(
    'queue',
    'note',
    'FROZEN',
    `${plural(frozen.length, 'frozen message')} for it: ${frozen.slice(0, 3).join(' ')}${frozen.length > 3 ? ' ...' : ''}`,
  )
}

/** Route, router, interfaces and queue. */
export const eximChecks = (facts: DomainFacts): DomainFinding[] => {
  const {exim} = facts
  if (exim !== null) return [route(exim), router(exim), interfaces(exim), queue(facts)]
  return [
    ...(['route', 'router', 'interfaces'] as const).map(check => finding(check, 'skip', 'NO_EXIM', NOBODY)),
    queue(facts),
  ]
}
