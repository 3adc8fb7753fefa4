// mailops greylist report: what was deferred, or in learning mode would have been, for how long, and what never came back.
import {Flags} from '@oclif/core'
import {MailopsCommand, type JsonObject} from 'mailops'

import {openSteering} from '../../effects/steering/open.js'
import {placeFlags, settingsFrom} from '../../greylist-flags.js'
import {gatherer, learnedJson, learnedLines} from '../../report/learned.js'

/** As many as the store remembers. */
const MOST_LOST = 10_000

export default class Report extends MailopsCommand {
  static override summary = 'what greylisting does, or would do, to the mail of this host'
  static override description =
    'Run the daemon with --learning for some days: everything passes, and this says which senders would have been deferred, ' +
    'for how long (until the same network or triplet came again after the delay), and which never came back. In service it says ' +
    'the same of what was deferred. Of what never came back the last 10,000 are known by name. Once its triplet has passed, only the network of a client is kept.\n\n' +
    'Exit status: 0 printed; 64 usage; 66 no daemon and no store; 69 SQLite is missing; 75 the daemon hangs; 77 no permission; 78 settings.'
  static override examples = ['<%= config.bin %> greylist report', '<%= config.bin %> greylist report --limit 100 --json']
  static override flags = {...placeFlags, limit: Flags.integer({min: 1, max: 100_000, default: 20, description: 'so many senders, those that fare worst first'})}

  override async run(): Promise<JsonObject> {
    const {flags} = await this.parse(Report)
    this.listen(flags)
    const steering = await openSteering(settingsFrom(flags), {warn: text => void this.warn(text)})
    const progress = this.progress('reading the store')
    try {
      const gathered = gatherer()
      const {pending, passed} = await steering.size()
      let read = 0
      for await (const chunk of steering.entries({})) {
        for (const entry of chunk) gathered.entry(entry)
        progress.report((read += chunk.length), pending + passed)
      }
      for (const lost of await steering.lost(MOST_LOST)) gathered.lost(lost)
      const learned = gathered.learned()
      progress.end()
      const learning = steering.isLearning
      for (const line of learnedLines(learned, {learning, limit: flags.limit, width: this.width})) this.data(line)
      return {learning, ...learnedJson(learned, flags.limit)}
    } finally {
      progress.end()
      await steering.close()
    }
  }
}
