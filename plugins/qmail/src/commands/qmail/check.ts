// mailops qmail check: is the queue legal, and with --repair: make it so.
import {Flags} from '@oclif/core'

import {ChangeCommand, countText, isOpsError, plural, type JsonObject} from 'mailops'
import {statePlace} from 'mailops/effects'

import {reportLines, summaryLine} from '../../check/report.js'
import {codeLines, Tallying, type Tally} from '../../check/tally.js'
import {checkQueue} from '../../effects/check/check-queue.js'
import {repairHandler, repairPlan} from '../../effects/repair/index.js'
import {inUse, isRunning, sendRunning} from '../../effects/purge-offline/queue-lock.js'
import type {OpenQueue} from '../../effects/reading/index.js'
import {queueFrom, queueFlags} from '../../selection-flags.js'

const EXAMPLES = 10
const UNSEEN_SHOWN = 10

interface Repaired {
  readonly repaired: JsonObject
  readonly left: Tally
}

export default class Check extends ChangeCommand {
  static override summary = 'is the queue legal; with --repair make it so'
  static override description =
    'Looks at every directory and every file of the queue: states of messages that no run of qmail makes, names, places, ' +
    'owners, modes, records, and what qmail-send needs in lock/. It may run at any time: what seems wrong with a message ' +
    'of a queue in use counts only when two looks in a row show the same. --repair mends what can be mended without ' +
    'guessing; what it takes away goes to the trash in the queue, and `mailops undo` brings all of it back, with qmail-send ' +
    'stopped where the repair needed that. Names that are no message numbers, links and strange directories are reported ' +
    `and never touched.\n\nCodes of findings:\n${codeLines().join('\n')}\n\n` +
    'Exit status: 0 nothing is wrong, or all of it was mended; 1 something was found, or is left; 64 usage; 65 not a ' +
    'queue; 75 qmail-send runs and --stop was not given, or it did not stop in time; 77 not for this user; 130 interrupted.'
  static override examples = [
    '<%= config.bin %> qmail check',
    '<%= config.bin %> qmail check --repair --dry-run',
    '<%= config.bin %> qmail check --repair --stop --yes',
  ]
  static override flags = {
    ...queueFlags,
    repair: Flags.boolean({description: 'mend what can be mended'}),
    stop: Flags.boolean({description: 'stop qmail-send for the repair and start it again', dependsOn: ['repair']}),
    'stop-timeout': Flags.integer({description: 'seconds it may take to stop', default: 60, min: 1}),
    'stop-command': Flags.string({description: 'shell command that stops qmail-send', helpValue: 'CMD', dependsOn: ['stop', 'start-command']}),
    'start-command': Flags.string({description: 'shell command that starts it', helpValue: 'CMD', dependsOn: ['stop']}),
  }

  async run(): Promise<JsonObject> {
    const {flags} = await this.parse(Check)
    this.listen(flags)
    const queue = queueFrom(flags, () => undefined)
    const tally = await this.#look(queue, flags.verbose)
    for (const line of reportLines(tally)) this.data(line)
    this.data(summaryLine(queue.path, tally))
    const found = {queue: queue.path, findings: [...tally.examples.values()].flat().map(one => ({...one})), counts: {...tally.counts}}
    if (!flags.repair || tally.mendable === 0) {
      if (tally.total > 0) process.exitCode = 1
      return found
    }
    const repaired = await this.#repair(queue, tally, flags)
    if (repaired === null || repaired.left.total > 0) process.exitCode = 1
    if (repaired === null) return {...found, dryRun: true, plan: this.planJson(repairPlan(queue, tally))}
    const left = [...repaired.left.examples.values()].flat().map(one => ({...one}))
    return {...found, repaired: {...repaired.repaired, left}}
  }

  async #look(queue: OpenQueue, verbose: boolean): Promise<Tally> {
    const tallying = new Tallying(verbose || this.jsonEnabled() ? Number.POSITIVE_INFINITY : EXAMPLES)
    const progress = this.progress('checking messages')
    let unseen = 0
    const options = {
      progress: progress.report,
      unseen: (text: string) => {
        if (unseen++ < UNSEEN_SHOWN) this.warn(`not checked: ${text}`)
      },
    }
    try {
      for await (const verdict of checkQueue(queue, options)) tallying.add(verdict)
    } finally {
      progress.end()
    }
    if (unseen > UNSEEN_SHOWN) this.warn(`not checked: ${countText(unseen - UNSEEN_SHOWN)} more`)
    return tallying.tally
  }

  async #repair(queue: OpenQueue, tally: Tally, flags: RepairFlags): Promise<Repaired | null> {
    const plan = repairPlan(queue, tally)
    const place = statePlace()
    if (!flags['dry-run'] && tally.mendableStopped > 0 && !flags.stop && (await runs(queue.path)))
      throw inUse(queue.path, await sendRunning(queue.path, place), 'mailops qmail check --repair --stop')
    const handler = repairHandler({
      stop: flags.stop, timeoutMs: flags['stop-timeout'] * 1000,
      stopCommand: flags['stop-command'], startCommand: flags['start-command'],
    })
    const applied = await this.carryOut(plan, {dryRun: flags['dry-run'], yes: flags.yes, handlers: [handler], place, doing: 'repairing'})
    if (applied === null) return null
    const result = applied.bulk[0]!.result
    for (const {path, reason} of result['skipped'] as unknown as {path: string; reason: string}[]) this.warn(`${path}: ${reason}`)
    const left = await this.#look(queue, flags.verbose)
    this.say(`${plural(Number(result['findings']), 'finding')} mended in ${plural(Number(result['steps']), 'step')}; journal ${applied.journalId}; take it back with: mailops undo ${applied.journalId}`)
    if (left.total > 0) this.say(`left: ${summaryLine(queue.path, left)}`)
    return {repaired: {...result, journalId: applied.journalId}, left}
  }
}

interface RepairFlags {
  readonly stop: boolean
  readonly verbose: boolean
  readonly yes: boolean
  readonly 'dry-run': boolean
  readonly 'stop-timeout': number
  readonly 'stop-command'?: string | undefined
  readonly 'start-command'?: string | undefined
}

/** Whether qmail-send runs; a missing lock file is one of the findings, and settled under the repair itself. */
const runs = async (queue: string): Promise<boolean> => {
  try {
    return await isRunning(queue, statePlace())
  } catch (error) {
    if (isOpsError(error) && error.code === 'ENOENT') return false
    throw error
  }
}
