// mailops undo ID: takes a change back.
import {Args} from '@oclif/core'

import {bulkHandlers} from '../bulk-hook.js'
import {ChangeCommand} from '../change-command.js'
import {findJournal, listJournals} from '../effects/journal-entries.js'
import {statePlace} from '../effects/state.js'
import {undoPlan} from '../effects/undo-plan.js'
import type {JsonObject} from '../plan.js'

export default class Undo extends ChangeCommand {
  static override summary = 'take a change back'
  static override description =
    'Makes the inverse of a change and applies it the same way: shown first, checked against what is there now, ' +
    'journalled. What somebody else has changed since is not overwritten (exit 75).\n\n' +
    'Exit status: 0 undone, 64 cannot be undone, 66 no such change, 75 changed meanwhile or busy, 130 interrupted.'
  static override examples = [
    '<%= config.bin %> undo 20260303-094512-5f0a --dry-run',
    '<%= config.bin %> undo last --yes',
  ]
  static override args = {
    id: Args.string({required: true, ignoreStdin: true, description: "id as history shows it, a part of it, or 'last'"}),
  }

  override async run(): Promise<JsonObject> {
    const {args, flags} = await this.parse(Undo)
    this.listen(flags)
    const place = statePlace()
    const handlers = await bulkHandlers(this.config)
    const entry = findJournal(place, args.id)
    const plan = undoPlan(entry, {entries: listJournals(place).entries, handlers, place})
    const dryRun = flags['dry-run']
    const applied = await this.carryOut(plan, {dryRun, yes: flags.yes, handlers, place, undoOf: entry.id, doing: 'undoing'})
    if (applied === null) return {dryRun, undoes: entry.id, plan: this.planJson(plan)}
    const complete = applied.bulk.every(result => result.complete)
    this.say(`${complete ? 'undone' : 'undone in part'}: ${entry.plan.subject} (${entry.id}); journal ${applied.journalId}`)
    if (!complete) process.exitCode = 75
    return {dryRun, undoes: entry.id, complete, journalId: applied.journalId, results: applied.bulk.map(({result}) => result)}
  }
}
