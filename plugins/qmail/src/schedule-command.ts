// What retry, hold and release share: they choose messages, and set the times of their files while qmail-send is down.
import {randomUUID} from 'node:crypto'

import {Flags} from '@oclif/core'

import {ChangeCommand, OpsError, bytesText, plural, type JsonObject, type Plan} from 'mailops'
import {statePlace} from 'mailops/effects'

import {inUse, isRunning, sendRunning} from './effects/purge-offline/index.js'
import {selectMessages, type OpenQueue, type Selected} from './effects/reading/index.js'
import {deadHostsOf, queueLifetime, timesBeforeHold} from './effects/schedule/earlier.js'
import {scheduleHandler} from './effects/schedule/handler.js'
import {scheduleChange} from './effects/schedule/schedule-args.js'
import {unreadableReport} from './listing/unreadable.js'
import {PRESENCE, type Presence} from './message/presence.js'
import {stateRow} from './message/state-table.js'
import {downtimeLines} from './purge/report.js'
import {caveats, doneText, type Action} from './schedule/action.js'
import {deadHostsText} from './schedule/tcpto.js'
import {isEmptySelection} from './selection/selection.js'
import {queueFlags, queueFrom, selectionFlags, selectionFrom, type GivenSelection} from './selection-flags.js'

/** The options of all three. */
export const scheduleFlags = {
  ...queueFlags,
  ...selectionFlags,
  all: Flags.boolean({description: 'every message of the queue'}),
  stop: Flags.boolean({description: 'qmail-send may be stopped meanwhile; it reads these times only at its start'}),
  'stop-timeout': Flags.integer({description: 'seconds it may take to stop', default: 60, min: 1}),
  'stop-command': Flags.string({description: 'shell command that stops qmail-send', helpValue: 'CMD', dependsOn: ['stop', 'start-command']}),
  'start-command': Flags.string({description: 'shell command that starts it', helpValue: 'CMD', dependsOn: ['stop']}),
}

/** The parsed flags. */
export interface ScheduleFlagged {
  readonly queue?: string | undefined
  readonly control?: string | undefined
  readonly all: boolean
  readonly stop: boolean
  readonly 'stop-timeout': number
  readonly 'stop-command'?: string | undefined
  readonly 'start-command'?: string | undefined
  readonly 'dry-run': boolean
  readonly yes: boolean
}

/** Their base: checks, chooses, asks, applies, says what came of it. */
export abstract class ScheduleCommand extends ChangeCommand {
  /** What happens to messages that match, or to all: asks, applies, reports. */
  protected async schedule(action: Action, flags: ScheduleFlagged): Promise<JsonObject> {
    const given = await selectionFrom({...flags})
    this.#checkSelection(given, flags, action)
    const queue = queueFrom(flags, text => void this.warn(text))
    // Everything at once is what a signal does, and it needs no stop.
    if (action === 'retry' && isEmptySelection(given.selection)) return this.#apply({action: 'alarm', queue, selected: null, flags})
    if (!flags['dry-run']) await requireStoppable(queue, flags)
    const selected = await this.#select(queue, given, action)
    if (selected.snapshot.length > 0) return this.#apply({action, queue, selected, flags})
    this.say(`no message of ${queue.path} matches`)
    return {queue: queue.path, action, selected: 0, messages: 0, skipped: [], journalId: null, serviceDowntimeMs: 0}
  }

  #checkSelection({selection}: GivenSelection, {all}: ScheduleFlagged, action: Action): void {
    const isEmpty = isEmptySelection(selection)
    if (!isEmpty && all) throw usage('--all is every message and does not go with a selection', 'leave one of them away')
    if (isEmpty && !all && action === 'hold') throw usage('nothing was selected', 'say --all for every message, or select: --sender, --id ...')
  }

  async #select(queue: OpenQueue, {compiled}: GivenSelection, action: Action): Promise<Selected> {
    const progress = this.progress('choosing messages')
    try {
      // What is in todo has no time yet, so it cannot be on hold; for the others it is named as skipped.
      const eligible = (presence: Presence): boolean =>
        stateRow(presence).purge.length > 0 && (action !== 'release' || (presence & PRESENCE.todo) === 0)
      return await selectMessages(queue, compiled, {eligible, progress: progress.report})
    } finally {
      progress.end()
    }
  }

  async #apply({action, queue, selected, flags}: {action: Action; queue: OpenQueue; selected: Selected | null; flags: ScheduleFlagged}): Promise<JsonObject> {
    const messages = selected?.snapshot.length ?? 0
    const now = Math.floor(Date.now() / 1000)
    const plan: Plan = {
      subject: `qmail ${action === 'alarm' ? 'retry' : action}`,
      resource: queue.path,
      changes: [scheduleChange({action, queue: queue.path, token: randomUUID(), messages, stop: flags.stop})],
    }
    const handler = scheduleHandler({
      queue,
      snapshot: selected?.snapshot,
      now,
      lifetime: queueLifetime(queue),
      stop: {stop: flags.stop, timeoutMs: flags['stop-timeout'] * 1000, stopCommand: flags['stop-command'], startCommand: flags['start-command']},
      ...(action === 'release' && {earlier: timesBeforeHold(statePlace(), queue.path)}),
    })
    const applied = await this.carryOut(plan, {
      dryRun: flags['dry-run'],
      yes: flags.yes,
      handlers: [handler],
      preview: [...(selected === null ? [] : [`${plural(messages, 'message')}, ${bytesText(selected.bytes)}`]), ...caveats(action)],
      doing: 'setting times',
    })
    this.#complain(action, queue, selected, now)
    if (applied === null) return {queue: queue.path, action, selected: messages, dryRun: true, plan: this.planJson(plan)}
    return this.#report({...applied.bulk[0]!.result, journalId: applied.journalId}, action)
  }

  #report(result: JsonObject, action: Action): JsonObject {
    const {messages, skipped, serviceDowntimeMs, journalId} = result as unknown as {
      messages?: number
      skipped?: readonly {reason: string}[]
      serviceDowntimeMs: number
      journalId: string
    }
    for (const reason of new Set((skipped ?? []).map(skip => skip.reason))) this.say(`skipped: ${reason}`)
    if ((skipped ?? []).some(({reason}) => !reason.startsWith('vanished'))) process.exitCode = 75
    for (const line of downtimeLines(serviceDowntimeMs)) this.say(line)
    const undoable = action !== 'alarm' && (messages ?? 0) > 0
    this.say(`${doneText(action, messages ?? 0)}; journal ${journalId}${undoable ? `; take it back with: mailops undo ${journalId}` : ''}`)
    return result
  }

  #complain(action: Action, queue: OpenQueue, selected: Selected | null, now: number): void {
    const dead = action === 'alarm' || action === 'retry' ? deadHostsText(deadHostsOf(queue, now)) : undefined
    if (dead !== undefined) this.warn(dead)
    const {warnings, exit} = unreadableReport(selected?.unreadable ?? [])
    for (const warning of warnings) this.warn(warning)
    if (exit !== undefined) process.exitCode = exit
  }
}

/** Refuses before anything is chosen or asked. */
const requireStoppable = async (queue: OpenQueue, {stop}: ScheduleFlagged): Promise<void> => {
  const place = statePlace()
  if (stop || !(await isRunning(queue.path, place))) return
  const who = await sendRunning(queue.path, place)
  throw inUse(queue.path, who, 'add --stop: qmail-send reads these times only at its start, and writes them at its end')
}

const usage = (message: string, hint: string): OpsError => new OpsError('USAGE', message, {exit: 'usage', hint})
