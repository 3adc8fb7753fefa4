// The addresses that are this machine's: its interfaces, what NAT maps to them, what Exim is told to take for its own.
import {networkInterfaces} from 'node:os'

import {OpsError} from 'mailops/core'

import {addressForm, isLinkLocal, isLoopback, isOffInternet} from '../../domain/mx.js'
import {readText} from './root.js'

/** An address and how it is known. */
export interface OwnAddress {
  readonly address: string
  readonly from: string
}

const formOrRefuse = (text: string): string => {
  const form = addressForm(text)
  if (form === null)
    throw new OpsError('BAD_ADDRESS', `not an IP address: ${text}`, {
      exit: 'usage',
      hint: '--public-address 192.0.2.10',
    })
  return form
}

const interfaces = (): OwnAddress[] =>
  Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.flatMap(({address}) => {
      const form = addressForm(address)
      return form === null || isLoopback(form) || isLinkLocal(form) ? [] : [{address: form, from: `interface ${name}`}]
    }),
  )

/** cPanel's map of a NAT: `local public` a line. */
const natMap = (root: string): OwnAddress[] =>
  (readText(root, '/var/cpanel/cpnat') ?? '').split('\n').flatMap(line => {
    const [, outside] = line.trim().split(/\s+/)
    const form = outside === undefined ? null : addressForm(outside)
    return form === null ? [] : [{address: form, from: '/var/cpanel/cpnat'}]
  })

/**
 * All addresses of this machine. With another root its own interfaces count too: a copy is mostly looked at where it came from.
 * @param given addresses on the command line
 * @throws OpsError 64 `BAD_ADDRESS`
 */
export const ownAddresses = (root: string, given: readonly string[]): OwnAddress[] => [
  ...given.map(text => ({address: formOrRefuse(text), from: '--public-address'})),
  ...interfaces(),
  ...natMap(root),
]

/** True when nothing of it could be an MX for the Internet: then a NAT is likely, and its outside has to be told. */
export const isBehindNat = (own: readonly OwnAddress[]): boolean => own.every(({address}) => isOffInternet(address))
