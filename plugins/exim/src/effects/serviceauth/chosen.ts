// Which services a reset is about: those that are named, else those that the logs show failing.
import {OpsError, plural} from 'mailops/core'

import {isServiceName, SERVICES} from '../../serviceauth/layout.js'
import {readFailingServices} from '../failing-services.js'
import {lookAtService} from './look.js'

/** What the seed of all this, `rm -rf .../exim` and a restart, was about. */
const USUAL = 'exim'

/** Services, and why these. */
export interface Chosen {
  readonly services: readonly string[]
  /** Lines for people: what the logs show. */
  readonly because: readonly string[]
}

const checked = (base: string, names: readonly string[]): string[] => {
  const odd = names.find(name => !isServiceName(name))
  if (odd !== undefined)
    throw new OpsError('BAD_SERVICE', `not the name of a service: ${odd}`, {
      exit: 'usage',
      hint: 'mailops exim serviceauth',
    })
  const unknown = names.find(
    name => !(SERVICES as readonly string[]).includes(name) && lookAtService(base, name).directory === null,
  )
  if (unknown !== undefined)
    throw new OpsError('NO_SUCH_SERVICE', `${base} has no keys of ${unknown}`, {
      exit: 'noInput',
      hint: 'mailops exim serviceauth',
    })
  return [...new Set(names)]
}

/**
 * The services of a reset.
 * @throws OpsError 64 `NOTHING_INDICATED` with what the logs do say, `BAD_SERVICE`; 66 `NO_SUCH_SERVICE`
 */
export const chooseServices = async (
  base: string,
  {names, logs, force}: {names: readonly string[]; logs: readonly string[]; force: boolean},
): Promise<Chosen> => {
  if (names.length > 0) return {services: checked(base, names), because: []}
  const verdict = await readFailingServices(logs)
  // The name stands in a log that everybody can write into: one that cannot be a service is none.
  const failing = verdict.failing.filter(({service}) => isServiceName(service))
  if (failing.length > 0) {
    const because = failing.flatMap(({service, count, last, proof}) => [
      `${service}: refused ${plural(count, 'time')}${last === undefined ? '' : `, last ${last}`}`,
      ...proof.slice(0, 2).map(line => `  ${line}`),
    ])
    return {
      services: checked(
        base,
        failing.map(({service}) => service),
      ),
      because,
    }
  }
  if (force) return {services: [USUAL], because: ['the logs show no failing service; --force takes exim']}
  const says = verdict.logs.length === 0 ? ['no log was found'] : verdict.says
  throw new OpsError(
    'NOTHING_INDICATED',
    `no service is failing with its keys; ${says.length === 0 ? 'the logs show no failed login at all' : says.join('; ')}`,
    {
      exit: 'usage',
      hint: 'mailops exim auth-failures; or name the service whose keys you want renewed',
    },
  )
}
