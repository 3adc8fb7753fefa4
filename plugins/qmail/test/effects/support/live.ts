// A live purge as the command makes it: open the queue, choose, plan, apply
import type {LivePurge} from '../../../dist/effects/live/apply.js'
import {liveHandler} from '../../../dist/effects/live/handler.js'
import {liveChange, type LiveArgs} from '../../../dist/effects/live/live-args.js'
import {openQueue, selectMessages} from '../../../dist/effects/reading/index.js'
import {compileSelection} from '../../../dist/selection/compile.js'
import type {Selection} from '../../../dist/selection/selection.js'
import {applyChange, type World} from './world.js'

export type LiveOptions = Partial<Pick<LivePurge, 'flush' | 'todoWaitMs' | 'flushWaitMs'>> & Partial<Pick<LiveArgs, 'keep' | 'only' | 'offline' | 'stop'>>

/** Chooses messages, and returns what applies the purge later. */
export const prepareLive = async (world: Pick<World, 'queue' | 'place'>, selection: Selection, options: LiveOptions = {}) => {
  const {flush = false, todoWaitMs, flushWaitMs, keep = true, only = false, offline = false, stop = false} = options
  const queue = openQueue(world.queue.dir)
  const compiled = compileSelection(selection, world.queue.now)
  const {snapshot, bytes} = await selectMessages(queue, compiled)
  const live: LivePurge = {queue, snapshot, selection: compiled, flush, todoWaitMs, flushWaitMs: flushWaitMs ?? 500}
  const args: LiveArgs = {
    queue: queue.path, layout: queue.layout, token: `token-${Math.floor(performance.now() * 1000)}`, keep, only, offline, stop,
    messages: snapshot.length, bytes,
  }
  return {
    snapshot,
    apply: async () => {
      const applied = await applyChange(world, liveChange(args, {summary: 'mark'}), liveHandler(live))
      return {...applied, result: applied.bulk[0]!.result as Record<string, any>, complete: applied.bulk[0]!.complete}
    },
  }
}

/** Chooses and purges at once. */
export const purgeLive = async (world: Pick<World, 'queue' | 'place'>, selection: Selection, options: LiveOptions = {}) =>
  (await prepareLive(world, selection, options)).apply()

