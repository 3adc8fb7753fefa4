// mailops exim serviceauth: the state of the keys with which cPanel's monitor logs in.
import {resolve} from 'node:path'

import {Flags} from '@oclif/core'

import {MailopsCommand, terminalSafe, type JsonObject} from 'mailops'

import {lookAtServiceauth} from '../../effects/serviceauth/look.js'
import {ownersOf} from '../../effects/serviceauth/owners.js'
import {readSwitches} from '../../effects/serviceauth/switches.js'
import {baseAnomalies, serviceAnomalies} from '../../serviceauth/anomaly.js'
import {SERVICEAUTH} from '../../serviceauth/layout.js'
import {stateJson, stateLines, type ServiceauthState} from '../../serviceauth/report.js'

export default class Serviceauth extends MailopsCommand {
  static override summary = "show the state of cPanel's service keys"
  static override description =
    "Looks at the keys with which cPanel's service monitor logs in to each service: presence, length, owner, mode, age, " +
    'symbolic links, and the switch files beside them. A key is never printed; under --json a whole key has a ' +
    'fingerprint (12 digits of its SHA-256), so that two can be compared.\n\n' +
    'Exit status: 0 all are right, 1 something is wrong, 64 usage, 65 a symbolic link in place of the directory, ' +
    '66 no such directory, 77 not root.'
  static override examples = ['<%= config.bin %> exim serviceauth', '<%= config.bin %> exim serviceauth --json']
  static override flags = {
    dir: Flags.string({description: 'directory with the keys', default: SERVICEAUTH, helpValue: 'DIR'}),
  }

  override async run(): Promise<JsonObject> {
    const {flags} = await this.parse(Serviceauth)
    this.listen(flags)
    // The switch files lie beside it: `.` has to be a whole path.
    const dir = resolve(flags.dir)
    const base = lookAtServiceauth(dir)
    const owners = ownersOf(dir)
    const state: ServiceauthState = {
      base,
      baseAnomalies: baseAnomalies(base, owners),
      services: base.services.map(facts => ({
        facts,
        anomalies: serviceAnomalies(facts, owners),
        switches: readSwitches(dir, facts.service),
      })),
      now: Date.now(),
    }
    for (const line of stateLines(state, this.width)) this.data(terminalSafe(line))
    const isWrong = state.baseAnomalies.length > 0 || state.services.some(({anomalies}) => anomalies.length > 0)
    if (isWrong) {
      process.exitCode = 1
      this.say('try: mailops exim reset-serviceauth SERVICE --dry-run')
    }
    return stateJson(state)
  }
}
