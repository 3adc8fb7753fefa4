// mailops greylist expire: removes now what the daemon would remove by and by.
import {Flags} from '@oclif/core'
import {ChangeCommand, plural, type JsonObject} from 'mailops'

import {openSteering} from '../../effects/steering/open.js'
import {placeFlags, settingsFrom} from '../../greylist-flags.js'
import {stateOf} from '../../report/entry-row.js'

/** Enough for ten million entries; a store in which new ones come faster than that is walked by the daemon anyway. */
const MOST_STEPS = 10_000

export default class Expire extends ChangeCommand {
  static override summary = 'remove expired entries now'
  static override description =
    'Walks once over the store and removes pending entries whose window is over and passed ones that were not used for as ' +
    'long as they are kept. The daemon does so by itself; this is for stores without one, from cron. What has expired has ' +
    'no effect any more, so it is not journalled and there is nothing to undo.\n\n' +
    'Exit status: 0 done; 64 usage; 66 no daemon and no store; 69 SQLite is missing; 75 the daemon hangs; 77 no permission; 78 settings; 130 interrupted.'
  static override examples = ['<%= config.bin %> greylist expire --quiet', '<%= config.bin %> greylist expire --dry-run']
  static override flags = {...placeFlags, steps: Flags.integer({hidden: true, default: MOST_STEPS, min: 1})}

  override async run(): Promise<JsonObject> {
    const {flags} = await this.parse(Expire)
    this.listen(flags)
    const steering = await openSteering(settingsFrom(flags), {warn: text => void this.warn(text)})
    try {
      if (flags['dry-run']) return await this.#preview(steering)
      let removed = 0
      let lost = 0
      // The daemon's own walk may be half-way: the first end is not yet a whole round.
      let ends = steering.isDaemon ? 2 : 1
      for (let n = 0; n < flags.steps && ends > 0; n++) {
        const step = await steering.sweep()
        removed += step.removed
        lost += step.lost
        if (step.done) ends--
      }
      if (removed > 0) this.say(`removed ${plural(removed, 'entry', 'entries')}, ${lost} of which never came back`)
      else this.detail('nothing has expired')
      return {removed, lost}
    } finally {
      await steering.close()
    }
  }

  async #preview(steering: Awaited<ReturnType<typeof openSteering>>): Promise<JsonObject> {
    const now = Date.now()
    let expired = 0
    for await (const chunk of steering.entries({})) expired += chunk.filter(entry => stateOf(entry, now, steering.settings) === 'expired').length
    this.data(`would remove ${plural(expired, 'entry', 'entries')}`)
    return {expired, dryRun: true}
  }
}
