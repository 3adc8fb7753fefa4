// mailops greylist stats: how much is deferred, how long it takes, what never comes back.
import {Flags} from '@oclif/core'
import {MailopsCommand, type JsonObject} from 'mailops'

import {openSteering, type Steering} from '../../effects/steering/open.js'
import {placeFlags, settingsFrom} from '../../greylist-flags.js'
import {dayOf} from '../../metrics/names.js'
import {statisticsJson, statisticsLines, statisticsOf} from '../../report/statistics.js'
import type {Counts} from '../../store/store.js'

export default class Stats extends MailopsCommand {
  static override summary = 'decisions by outcome, delays, what never came back'
  static override description =
    'Counts since the store began, or of the last days (UTC, 400 are kept): decisions by outcome, median and 95th percentile of ' +
    'the delay of what passed (right to 5 %), the share that was never retried, the networks with most pending entries, and a ' +
    'histogram of delays. --prometheus prints what the daemon serves on --metrics.\n\n' +
    'Exit status: 0 printed; 64 usage; 66 no daemon and no store; 69 SQLite is missing; 75 the daemon hangs; 77 no permission; 78 settings.'
  static override examples = [
    '<%= config.bin %> greylist stats',
    '<%= config.bin %> greylist stats --days 7 --json',
    '<%= config.bin %> greylist stats --prometheus',
  ]
  static override flags = {
    ...placeFlags,
    days: Flags.integer({min: 1, max: 400, description: 'only today (1) or the last so many days'}),
    top: Flags.integer({min: 0, max: 100, default: 10, description: 'so many networks; 0 spares the walk over the store'}),
    prometheus: Flags.boolean({description: "Prometheus' text format", exclusive: ['days', 'json']}),
  }

  override async run(): Promise<JsonObject | undefined> {
    const {flags} = await this.parse(Stats)
    this.listen(flags)
    const steering = await openSteering(settingsFrom(flags), {warn: text => void this.warn(text)})
    try {
      if (flags.prometheus) {
        this.data((await steering.metrics()).trimEnd())
        return undefined
      }
      const statistics = statisticsOf({
        counts: await countsOf(steering, flags.days),
        size: await steering.size(),
        top: flags.top === 0 ? [] : await steering.top(flags.top),
      })
      if (steering.isLearning) this.say('learning: everything passes; "learn" counts what would have been deferred')
      for (const line of statisticsLines(statistics, this.width)) this.data(line)
      return {store: steering.name, daemon: steering.isDaemon, learning: steering.isLearning, ...statisticsJson(statistics)}
    } finally {
      await steering.close()
    }
  }
}

const countsOf = async (steering: Steering, days: number | undefined): Promise<Counts> => {
  if (days === undefined) return steering.counts()
  const today = dayOf(Date.now())
  const sum: Record<string, number> = {}
  for (let n = 0; n < days; n++)
    for (const [name, count] of Object.entries(await steering.counts(today - n))) sum[name] = (sum[name] ?? 0) + count
  return sum
}
