// mailops qmail trash list: purged messages that can still be brought back.
import {bytesText, countText, durationText, MailopsCommand, plural, tableLines, terminalSafe} from 'mailops'

import {chooseQueue, openQueue} from '../../../effects/reading/index.js'
import {condemnedTrashes, listTrashes, measureTrash} from '../../../effects/trash/index.js'
import {queueFlags} from '../../../selection-flags.js'

/** A row of the list. */
interface Row {
  readonly id: string
  readonly at: string
  readonly method: string
  readonly messages: number
  readonly bytes: number
  readonly queue: string
  readonly ageSeconds: number
}

export default class TrashList extends MailopsCommand {
  static override summary = 'purged messages that can still be brought back'
  static override description =
    'Lists the trashes of a queue, oldest first, with what is in each of them now. A trash takes room until it is emptied.\n\n' +
    'Exit status: 0 listed, or there is none; 64 usage; 65 not a queue, or a trash is damaged; 66 no queue; 77 no permission.'
  static override examples = ['<%= config.bin %> qmail trash list', '<%= config.bin %> qmail trash list --json']
  static override flags = {...queueFlags}

  protected override readonly isList = true

  override async run(): Promise<void> {
    const {flags} = await this.parse(TrashList)
    this.listen(flags)
    const queue = openQueue(chooseQueue(flags.queue), {control: flags.control})
    const {trashes, broken} = listTrashes(queue.path)
    const rows = trashes.map((trash): Row => {
      const {id, header} = trash
      const ageSeconds = Math.max(0, Math.round((Date.now() - Date.parse(header.at)) / 1000))
      return {id, at: header.at, method: header.method, ...measureTrash(queue, trash), queue: queue.path, ageSeconds}
    })
    for (const row of rows) this.row(row)
    for (const {path, problem} of broken) this.warn(`${terminalSafe(path)}: ${problem}`)
    if (broken.length > 0) process.exitCode = 65
    const cutOff = condemnedTrashes(queue.path).length
    if (cutOff > 0) this.warn(`the emptying of ${plural(cutOff, 'trash', 'trashes')} is under way or was cut off; mailops qmail trash empty ends it`)
    if (rows.length === 0) return this.say(`the trash of ${queue.path} is empty`)
    const columns = [
      {heading: 'ID'}, {heading: 'AGE', align: 'right' as const}, {heading: 'METHOD'},
      {heading: 'MESSAGES', align: 'right' as const}, {heading: 'SIZE', align: 'right' as const},
    ]
    const cells = rows.map(({id, ageSeconds, method, messages, bytes}) => [id, durationText(ageSeconds), method, countText(messages), bytesText(bytes)])
    for (const line of tableLines(columns, cells, this.width)) this.data(line)
    const messages = rows.reduce((sum, row) => sum + row.messages, 0)
    if (!this.jsonEnabled()) this.say(`${plural(messages, 'message')}; bring back with: mailops undo ID`)
  }
}
