// The base of every command that changes something: show the plan, ask, apply, say what happened and how to take it back.
import {Flags} from '@oclif/core'

import {bulkHandlers} from './bulk-hook.js'
import {MailopsCommand} from './command.js'
import {applyPlan, type Applied, type ApplyOptions} from './effects/apply.js'
import {askToGoOn} from './effects/question.js'
import {holdSignalsBack} from './effects/service/interruption.js'
import {OpsError} from './errors.js'
import {terminalSafe} from './output/terminal-safe.js'
import {changeJson, changeText, isUndoable, type JsonObject, type Plan} from './plan.js'

/** How a plan is carried out: what applying takes, and what was asked for. */
export interface CarryOut extends Omit<ApplyOptions, 'progress' | 'warn' | 'signal'> {
  readonly dryRun: boolean
  readonly yes: boolean
  /** What a progress line says: `purging messages`. */
  readonly doing?: string
  /** Lines shown before the question and in a dry run, after the plan itself. */
  readonly preview?: readonly string[]
}

/** Gives --dry-run and --yes, and `carryOut` for the way from a plan to what was done. */
export abstract class ChangeCommand extends MailopsCommand {
  static override baseFlags = {
    ...MailopsCommand.baseFlags,
    'dry-run': Flags.boolean({char: 'n', helpGroup: 'GLOBAL', description: 'show what would be done, change nothing'}),
    yes: Flags.boolean({char: 'y', helpGroup: 'GLOBAL', description: 'do not ask (needed where there is no terminal)'}),
  }

  /** The plan as a member of the JSON document. */
  protected planJson(plan: Plan): JsonObject {
    return {subject: plan.subject, resource: plan.resource, undoable: isUndoable(plan), changes: plan.changes.map(changeJson)}
  }

  /**
   * Shows the plan; under --dry-run gives null, else asks where that is due and applies it.
   * ^C, TERM and HUP end the work at the next safe point instead of killing it there.
   * @throws OpsError 64 `NEEDS_YES` without a terminal and --yes; 1 `DECLINED` when the answer is no
   */
  protected async carryOut(plan: Plan, options: CarryOut): Promise<Applied | null> {
    const {dryRun, yes, preview = [], doing = plan.subject} = options
    if (dryRun || !yes) this.#show(plan, preview, dryRun)
    if (dryRun) return null
    if (!yes) await this.#ask(plan)
    const interruption = holdSignalsBack()
    const progress = this.progress(doing)
    try {
      return await applyPlan(plan, {
        ...options,
        // Loading those of all plugins takes a while, and is for undo, which gives its own.
        handlers: options.handlers ?? (await bulkHandlers(this.config)),
        signal: interruption.signal,
        progress: progress.report,
        warn: text => void this.warn(text),
      })
    } catch (error) {
      throw interruption.withStatus(error)
    } finally {
      progress.end()
      interruption.end()
    }
  }

  #show(plan: Plan, preview: readonly string[], dryRun: boolean): void {
    // Whatever --quiet says: nobody can answer a question about what was not shown.
    const show = (line: string): void => (dryRun ? this.data(terminalSafe(line)) : void process.stderr.write(`${terminalSafe(line)}\n`))
    if (plan.changes.length === 0) show('nothing to do')
    for (const change of plan.changes) show(`${changeText(change)}${change.why === '' ? '' : `  # ${change.why}`}`)
    for (const line of preview) show(line)
  }

  async #ask(plan: Plan): Promise<void> {
    if (!process.stdin.isTTY || !process.stderr.isTTY)
      throw new OpsError('NEEDS_YES', `${plan.subject} changes this machine and there is no terminal to ask on`, {
        exit: 'usage',
        hint: 'look at it with --dry-run, then add --yes',
      })
    await askToGoOn(`Go on (${isUndoable(plan) ? 'it can be undone' : 'it can NOT be undone'})? [y/N] `)
  }
}
