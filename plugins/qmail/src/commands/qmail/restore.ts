// mailops qmail restore JOURNAL-ID: brings purged messages back, all of them or some.
import {Args} from '@oclif/core'

import {bulkHandlers, bytesText, ChangeCommand, OpsError, plural, type JsonObject, type Plan} from 'mailops'
import {findJournal, listJournals, statePlace, undoPlan, type Applied, type JournalEntry} from 'mailops/effects'

import {ableToSelect, requireSelectable, RESTORING} from '../../effects/purging/restoring.js'
import {openQueue} from '../../effects/reading/index.js'
import {isEmptySelection, selectionText, type Selection} from '../../selection/selection.js'
import {queueFlags, selectionFlags, selectionFrom} from '../../selection-flags.js'

export default class Restore extends ChangeCommand {
  static override summary = 'bring purged messages back, all of them or some'
  static override description =
    'Takes a purge back, as `mailops undo` does, or only the messages that match; the rest stays in the trash and can be ' +
    'brought back later. While qmail-send runs a message is injected again under its old number, to the recipients that ' +
    'are still to be done, and gets its old age once qmail-send has taken it up; otherwise all its files come back as they were. ' +
    'Nothing is overwritten: a message whose number is in use by then stays in the trash.\n\n' +
    'Exit status: 0 restored, or nothing matched; 64 cannot be restored (no purge, --no-trash, trash emptied); 66 no such change; ' +
    '75 some messages were skipped, or the queue is busy; 77 no permission; 130 interrupted.'
  static override examples = [
    '<%= config.bin %> qmail restore 20260303-094512-5f0a --dry-run',
    '<%= config.bin %> qmail restore last --sender @customer.example --yes',
  ]
  static override args = {
    id: Args.string({required: true, ignoreStdin: true, description: "journal id of the purge, a part of it, or 'last' for the last purge"}),
  }
  static override flags = {...queueFlags, ...selectionFlags}

  override async run(): Promise<JsonObject> {
    const {args, flags} = await this.parse(Restore)
    this.listen(flags)
    const {selection} = await selectionFrom(flags)
    const place = statePlace()
    // The journal knows the queue; naming one narrows `last` to it and guards against a slip.
    const queue = flags.queue === undefined ? undefined : openQueue(flags.queue).path
    const entry = purgeNamed(args.id, queue)
    const handlers = ableToSelect(await bulkHandlers(this.config))
    if (!isEmptySelection(selection)) requireSelectable(handlerOf(entry), entry.id)
    const plan = selecting(undoPlan(entry, {entries: listJournals(place).entries, handlers, place}), selection)
    const dryRun = flags['dry-run']
    const applied = await this.carryOut(plan, {dryRun, yes: flags.yes, handlers, place, undoOf: entry.id, doing: 'restoring messages'})
    if (applied === null) return {dryRun, restores: entry.id, plan: this.planJson(plan)}
    return this.#report(entry, applied, selection)
  }

  #report(entry: JournalEntry, {bulk, journalId}: Applied, selection: Selection): JsonObject {
    const {result, complete} = bulk[0]!
    const {restored = 0, bytes = 0, remaining = 0, interrupted = false, skipped = []} = result
    const skips = skipped as unknown as readonly {id: string; reason: string}[]
    for (const reason of new Set(skips.map(skip => skip.reason))) this.say(`skipped: ${reason}`)
    const rest = Number(remaining) > 0 ? `; ${plural(Number(remaining), 'message')} left in the trash` : ''
    this.say(`${plural(Number(restored), 'message')} restored (${bytesText(Number(bytes))})${rest}; journal ${journalId}`)
    // What was not asked for stays in the trash, and that is no failure.
    if (skips.length > 0 || (!complete && isEmptySelection(selection))) process.exitCode = 75
    if (interrupted === true) process.exitCode = 130
    return {restores: entry.id, journalId, ...result, complete}
  }
}

const handlerOf = (entry: JournalEntry): string => {
  const name = entry.plan.changes[0]?.['handler']
  return typeof name === 'string' ? name : ''
}

/** The purge of that name; `last` is the last purge (of the queue, where one is named), whatever was changed since. */
const purgeNamed = (name: string, queue: string | undefined): JournalEntry => {
  const place = statePlace()
  const isPurge = (entry: JournalEntry): boolean => RESTORING.has(handlerOf(entry)) && entry.plan.undoOf === undefined
  const isOfQueue = (entry: JournalEntry): boolean => queue === undefined || entry.plan.resource === queue
  const {entries} = listJournals(place)
  const last = name === 'last' ? entries.findLast(entry => isPurge(entry) && isOfQueue(entry)) : undefined
  const entry = last ?? findJournal(place, name)
  if (!isPurge(entry))
    throw new OpsError('NOT_A_PURGE', `${entry.id} (${entry.plan.subject}) is no purge`, {exit: 'usage', hint: entry.plan.undoable ? `mailops undo ${entry.id}` : 'mailops history'})
  if (!isOfQueue(entry))
    throw new OpsError('OTHER_QUEUE', `${entry.id} purged ${entry.plan.resource}, not ${queue}`, {exit: 'usage', hint: 'mailops history'})
  return entry
}

/** The plan with the selection for its handler to see; all of the trash without one. */
const selecting = (plan: Plan, selection: Selection): Plan => {
  const summary = isEmptySelection(selection) ? '' : `, only those with ${selectionText(selection)}`
  const changes = plan.changes.map(change =>
    change.kind === 'bulk' && summary !== ''
      ? {...change, args: {...change.args, selection: selection as unknown as JsonObject}, summary: change.summary + summary}
      : change,
  )
  return {...plan, subject: 'qmail restore', changes}
}
