// Which switch files of the service monitor are there.
import {dirname} from 'node:path'

import {readSeen} from 'mailops/effects'

import {switchesOf, type SwitchState} from '../../serviceauth/switches.js'

/** The switch files of a service, beside serviceauth, and whether each is there. */
export const readSwitches = (base: string, service: string): SwitchState[] =>
  switchesOf(dirname(base), service).map(one => ({...one, exists: readSeen(one.path) !== null}))
