// A service over a store of its own, closed with the test.
import {join} from 'node:path'

import {onTestFinished} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {openService} from '../../src/effects/service/open.js'
import type {Service} from '../../src/policy/service.js'
import type {Decision, Request, Settings} from '../../src/policy/types.js'
import {defaultSettings} from '../../src/settings/settings.js'

export interface Opened {
  readonly service: Service
  readonly settings: Settings
  readonly log: string[]
  readonly warned: string[]
  /** Decides, with a client by default of 192.0.2.7. */
  ask(request?: Partial<Request>): Promise<Decision>
}

/** Opens one; `more` goes before the defaults. */
export const openedService = async (more: Partial<Settings> = {}): Promise<Opened> => {
  const directory = temporaryDirectory('greylist')
  const settings: Settings = {...defaultSettings({socket: join(directory, 'g.sock'), db: join(directory, 'store', 'g.db')}), spf: false, ...more}
  const log: string[] = []
  const warned: string[] = []
  const service = await openService(settings, {log: line => log.push(line), warn: line => warned.push(line)})
  onTestFinished(() => service.close())
  const ask = (request: Partial<Request> = {}): Promise<Decision> =>
    new Promise(resolve => service.decide({client: '192.0.2.7', stage: 'connect', ...request}, resolve))
  return {service, settings, log, warned, ask}
}
