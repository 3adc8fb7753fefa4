// mailops history: what was changed, newest first.
import {Args, Flags} from '@oclif/core'

import {MailopsCommand} from '../command.js'
import {findJournal, isRunning, listJournals, statusOf, type JournalEntry} from '../effects/journal-entries.js'
import {statePlace} from '../effects/state.js'
import {tableLines} from '../output/table.js'
import {terminalSafe} from '../output/terminal-safe.js'
import {changeText, type Change} from '../plan.js'

interface Row {
  readonly id: string
  readonly at: string
  readonly subject: string
  readonly resource: string
  readonly status: string
  readonly undoable: boolean
  readonly undoOf?: string
  readonly uid: number
  readonly changes: number
}

const rowOf = async (entry: JournalEntry, entries: readonly JournalEntry[]): Promise<Row> => {
  const {id, plan} = entry
  const status = statusOf(entry, entries)
  return {
    id,
    at: plan.at,
    subject: plan.subject,
    resource: plan.resource,
    status: status === 'interrupted' && (await isRunning(entry, statePlace())) ? 'running' : status,
    undoable: plan.undoable && ['done', 'partly-done', 'partly-undone'].includes(status),
    ...(plan.undoOf !== undefined && {undoOf: plan.undoOf}),
    uid: plan.uid,
    changes: plan.changes.length,
  }
}

export default class History extends MailopsCommand {
  static override summary = 'what was changed, newest first'
  static override description =
    'Lists the changes that mailops has made on this machine, with the id that undo takes. Name one to see its steps.\n\n' +
    'Exit status: 0 listed, 66 no such change.'
  static override examples = ['<%= config.bin %> history', '<%= config.bin %> history --limit 5 --json']
  static override args = {id: Args.string({description: 'only this change, step by step', ignoreStdin: true})}
  static override flags = {limit: Flags.integer({description: 'at most so many', min: 1, default: 50})}

  protected override readonly isList = true

  override async run(): Promise<void> {
    const {args, flags} = await this.parse(History)
    this.listen(flags)
    const place = statePlace()
    const {entries, unreadable} = listJournals(place)
    for (const {path, error} of unreadable) this.warn(`${path}: ${(error as Error).message}`)
    if (args.id !== undefined) return this.#one(findJournal(place, args.id), entries)
    const newest = entries.toReversed().slice(0, flags.limit)
    const rows = await Promise.all(newest.map(entry => rowOf(entry, entries)))
    for (const row of rows) this.row(row)
    if (rows.length === 0) return this.say('nothing was changed by mailops here yet')
    const cells = rows.map(row => [row.id, row.subject, row.status, row.undoable ? 'yes' : 'no', terminalSafe(row.resource)])
    const columns = [
      {heading: 'ID'},
      {heading: 'CHANGE', shrink: true},
      {heading: 'STATUS'},
      {heading: 'UNDO'},
      {heading: 'RESOURCE', shrink: true},
    ]
    for (const line of tableLines(columns, cells, this.width)) this.data(line)
  }

  async #one(entry: JournalEntry, entries: readonly JournalEntry[]): Promise<void> {
    const row = await rowOf(entry, entries)
    const results = entry.records.flatMap(record => (record.type === 'done' && record.result ? [record.result] : []))
    this.row({...row, steps: entry.plan.changes, results})
    this.data(`${row.id}  ${row.subject}  ${row.status}  ${row.at}`)
    this.data(`on ${terminalSafe(row.resource)}, by uid ${row.uid}${row.undoable ? `; take back with: mailops undo ${row.id}` : ''}`)
    for (const step of entry.plan.changes) this.data(`  ${terminalSafe(stepText(step))}`)
  }
}

// A journalled write has no content, only its length.
const stepText = (step: JournalEntry['plan']['changes'][number]): string =>
  changeText({...step, ...(step['kind'] === 'write' && {after: {length: step['bytes']}})} as unknown as Change)
