// mailops greylist providers update: looks the providers' ranges up anew.
import {dirname} from 'node:path'

import {Flags} from '@oclif/core'
import {ChangeCommand, OpsError, plural, terminalSafe, type JsonObject, type Plan} from 'mailops'
import {readSeen} from 'mailops/effects'

import {makeDns} from '../../../effects/dns/resolver.js'
import {loadProviders, providersPath} from '../../../effects/providers/load.js'
import {updateProviders, type Looked} from '../../../effects/providers/update.js'
import {openSteering} from '../../../effects/steering/open.js'
import {placeFlags, settingsFrom} from '../../../greylist-flags.js'

export default class ProvidersUpdate extends ChangeCommand {
  static override summary = 'look the ranges of the large providers up anew'
  static override description =
    "Derives the ranges from the providers' SPF records by DNS and writes them beside the store, with today's date; a running " +
    'daemon takes them at once. A provider whose record cannot be followed to its end keeps the ranges it had. Asks the ' +
    "system's DNS servers, or the one of --resolver or of the settings. It is journalled and can be undone.\n\n" +
    'Exit status: 0 done, or nothing has changed; 64 usage; 69 no DNS server answered; 75 busy, or changed meanwhile; 77 no permission; 78 settings; 130 interrupted.'
  static override examples = ['<%= config.bin %> greylist providers update --yes', '<%= config.bin %> greylist providers update --resolver 192.0.2.53 --dry-run']
  static override flags = {...placeFlags, resolver: Flags.string({helpValue: 'IP[:PORT]', description: "DNS server to ask instead of the system's"})}

  override async run(): Promise<JsonObject> {
    const {flags} = await this.parse(ProvidersUpdate)
    this.listen(flags)
    const settings = settingsFrom(flags)
    const path = providersPath(settings.db)
    const progress = this.progress('asking DNS')
    const {list, looked} = await updateProviders(loadProviders(settings.db), {
      dns: makeDns(flags.resolver ?? settings.resolver),
      today: new Date().toISOString().slice(0, 10),
      progress: progress.report,
    }).finally(() => progress.end())
    if (looked.every(({fault}) => fault !== null))
      throw new OpsError('NO_DNS', `no provider could be looked up: ${looked[0]?.fault ?? ''}`, {exit: 'unavailable', hint: 'name a DNS server: --resolver IP'})
    for (const one of looked) this.#tell(one)
    const folder = readSeen(dirname(path))
    if (folder === null) throw new OpsError('NO_STORE', `${dirname(path)} is not there yet`, {exit: 'noInput', hint: 'start the daemon first: mailops greylist serve'})
    const plan: Plan = {
      subject: 'greylist providers update',
      resource: dirname(path),
      changes: [
        {kind: 'write', path, before: readSeen(path, {digest: true}), after: Buffer.from(`${JSON.stringify(list, null, 2)}\n`), mode: 0o644, uid: folder.uid, gid: folder.gid, why: `ranges of ${plural(list.providers.length, 'provider')}`},
      ],
    }
    const applied = await this.carryOut(plan, {dryRun: flags['dry-run'], yes: flags.yes})
    const document = {path, date: list.date, providers: looked as unknown as JsonObject[]}
    if (applied === null) return {...document, dryRun: true}
    await this.#reload(settings)
    this.say(`${plural(list.providers.length, 'provider')}, ${plural(list.providers.reduce((sum, {ranges}) => sum + ranges.length, 0), 'range')}; journal ${applied.journalId}; take it back with: mailops undo ${applied.journalId}`)
    return {...document, journalId: applied.journalId}
  }

  #tell({name, added, removed, fault}: Looked): void {
    if (fault !== null) this.warn(`${name} keeps its former ranges: ${terminalSafe(fault)}`)
    else if (added.length + removed.length > 0) this.say(`${name}: ${plural(added.length, 'range')} added, ${removed.length} removed`)
  }

  async #reload(settings: ReturnType<typeof settingsFrom>): Promise<void> {
    try {
      const steering = await openSteering(settings, {warn: text => void this.warn(text)})
      if (steering.isDaemon) await steering.reloadProviders()
      await steering.close()
    } catch (error) {
      // The list is written; without a daemon it counts from its next start.
      this.detail(`no daemon was told: ${(error as Error).message}`)
    }
  }
}
