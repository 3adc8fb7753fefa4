// mailops qmail hold: keeps messages from being tried.
import type {JsonObject} from 'mailops'

import {ScheduleCommand, scheduleFlags} from '../../schedule-command.js'

export default class Hold extends ScheduleCommand {
  static override summary = 'keep messages in the queue without trying them'
  static override description =
    'Sets the next attempt of messages so far ahead that qmail-send never finds them due; the earlier times are kept and ' +
    'come back with `mailops qmail release` or `mailops undo`. qmail-send must be stopped for it (--stop) and is started ' +
    'again.\n\nIt does not protect from ALRM (`mailops qmail retry --all`, qmailctl doqueue), which makes everything due, and it does not stop ' +
    'the clock: a message held beyond its lifetime is given up at its next failure. Messages still in todo have no time ' +
    'yet and are skipped.\n\n' +
    'Exit status: 0 done, or nothing matched; 64 usage; 65 not a queue; 66 no queue; 75 qmail-send runs and may not be ' +
    'stopped, or some messages were skipped; 77 no permission; 130 interrupted.'
  static override examples = [
    '<%= config.bin %> qmail hold --sender @customer.example --stop --dry-run',
    '<%= config.bin %> qmail hold --all --stop --yes',
  ]
  static override flags = scheduleFlags

  override async run(): Promise<JsonObject> {
    const {flags} = await this.parse(Hold)
    this.listen(flags)
    return this.schedule('hold', flags)
  }
}
