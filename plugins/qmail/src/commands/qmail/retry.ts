// mailops qmail retry: tries delivery now, of everything or of some messages.
import type {JsonObject} from 'mailops'

import {ScheduleCommand, scheduleFlags} from '../../schedule-command.js'

export default class Retry extends ScheduleCommand {
  static override summary = 'try delivery now'
  static override description =
    'Without a selection, or with --all, ALRM is sent to qmail-send: it tries every message, also those on hold. With a ' +
    'selection only the messages that match are due now; qmail-send reads the times of messages only at its start, so it ' +
    'must be stopped for that (--stop) and is started again. Hosts that did not answer lately are passed over by qmail ' +
    'itself for up to 97 minutes, which is said.\n\n' +
    'Exit status: 0 done, or nothing matched; 64 usage; 65 not a queue; 66 no queue; 75 no qmail-send runs (all), it runs ' +
    'and may not be stopped (selection), or some messages were skipped; 77 no permission; 130 interrupted.'
  static override examples = [
    '<%= config.bin %> qmail retry --yes',
    '<%= config.bin %> qmail retry --recipient @big.example --stop --dry-run',
    '<%= config.bin %> qmail retry --id 12345 --stop --yes',
  ]
  static override flags = scheduleFlags

  override async run(): Promise<JsonObject> {
    const {flags} = await this.parse(Retry)
    this.listen(flags)
    return this.schedule('retry', flags)
  }
}
