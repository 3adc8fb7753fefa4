// The base of every command that changes something: show the plan, ask, apply, say what happened and how to take it back.
import {createInterface} from 'node:readline/promises'

import {Flags} from '@oclif/core'

import {bulkHandlers} from './bulk-hook.js'
import {MailopsCommand} from './command.js'
import {applyPlan, type Applied, type ApplyOptions} from './effects/apply.js'
import {OpsError} from './errors.js'
import {changeJson, changeText, isUndoable, type JsonObject, type Plan} from './plan.js'

export interface CarryOut extends Omit<ApplyOptions, 'progress' | 'warn' | 'signal'> {
  readonly dryRun: boolean
  readonly yes: boolean
  /** What a progress line says: `purging messages`. */
  readonly doing?: string
  /** Lines shown before the question and in a dry run, after the plan itself. */
  readonly preview?: readonly string[]
}

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
   * @throws OpsError 64 `NEEDS_YES` without a terminal and --yes; 1-status `DECLINED` when the answer is no
   */
  protected async carryOut(plan: Plan, options: CarryOut): Promise<Applied | null> {
    const {dryRun, yes, preview = [], doing = plan.subject} = options
    if (dryRun || !yes) this.#show(plan, preview, dryRun)
    if (dryRun) return null
    if (!yes) await this.#ask(plan)
    const {signal, release} = untilInterrupted()
    const progress = this.progress(doing)
    try {
      return await applyPlan(plan, {
        handlers: await bulkHandlers(this.config),
        ...options,
        signal,
        progress: progress.report,
        warn: text => void this.warn(text),
      })
    } finally {
      progress.end()
      release()
    }
  }

  #show(plan: Plan, preview: readonly string[], dryRun: boolean): void {
    const show = (line: string): void => (dryRun ? this.data(line) : this.say(line))
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
    const asker = createInterface({input: process.stdin, output: process.stderr})
    try {
      const undo = isUndoable(plan) ? 'it can be undone' : 'it can NOT be undone'
      const answer = await asker.question(`Go on (${undo})? [y/N] `)
      if (!/^y(es)?$/i.test(answer.trim())) throw new OpsError('DECLINED', 'nothing was changed', {exit: 'found'})
    } finally {
      asker.close()
    }
  }
}

/** ^C and TERM end the work at the next safe point instead of killing it there. */
const untilInterrupted = (): {signal: AbortSignal; release: () => void} => {
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, abort)
  return {
    signal: controller.signal,
    release: () => {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, abort)
    },
  }
}
