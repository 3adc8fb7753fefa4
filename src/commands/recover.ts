// mailops recover: finishes or takes back what a crash left half done.
import {Args} from '@oclif/core'

import {bulkHandlers} from '../bulk-hook.js'
import {MailopsCommand} from '../command.js'
import {findJournal} from '../effects/journal-entries.js'
import {recover, type Recovered} from '../effects/recover.js'
import {statePlace} from '../effects/state.js'
import {EXIT} from '../errors.js'
import {terminalSafe} from '../output/terminal-safe.js'
import type {JsonObject} from '../plan.js'

export default class Recover extends MailopsCommand {
  static override summary = 'finish or take back what a crash left half done'
  static override description =
    'Looks for changes that were cut off (kill -9, power cut) and brings each to done or undone. Safe to run at any ' +
    'time: changes that are still at work are left alone, and it may itself be cut off and run again.\n\n' +
    'Exit status: 0 nothing unfinished is left, 75 one is still at work or busy, 66 what was changed is not there now, ' +
    '1 somebody else has changed files since (they are listed and left as they are).'
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
    const recovered = await recover({handlers, place, talk, ...(id !== undefined && {id})}).finally(progress.end)
    for (const one of recovered) this.#tell(one)
    if (recovered.length === 0) this.say('nothing was left unfinished')
    process.exitCode = exitOf(recovered)
    return {recovered: recovered.map(({error, ...one}) => ({...one, ...(error !== undefined && {error: {...error}})}))}
  }

  #tell({id, subject, resource, outcome, conflicts, error}: Recovered): void {
    this.say(`${id}  ${subject}  ${terminalSafe(resource)}: ${outcome}`)
    for (const path of conflicts) this.say(`  left as somebody else changed it: ${terminalSafe(path)}`)
    if (error !== undefined) this.warn(`${id}: ${error.message} [${error.code}]${error.hint === undefined ? '' : `; try: ${error.hint}`}`)
  }
}

// What is still in the way counts more than what could not be brought back as it was.
const exitOf = (recovered: readonly Recovered[]): number => {
  const failed = recovered.find(({error}) => error !== undefined)?.error
  if (failed !== undefined) return failed.exit
  if (recovered.some(({outcome}) => outcome === 'running')) return EXIT.tryAgain
  return recovered.some(({outcome}) => outcome === 'conflict') ? EXIT.found : EXIT.done
}
