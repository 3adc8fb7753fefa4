// The files in /var/cpanel by which an administrator turns the service monitor's logins on and off.
import {join} from 'node:path'

/** One switch file. */
export interface Switch {
  readonly path: string
  /** Of what its presence is the sign. */
  readonly meaning: string
  /** The state in which the monitor does not log in, and so makes no keys. */
  readonly blocksWhen: 'present' | 'absent'
}

/**
 * The switch files of a service.
 * @param varCpanel the directory that holds serviceauth
 */
export const switchesOf = (varCpanel: string, service: string): Switch[] => [
  ...(/^exim(-\d+)?$/.test(service)
    ? [
        {
          path: join(varCpanel, 'exim_service_auth_enable'),
          meaning: 'the monitor logs in to Exim',
          blocksWhen: 'absent' as const,
        },
      ]
    : []),
  {
    path: join(varCpanel, `${service}_service_auth_check_disabled`),
    meaning: `the monitor does not log in to ${service}`,
    blocksWhen: 'present',
  },
  {
    path: join(varCpanel, `${service}_tcp_check_disabled`),
    meaning: `the monitor does not connect to ${service}`,
    blocksWhen: 'present',
  },
]

/** A switch file and whether it is there. */
export interface SwitchState extends Switch {
  readonly exists: boolean
}

/** True when the monitor would make no keys because of it. */
export const isBlocking = ({blocksWhen, exists}: SwitchState): boolean => exists === (blocksWhen === 'present')

/** What stands in the way, as a sentence says it. */
export const blockingText = ({path, exists, service}: SwitchState & {service: string}): string =>
  exists
    ? `${path} is there: the monitor leaves ${service} alone`
    : `${path} is not there: the monitor does not log in to ${service}`
