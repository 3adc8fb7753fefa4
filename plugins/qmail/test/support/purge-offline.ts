// An offline purge as the command makes it: open the queue, choose, plan, apply
import type {BulkResult} from 'mailops/effects'
import {applyPlan, findJournal, listJournals, undoPlan} from 'mailops/effects'

import type {Queue} from '../../../../test/support/queue/index.js'
import {offlineChange, offlineHandler, type OfflineLive} from '../../dist/effects/purge-offline/index.js'
import {openQueue, selectMessages} from '../../dist/effects/reading/index.js'
import {stateRow} from '../../dist/message/state-table.js'
import {compileSelection} from '../../dist/selection/compile.js'
import type {Selection} from '../../dist/selection/selection.js'
import type {World} from '../effects/support/world.js'

export interface OfflineOptions extends Partial<Pick<OfflineLive, 'takes' | 'stop' | 'all'>> {
  readonly keep?: boolean
  readonly signal?: AbortSignal
  readonly progress?: (done: number, total: number) => void
  readonly warn?: (text: string) => void
}

type Where = Pick<World, 'place'> & {readonly queue: Pick<Queue, 'dir' | 'now'>}

export type Outcome = {journalId: string; complete: boolean; result: Record<string, any>}

const outcome = (journalId: string, {result, complete}: BulkResult): Outcome => ({journalId, complete, result})

/** Chooses messages, and returns what applies the purge later. */
export const prepareOffline = async (world: Where, selection: Selection = {}, options: OfflineOptions = {}) => {
  const queue = openQueue(world.queue.dir)
  const {keep = true, stop = {stop: false, timeoutMs: 5_000}, all = Object.keys(selection).length === 0, takes, ...talk} = options
  const {snapshot, bytes} = await selectMessages(queue, compileSelection(selection, world.queue.now), {
    eligible: presence => stateRow(presence).purge.length > 0,
  })
  const args = {queue: queue.path, token: crypto.randomUUID(), keep, messages: snapshot.length, bytes}
  const plan = {subject: 'qmail purge', resource: queue.path, changes: [offlineChange(args, {summary: 'purge'})]}
  return {
    snapshot,
    apply: async (): Promise<Outcome> => {
      const handlers = [offlineHandler({queue, snapshot, takes, all, stop})]
      const applied = await applyPlan(plan, {place: world.place, handlers, ...talk})
      return outcome(applied.journalId, applied.bulk[0]!)
    },
  }
}

/** Chooses and purges at once. */
export const purgeOffline = async (world: Where, selection: Selection = {}, options: OfflineOptions = {}): Promise<Outcome> =>
  (await prepareOffline(world, selection, options)).apply()

/** Takes a purge back, or of its trash what matches. */
export const bringBack = async ({place}: Pick<World, 'place'>, id: string, selection?: Selection): Promise<Outcome> => {
  const handlers = [offlineHandler()]
  const plan = undoPlan(findJournal(place, id), {entries: listJournals(place).entries, handlers, place})
  const changes = plan.changes.map(change =>
    change.kind === 'bulk' && selection !== undefined ? {...change, args: {...change.args, selection: selection as never}} : change,
  )
  const applied = await applyPlan({...plan, changes}, {place, handlers, undoOf: id})
  return outcome(applied.journalId, applied.bulk[0]!)
}
