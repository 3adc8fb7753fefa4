// mailops recover: finishes or takes back what a crash left half done.
import {Args} from '@oclif/core'

import {bulkHandlers} from '../bulk-hook.js'
import {MailopsCommand} from '../command.js'
import {findJournal} from '../effects/journal-entries.js'
import {recover} from '../effects/recover.js'
import {statePlace} from '../effects/state.js'
import {terminalSafe} from '../output/terminal-safe.js'
import type {JsonObject} from '../plan.js'

export default class Recover extends MailopsCommand {
  static override summary = 'finish or take back what a crash left half done'
  static override description =
    'Looks for changes that were cut off (kill -9, power cut) and brings each to done or undone. Safe to run at any ' +
    'time: changes that are still at work are left alone, and it may itself be cut off and run again.\n\n' +
    'Exit status: 0 nothing unfinished is left, 75 one is still at work or busy, 1 somebody else has changed files since (they are listed and left as they are).'
  static override examples = ['<%= config.bin %> recover', '<%= config.bin %> recover 20260303-094512-5f0a']
  static override args = {id: Args.string({description: 'only this change', ignoreStdin: true})}

  override async run(): Promise<JsonObject> {
    const {args, flags} = await this.parse(Recover)
    this.listen(flags)
    const place = statePlace()
    const id = args.id === undefined ? undefined : findJournal(place, args.id).id
    const progress = this.progress('recovering')
    const talk = {warn: (text: string) => void this.warn(text), progress: progress.report}
    const handlers = await bulkHandlers(this.config)
    const recovered = await recover({handlers, place, talk, ...(id !== undefined && {id})})
    progress.end()
    for (const {id: done, subject, resource, outcome, conflicts} of recovered) {
      this.say(`${done}  ${subject}  ${terminalSafe(resource)}: ${outcome}`)
      for (const path of conflicts) this.say(`  left as somebody else changed it: ${terminalSafe(path)}`)
    }
    if (recovered.length === 0) this.say('nothing was left unfinished')
    if (recovered.some(({outcome}) => outcome === 'conflict')) process.exitCode = 1
    if (recovered.some(({outcome}) => outcome === 'running')) process.exitCode = 75
    return {recovered: recovered.map(one => ({...one}))}
  }
}
