// mailops qmail release: lets held messages go on.
import type {JsonObject} from 'mailops'

import {ScheduleCommand, scheduleFlags} from '../../schedule-command.js'

export default class Release extends ScheduleCommand {
  static override summary = 'let held messages be tried again'
  static override description =
    'Gives messages on hold the time of their next attempt back that they had before, or makes them due now where it is ' +
    'not known any more. Without a selection all messages on hold; others are not touched. qmail-send must be stopped ' +
    'for it (--stop) and is started again.\n\n' +
    'Exit status: 0 done, or nothing matched; 64 usage; 65 not a queue; 66 no queue; 75 qmail-send runs and may not be ' +
    'stopped, or some messages were skipped; 77 no permission; 130 interrupted.'
  static override examples = [
    '<%= config.bin %> qmail release --stop --yes',
    '<%= config.bin %> qmail release --sender @customer.example --stop --dry-run',
  ]
  static override flags = scheduleFlags

  override async run(): Promise<JsonObject> {
    const {flags} = await this.parse(Release)
    this.listen(flags)
    return this.schedule('release', flags)
  }
}
