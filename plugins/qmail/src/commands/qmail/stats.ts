// mailops qmail stats: what is in a queue, in figures.
import {Flags} from '@oclif/core'

import {MailopsCommand, bytesText, countText, plural} from 'mailops'

import {MessageReader, scanFor, visitMessages} from '../../effects/reading/index.js'
import {listTrashes} from '../../effects/trash/index.js'
import {AGE_LIMITS_SECONDS} from '../../listing/age-bins.js'
import {GROUPINGS, Statistics, countedOf, type Grouping} from '../../listing/statistics.js'
import {ageLines, groupLines, stateLines, totalLine} from '../../listing/statistics-text.js'
import {unreadableReport} from '../../listing/unreadable.js'
import {queueFlags, queueFrom, selectionFlags, selectionFrom} from '../../selection-flags.js'

/** What is kept in the trash; what purges wrote down, since counting would take as long as the purge. */
interface TrashFigures {
  readonly purges: number
  readonly messages: number
  readonly bytes: number
}

export default class Stats extends MailopsCommand {
  static override summary = 'what is in a qmail queue, in figures'
  static override description =
    'Counts messages and bytes in all, by state and by age; with --by also by sender, recipient or their domains, each ' +
    'with its ages in minutes as qshape(1) shows them. By recipient only those still to be done count, a message once ' +
    'for each of them.\n\n' +
    'Exit status: 0 counted; 64 usage; 65 not a queue; 66 no queue; 74 or 77 something could not be read and was left out.'
  static override examples = [
    '<%= config.bin %> qmail stats',
    '<%= config.bin %> qmail stats --by recipient-domain --top 20',
    '<%= config.bin %> qmail stats --bounces --by recipient-domain --json',
  ]
  static override flags = {
    ...queueFlags,
    ...selectionFlags,
    by: Flags.option({options: GROUPINGS, description: 'group the messages'})(),
    top: Flags.integer({description: 'at most so many groups', min: 1, default: 10}),
  }

  override async run(): Promise<unknown> {
    const {flags} = await this.parse(Stats)
    this.listen(flags)
    const {compiled} = await selectionFrom(flags)
    const queue = queueFrom(flags, text => void this.warn(text))
    const reader = new MessageReader(queue)
    const scan = scanFor(queue, compiled)
    const statistics = new Statistics()
    const now = Date.now() / 1000
    const progress = this.progress('counting messages')
    try {
      await visitMessages(
        {queue, scan, selection: compiled, reader},
        {read: message => countedOf(message, flags.by, now), take: counted => statistics.add(counted)},
        {progress: progress.report},
      )
    } finally {
      progress.end()
    }
    const {warnings, exit} = unreadableReport([...scan.unreadable, ...reader.problems], scan.unreadable.length + reader.problemCount)
    for (const warning of warnings) this.warn(warning)
    if (exit !== undefined) process.exitCode = exit
    const trash = this.#trash(queue.path)
    this.#show(queue.path, statistics, {...flags, trash})
    return document(queue.path, statistics, {...flags, trash})
  }

  #trash(queue: string): TrashFigures | null {
    try {
      const {trashes} = listTrashes(queue)
      const sum = (of: 'messages' | 'bytes'): number => trashes.reduce((total, {header}) => total + header[of], 0)
      return {purges: trashes.length, messages: sum('messages'), bytes: sum('bytes')}
    } catch (error) {
      // The figures of the queue are good without those of its trash.
      this.warn(error as Error)
      return null
    }
  }

  #show(queue: string, statistics: Statistics, {by, top, trash}: {by?: Grouping | undefined; top: number; trash: TrashFigures | null}): void {
    const blocks = [[`${queue}: ${totalLine(statistics)}`]]
    if (statistics.messages === 0) this.say('no message to count')
    else if (by === undefined) blocks.push(stateLines(statistics.states(), this.width), ageLines(statistics.ages(), this.width))
    else if (by === 'state') blocks.push(stateLines(statistics.states(), this.width))
    else if (by === 'age') blocks.push(ageLines(statistics.ages(), this.width))
    else blocks.push(this.#groups(statistics, by, top))
    if (trash !== null && trash.purges > 0)
      blocks.push([`trash: ${plural(trash.messages, 'message')}, ${bytesText(trash.bytes)} of ${plural(trash.purges, 'purge')}`])
    for (const line of blocks.map(lines => lines.join('\n')).join('\n\n').split('\n')) this.data(line)
  }

  #groups(statistics: Statistics, by: Grouping, top: number): string[] {
    const {groups, total} = statistics.groups(top)
    const rest = total - groups.length
    return [...groupLines(groups, by, this.width), ...(rest > 0 ? [`and ${countText(rest)} more (--top N)`] : [])]
  }
}

const document = (
  queue: string,
  statistics: Statistics,
  {by, top, trash}: {by?: Grouping | undefined; top: number; trash: TrashFigures | null},
): unknown => ({
  queue,
  messages: statistics.messages,
  bytes: statistics.bytes,
  pendingRecipients: statistics.pendingRecipients,
  oldestSeconds: statistics.oldestSeconds,
  ageLimitsSeconds: AGE_LIMITS_SECONDS,
  states: statistics.states(),
  ages: statistics.ages(),
  ...(by !== undefined && by !== 'age' && by !== 'state' && {by, ...statistics.groups(top)}),
  trash,
})
