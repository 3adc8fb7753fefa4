// mailops greylist export: everything that is remembered, as JSON lines.
import {MailopsCommand, plural} from 'mailops'

import {printRows} from '../../effects/exchange/print-rows.js'
import {openSteering} from '../../effects/steering/open.js'
import {ruleJson} from '../../exchange/lines.js'
import {placeFlags, settingsFrom} from '../../greylist-flags.js'
import {entryJson} from '../../report/entry-row.js'

export default class Export extends MailopsCommand {
  static override summary = 'everything that is remembered, as JSON lines'
  static override description =
    'Prints entries and the list entries of the store, one JSON object a line, for import on another host or for a backup. ' +
    'An entry has network, first, last, tries; sender and recipient when it is a triplet; passed when it has passed. ' +
    'A list entry has list, kind, value.\n\n' +
    'Exit status: 0 printed; 64 usage; 66 no daemon and no store; 69 SQLite is missing; 75 the daemon hangs; 77 no permission; 78 settings.'
  static override examples = ['<%= config.bin %> greylist export > greylist.jsonl', '<%= config.bin %> greylist export | gzip > greylist.jsonl.gz']
  static override flags = placeFlags

  protected override readonly isList = true

  override async run(): Promise<void> {
    const {flags} = await this.parse(Export)
    this.listen(flags)
    const steering = await openSteering(settingsFrom(flags), {warn: text => void this.warn(text)})
    try {
      let count = 0
      const rules = await steering.rules()
      await printRows(rules.map(ruleJson))
      for await (const chunk of steering.entries({})) {
        await printRows(chunk.map(entryJson))
        count += chunk.length
      }
      this.say(`${plural(count, 'entry', 'entries')} and ${plural(rules.length, 'list entry', 'list entries')}`)
    } finally {
      await steering.close()
    }
  }
}
