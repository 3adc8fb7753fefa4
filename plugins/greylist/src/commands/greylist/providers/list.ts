// mailops greylist providers list: the large providers that pass, and how old their ranges are.
import {Flags} from '@oclif/core'
import {MailopsCommand, plural, tableLines, terminalSafe} from 'mailops'

import {loadProviders} from '../../../effects/providers/load.js'
import {placeFlags, settingsFrom} from '../../../greylist-flags.js'
import {ageDays, STALE_DAYS} from '../../../providers/providers.js'

export default class ProvidersList extends MailopsCommand {
  static override summary = 'the large providers whose ranges pass, and their age'
  static override description =
    'Shows the list in force: the one that providers update wrote, else the one that came with the program. --ranges names ' +
    'every range. A list older than 180 days is warned of. "providers": false in the settings takes it out of force.\n\n' +
    'Exit status: 0 listed; 64 usage; 65 the list is damaged; 77 no permission; 78 settings.'
  static override examples = ['<%= config.bin %> greylist providers list', '<%= config.bin %> greylist providers list --ranges --json']
  static override flags = {...placeFlags, ranges: Flags.boolean({description: 'every range on a line of its own'})}

  protected override readonly isList = true

  override async run(): Promise<void> {
    const {flags} = await this.parse(ProvidersList)
    this.listen(flags)
    const settings = settingsFrom(flags)
    const list = loadProviders(settings.db)
    const age = ageDays(list, Date.now())
    for (const {name, domain, ranges} of list.providers) this.row({name, domain, count: ranges.length, date: list.date, from: list.from, ...(flags.ranges && {ranges})})
    if (flags.ranges) for (const {name, ranges} of list.providers) for (const range of ranges) this.data(`${terminalSafe(name)} ${range}`)
    else
      for (const line of tableLines([{heading: 'PROVIDER'}, {heading: 'RANGES', align: 'right'}, {heading: 'FROM THE SPF RECORD OF', shrink: true}], list.providers.map(({name, domain, ranges}) => [terminalSafe(name), String(ranges.length), terminalSafe(domain)]), this.width))
        this.data(line)
    const source = list.from === 'bundled' ? `came with the program: gathered from published copies of the SPF records as of ${list.date}, never looked up` : `looked up by providers update on ${list.date}, ${list.from}`
    this.say(`${source} (${plural(age, 'day')} ago)${settings.providers ? '' : '; not in force: "providers" is false'}`)
    if (age > STALE_DAYS) this.warn(`the ranges are ${age} days old: mailops greylist providers update`)
  }
}
