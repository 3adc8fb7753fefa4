// mailops greylist providers check: are the providers' ranges still what their SPF records name.
import {Flags} from '@oclif/core'
import {MailopsCommand, OpsError, plural, terminalSafe, type JsonObject} from 'mailops'

import {makeDns} from '../../../effects/dns/resolver.js'
import {loadProviders} from '../../../effects/providers/load.js'
import {updateProviders} from '../../../effects/providers/update.js'
import {placeFlags, settingsFrom} from '../../../greylist-flags.js'
import {ageDays} from '../../../providers/providers.js'

export default class ProvidersCheck extends MailopsCommand {
  static override summary = 'are the ranges of the large providers still right'
  static override description =
    'Looks the SPF records of the providers up and compares them with the list in force; changes nothing. For cron: silent ' +
    'with --quiet, and status 1 says that providers update is due.\n\n' +
    'Exit status: 0 they are the same; 1 they differ; 64 usage; 65 the list is damaged; 69 no DNS server answered; 77 no permission; 78 settings.'
  static override examples = ['<%= config.bin %> greylist providers check', '<%= config.bin %> greylist providers check --quiet']
  static override flags = {...placeFlags, resolver: Flags.string({helpValue: 'IP[:PORT]', description: "DNS server to ask instead of the system's"})}

  override async run(): Promise<JsonObject> {
    const {flags} = await this.parse(ProvidersCheck)
    this.listen(flags)
    const settings = settingsFrom(flags)
    const current = loadProviders(settings.db)
    const progress = this.progress('asking DNS')
    const {looked} = await updateProviders(current, {dns: makeDns(flags.resolver ?? settings.resolver), today: current.date, progress: progress.report}).finally(() => progress.end())
    if (looked.every(({fault}) => fault !== null)) throw new OpsError('NO_DNS', `no provider could be looked up: ${looked[0]?.fault ?? ''}`, {exit: 'unavailable', hint: 'name a DNS server: --resolver IP'})
    for (const {name, added, removed, fault} of looked) {
      if (fault !== null) this.say(`${name}: ${terminalSafe(fault)}`)
      for (const range of added) this.say(`${name}: + ${range}`)
      for (const range of removed) this.say(`${name}: - ${range}`)
    }
    const differing = looked.filter(({added, removed}) => added.length + removed.length > 0)
    if (differing.length > 0) process.exitCode = 1
    this.say(differing.length === 0 ? 'the ranges are right' : `${plural(differing.length, 'provider')} differ: mailops greylist providers update`)
    return {date: current.date, ageDays: ageDays(current, Date.now()), differing: differing.length, providers: looked as unknown as JsonObject[]}
  }
}
