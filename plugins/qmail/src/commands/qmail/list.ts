// mailops qmail list: the messages of a queue, one a line.
import {Flags} from '@oclif/core'

import {MailopsCommand, OpsError, plural} from 'mailops'

import {sortedScan, type SortKey} from '../../effects/listing/sorted-scan.js'
import {writeRows} from '../../effects/listing/write-rows.js'
import {MessageReader, scanFor, type OpenQueue, type Scan} from '../../effects/reading/index.js'
import {COLUMN_NAMES, DEFAULT_COLUMNS, rowFormat, type ColumnName} from '../../listing/columns.js'
import {unreadableReport} from '../../listing/unreadable.js'
import {formatNumber} from '../../queue/number.js'
import type {CompiledSelection} from '../../selection/compile.js'
import {isEmptySelection} from '../../selection/selection.js'
import {queueFlags, queueFrom, selectionFlags, selectionFrom} from '../../selection-flags.js'

export default class List extends MailopsCommand {
  static override summary = 'the messages of a qmail queue'
  static override description =
    'Lists messages with state, age, size, envelope sender and recipients. Different options narrow the choice, one given ' +
    'several times widens it. The queue may be in use: what leaves it meanwhile is left out. --json prints an object a ' +
    'line; address bytes above 0x7F are U+0080 to U+00FF there, "bounce" is what --bounces chooses, "failed" tells whether some recipient has failed already.\n\n' +
    'Exit status: 0 listed, or nothing to list; 64 usage; 65 not a queue; 66 no queue; 74 or 77 something could not be ' +
    'read, and was left out or shown in part.'
  static override examples = [
    '<%= config.bin %> qmail list --sender @example.com --older-than 2d',
    '<%= config.bin %> qmail list --bounces --sort size --limit 9 --columns id,size,subject',
    '<%= config.bin %> qmail list --recipient @*.example.net --json',
  ]
  static override flags = {
    ...queueFlags,
    ...selectionFlags,
    sort: Flags.option({
      options: ['id', 'age', 'size', 'sender'] as const,
      description: 'by number, or the oldest, the largest, the first sender first',
      default: 'id',
    })(),
    reverse: Flags.boolean({description: 'the other way round'}),
    limit: Flags.integer({description: 'at most so many', min: 1}),
    columns: Flags.string({description: `some of ${COLUMN_NAMES.join(', ')}`, default: DEFAULT_COLUMNS.join(',')}),
  }

  protected override readonly isList = true

  override async run(): Promise<void> {
    const {flags} = await this.parse(List)
    this.listen(flags)
    const columns = columnsOf(flags.columns)
    const {selection, compiled} = await selectionFrom(flags)
    const queue = queueFrom(flags, text => void this.warn(text))
    const scan = scanFor(queue, compiled)
    const sorted = flags.sort === 'id' && !flags.reverse ? undefined : await this.#sorted(queue, scan, {...flags, compiled})
    const table = this.jsonEnabled() ? undefined : {columns, width: this.width, idWidth: idWidth(scan)}
    const written = await writeRows(
      // Sorting has chosen already; a message is not chosen twice.
      {queue, selection: sorted === undefined ? selection : {}, now: Date.now() / 1000, subject: columns.includes('subject'), table},
      sorted ?? scan,
      {heading: table && rowFormat(columns, table).heading, limit: flags.limit},
    )
    this.#conclude(written.lines, scan.length === 0 && isEmptySelection(selection) ? `${queue.path} is empty` : `no message of ${queue.path} matches`)
    this.#complain([...scan.unreadable, ...written.problems], scan.unreadable.length + written.problemCount)
  }

  async #sorted(
    queue: OpenQueue,
    scan: Scan,
    {sort, reverse, compiled}: {sort: SortKey; reverse: boolean; compiled: CompiledSelection},
  ): Promise<Scan> {
    const progress = this.progress('sorting messages')
    try {
      const source = {queue, scan, selection: compiled, reader: new MessageReader(queue)}
      return await sortedScan(source, {by: sort, reverse, progress: progress.report})
    } finally {
      progress.end()
    }
  }

  #conclude(matched: number, none: string): void {
    if (matched === 0) this.say(none)
    else if (!this.jsonEnabled()) this.say(plural(matched, 'message'))
  }

  #complain(unreadable: Parameters<typeof unreadableReport>[0], count: number): void {
    const {warnings, exit} = unreadableReport(unreadable, count)
    for (const warning of warnings) this.warn(warning)
    if (exit !== undefined) process.exitCode = exit
  }
}

const idWidth = (scan: Scan): number => (scan.length === 0 ? 0 : formatNumber(scan.numberAt(scan.length - 1)).length)

const columnsOf = (text: string): ColumnName[] => {
  const names = text.split(',').map(name => name.trim())
  const unknown = names.find(name => !(COLUMN_NAMES as readonly string[]).includes(name))
  if (unknown !== undefined)
    throw new OpsError('USAGE', `--columns '${unknown}': no such column`, {
      exit: 'usage',
      hint: `some of ${COLUMN_NAMES.join(', ')}, apart by commas`,
    })
  return names as ColumnName[]
}
