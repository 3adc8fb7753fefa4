// Which switch files of the service monitor are there, and whether they keep it from making new keys.
import {dirname} from 'node:path'

import {OpsError} from 'mailops/core'
import {readSeen} from 'mailops/effects'

import {blockingText, isBlocking, switchesOf, type SwitchState} from '../../serviceauth/switches.js'
import {RESTART_TAILWATCHD} from './restart.js'

/** The switch files of a service, beside serviceauth, and whether each is there. */
export const readSwitches = (base: string, service: string): SwitchState[] =>
  switchesOf(dirname(base), service).map(one => ({...one, exists: readSeen(one.path) !== null}))

/**
 * Refuses to take keys away that the monitor would not make again.
 * @throws OpsError 78 `SWITCHED_OFF`, naming the file
 */
export const refuseSwitchedOff = (
  base: string,
  service: string,
  {restart, warn}: {restart: string; warn: (text: string) => void},
): void => {
  for (const one of readSwitches(base, service).filter(isBlocking)) {
    const text = blockingText({...one, service})
    // A command of the administrator's own may well make keys where the monitor's login is only not turned on.
    if (one.blocksWhen === 'absent' && restart !== RESTART_TAILWATCHD) warn(text)
    else
      throw new OpsError('SWITCHED_OFF', `${text}, so it would make no new keys; nothing was touched`, {
        exit: 'configuration',
        hint: '--generate makes them here',
      })
  }
}
