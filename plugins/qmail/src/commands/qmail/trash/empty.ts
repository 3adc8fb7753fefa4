// mailops qmail trash empty: gives back the room that purged messages take.
import {Args, Flags} from '@oclif/core'

import {bytesText, ChangeCommand, OpsError, plural, type JsonObject} from 'mailops'

import {chooseQueue, openQueue, type OpenQueue} from '../../../effects/reading/index.js'
import {emptyChange, trashHandler} from '../../../effects/trash/empty.js'
import {condemnedTrashes, listTrashes, measureTrash, type Trash} from '../../../effects/trash/index.js'
import {queueFlags} from '../../../selection-flags.js'
import {parseAge} from '../../../selection/age.js'

export default class TrashEmpty extends ChangeCommand {
  static override summary = 'remove purged messages for good'
  static override description =
    'Removes trashes of a queue: all, those older than an age, or those named. Their purges cannot be undone afterwards. ' +
    'Needs no room on the disk. What an emptying that was cut off has left goes with it.\n\n' +
    'Exit status: 0 removed, or there was none; 64 usage; 65 not a queue; 66 no queue, or no trash of that id; 75 busy; 77 no permission; 130 interrupted.'
  static override examples = [
    '<%= config.bin %> qmail trash empty --older-than 7d --yes',
    '<%= config.bin %> qmail trash empty 20260303-094512-5f0a',
  ]
  static override strict = false
  static override args = {
    id: Args.string({ignoreStdin: true, description: 'journal id of the purge, as trash list shows it; several may be named'}),
  }
  static override flags = {
    ...queueFlags,
    'older-than': Flags.string({description: 'only those purged longer ago: 36h, 7d, 2w', helpValue: 'AGE'}),
  }

  override async run(): Promise<JsonObject> {
    const {argv, flags} = await this.parse(TrashEmpty)
    this.listen(flags)
    const queue = openQueue(chooseQueue(flags.queue), {control: flags.control})
    const trashes = chosen(queue, argv as string[], flags['older-than'])
    const sizes = trashes.map(trash => measureTrash(queue, trash))
    const messages = sizes.reduce((sum, size) => sum + size.messages, 0)
    const bytes = sizes.reduce((sum, size) => sum + size.bytes, 0)
    const ids = trashes.map(({id}) => id)
    const document = {queue: queue.path, trashes: ids, messages, bytes}
    const cutOff = condemnedTrashes(queue.path).length
    if (ids.length === 0 && cutOff === 0) {
      this.say(`nothing to empty in ${queue.path}`)
      return {...document, journalId: null}
    }
    const what = [
      ...(ids.length > 0 ? [`${plural(messages, 'purged message')} (${bytesText(bytes)}) in ${plural(ids.length, 'trash', 'trashes')}`] : []),
      ...(cutOff > 0 ? [`the rest of ${plural(cutOff, 'trash', 'trashes')} whose emptying was cut off`] : []),
    ].join(' and ') + ` of ${queue.path}`
    const plan = {
      subject: 'qmail trash empty',
      resource: queue.path,
      changes: [emptyChange({queue: queue.path, ids}, `remove ${what} for good`)],
    }
    const preview = trashes.map(({id, header}, index) => `${id}  ${header.method}  ${plural(sizes[index]!.messages, 'message')}  ${bytesText(sizes[index]!.bytes)}`)
    const applied = await this.carryOut(plan, {
      dryRun: flags['dry-run'], yes: flags.yes, handlers: [trashHandler()], preview, doing: 'emptying trashes',
    })
    if (applied === null) return {...document, journalId: null, dryRun: true}
    const {interrupted} = applied.bulk[0]!.result
    if (interrupted === true) process.exitCode = 130
    const said = interrupted === true ? `interrupted: not all is removed of ${what}, go on with: mailops qmail trash empty` : `removed ${what}`
    this.say(`${said}; journal ${applied.journalId}`)
    return {...document, trashes: applied.bulk[0]!.result['emptied'] ?? ids, journalId: applied.journalId}
  }
}

const chosen = (queue: OpenQueue, ids: readonly string[], olderThan: string | undefined): Trash[] => {
  const {trashes, broken} = listTrashes(queue.path)
  const missing = ids.find(id => !trashes.some(trash => trash.id === id))
  if (missing !== undefined) {
    const problem = broken.find(({id}) => id === missing)?.problem
    throw new OpsError('NO_SUCH_TRASH', `${queue.path} has no trash ${missing}${problem === undefined ? '' : ` that can be read: ${problem}`}`, {
      exit: 'noInput',
      hint: 'mailops qmail trash list',
    })
  }
  const before = Date.now() - (olderThan === undefined ? 0 : parseAge(olderThan, 'older-than') * 1000)
  return trashes.filter(({id, header}) => (ids.length === 0 || ids.includes(id)) && Date.parse(header.at) <= before)
}
